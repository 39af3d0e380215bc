"""TLS on the TCP port for lines, in both programs: --auth.tls.config-file."""

import json
import selectors
import socket
import ssl
import subprocess

from certificates import Authority, replace
from harness import DEADLINE_SECONDS, EXPORTER, Exporter, IntegrationTest, wait_until
from router_case import RouterTest
from senders import UdpSender


class TlsListenerTest(IntegrationTest):
    def setUp(self):
        self.directory = self.temp_dir()
        self.file = self.directory / "tls.yml"
        self.ca = Authority(self.directory)
        self.server = self.ca.issue("server")

    def flag(self, **keys):
        """The flag, for a file with these keys beside the server's certificate."""
        section = {"cert_file": self.server.certificate.name, "key_file": self.server.key.name, **keys}
        self.file.write_text(json.dumps({"tls_server_config": section}))
        return f"--auth.tls.config-file={self.file}"

    def verifying(self):
        return self.flag(client_auth_type="RequireAndVerifyClientCert", client_ca_file="ca.pem")

    def connect(self, program, pair=None, ca=None):
        plain = socket.create_connection(program.endpoint("tcp"), DEADLINE_SECONDS)
        self.addCleanup(plain.close)
        client = (ca or self.ca).client(pair).wrap_socket(plain, server_hostname="localhost")
        self.addCleanup(client.close)
        return client

    def rejected(self, page, reason):
        return page.value("weir_rejected_connections_total", listener="tcp", reason=reason)

    def wait_rejected(self, exporter, **reasons):
        return exporter.wait_for(
            lambda page: all(self.rejected(page, reason) == count for reason, count in reasons.items()),
            f"rejected connections: {reasons}")  # fmt: skip


class ExporterTest(TlsListenerTest):
    def test_lines_arrive_in_whole_and_in_parts(self):
        exporter = self.start_exporter(self.flag())
        with self.connect(exporter) as client:
            client.sendall(b"a:1|c\nb:")
            exporter.wait_for_value(1, "a")
            client.sendall(b"2|c\n" + b"c:1|c\n" * 20_000)
            exporter.wait_for_value(20_000, "c")
            page = exporter.wait_for_value(2, "b")
        self.assertEqual(page.value("weir_connections_total", listener="tcp"), 1)
        self.assertEqual(page.value("weir_received_bytes_total", listener="tcp"), 12 + 6 * 20_000)
        self.assertEqual(page.value("weir_lines_total", verdict="sampled"), 20_002)

    def test_who_shows_no_good_certificate_is_counted_by_reason(self):
        stranger = Authority(self.directory, "stranger")
        exporter = self.start_exporter(self.verifying())
        for pair in (None, stranger.issue("client"), self.ca.issue("expired", days=-1)):
            try:
                with self.connect(exporter, pair) as client:
                    client.sendall(b"bad:1|c\n")
                    client.recv(1)
            except OSError:
                pass  # in TLS 1.3 it is told behind the handshake
        with socket.create_connection(exporter.endpoint("tcp")) as plain:
            plain.sendall(b"bad:1|c\n")
        page = self.wait_rejected(exporter, no_certificate=1, bad_certificate=2, handshake_failed=1)
        self.assertEqual(page.value("weir_connections_total", listener="tcp"), 0)
        with self.connect(exporter, self.ca.issue("client")) as client:
            client.sendall(b"good:1|c\n")
            page = exporter.wait_for_value(1, "good")
        self.assertIsNone(page.get("bad"))

    def test_certificates_are_replaced_while_connections_live(self):
        exporter = self.start_exporter(self.flag())

        def common_name():
            with self.connect(exporter) as client:
                return dict(part[0] for part in client.getpeercert()["subject"])["commonName"]

        old = self.connect(exporter)
        self.assertEqual(common_name(), "server")
        replace(self.server, self.ca.issue("renewed"))
        wait_until(lambda: common_name() == "renewed", "the new certificate is shown")
        self.server.certificate.write_text("nothing")
        exporter.wait_for_log("was not loaded.*holds no certificate in PEM")
        self.assertEqual(common_name(), "renewed")
        old.sendall(b"old:1|c\n")
        exporter.wait_for_value(1, "old")

    def test_who_never_finishes_its_handshake_is_cut_and_others_do_not_notice(self):
        exporter = self.start_exporter(self.flag())
        good = self.connect(exporter)
        silent = socket.create_connection(exporter.endpoint("tcp"), DEADLINE_SECONDS)
        self.addCleanup(silent.close)
        silent.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a hello
        for sent in range(1, 4):
            good.sendall(b"good:1|c\n")
            exporter.wait_for_value(sent, "good")
        self.assertEqual(silent.recv(1), b"")
        self.wait_rejected(exporter, handshake_timeout=1)
        good.sendall(b"good:1|c\n")
        exporter.wait_for_value(4, "good")

    def test_a_thousand_handshakes_do_not_hold_up_datagrams(self):
        self.allow_connections(1000)
        exporter = self.start_exporter(self.flag())
        clients = Handshakes(exporter.endpoint("tcp"), self.ca.client(), 1000)
        self.addCleanup(clients.close)
        sender = UdpSender(exporter.endpoint("udp"))
        self.addCleanup(sender.close)
        for _ in range(20):
            clients.go_on()
            sender.send([b"datagram:1|c"] * 10)
        # Not all clients have gone on since: the server waits for some of them.
        exporter.wait_for_value(200, "datagram")
        wait_until(lambda: clients.go_on() == 1000, "all handshakes are done")
        page = exporter.wait_for(
            lambda page: page.get("weir_open_connections", listener="tcp") == 1000, "all are known")
        self.assertEqual(page.value("weir_kernel_drops_total", listener="udp"), 0)
        clients.send_all(b"stream:1|c\n")
        exporter.wait_for_value(1000, "stream")

    def test_what_is_wrong_with_the_file_ends_the_start(self):
        for text, message in (
            ("basic_auth_users: {}\n", f"{self.file}:1:1: has no certificate"),
            ("tls_server_config: {cert: x}\n", f"{self.file}:1:20: key_file or key is missing"),
            ("tls_server_config: {cert_file: a, key_file: b}\n", "/a: cannot be read: No such file"),
        ):
            self.file.write_text(text)
            for more in ((), ("--check-config",)):
                done = subprocess.run(
                    [EXPORTER, *Exporter.DEFAULTS, f"--auth.tls.config-file={self.file}", *more],
                    capture_output=True, text=True, timeout=DEADLINE_SECONDS)  # fmt: skip
                self.assertEqual(done.returncode, 1)
                self.assertIn("--auth.tls.config-file: ", done.stderr)
                self.assertIn(message, done.stderr)


class Handshakes:
    """Many clients in one thread, whose handshakes go on when they are told to."""

    def __init__(self, endpoint, context, count):
        self.selector = selectors.DefaultSelector()
        self.clients, self.done = [], set()
        for _ in range(count):
            plain = socket.create_connection(endpoint, DEADLINE_SECONDS)
            plain.setblocking(False)
            client = context.wrap_socket(
                plain, server_hostname="localhost", do_handshake_on_connect=False)
            self.clients.append(client)
            self.selector.register(client, selectors.EVENT_READ)
            self.shake(client)
            if len(self.clients) % 20 == 0:
                self.go_on()  # the server does not wait for ever

    def shake(self, client):
        try:
            client.do_handshake()
            self.done.add(client)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass

    def go_on(self):
        """Goes on with those that were answered; how many are done in all."""
        for key, _ in self.selector.select(0):
            if key.fileobj not in self.done:
                self.shake(key.fileobj)
        return len(self.done)

    def send_all(self, lines):
        for client in self.clients:
            client.send(lines)

    def close(self):
        self.selector.close()
        for client in self.clients:
            client.close()


class RouterTlsTest(TlsListenerTest, RouterTest):
    def test_the_router_takes_lines_through_tls_from_who_has_a_certificate(self):
        self.start_before(self.start_nodes(2), self.verifying())
        client = self.connect(self.router, self.ca.issue("client"))
        lines = [b"name%d:1|c" % i for i in range(500)]
        client.sendall(b"\n".join(lines) + b"\n")
        wait_until(lambda: sorted(line for node in self.nodes.values() for line in node.lines())
                   == sorted(lines), "every line at one of the nodes")
