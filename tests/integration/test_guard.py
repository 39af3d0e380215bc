"""Who may send: allowed addresses and tokens, for both programs."""

import collections
import socket
import signal
import subprocess

import program
from harness import EXPORTER, Exporter, IntegrationTest
from router_case import RouterTest
from senders import FramedSender, TcpSender, UdpSender, UnixgramSender, UnixStreamSender


def send_from(source, endpoint, datagram):
    """A datagram from this address of the loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((source, 0))
        client.sendto(datagram, endpoint)


def connect_from(source, endpoint):
    return socket.create_connection(endpoint, program.DEADLINE_SECONDS, (source, 0))


class AllowedSourcesTest(IntegrationTest):
    ALLOW = ("--auth.allow=udp=127.0.0.2,127.1.0.0/16", "--auth.allow=tcp=127.0.0.3")

    def test_only_allowed_addresses_are_heard_and_the_others_counted(self):
        exporter = self.start_exporter(*self.ALLOW)
        udp, tcp = exporter.endpoint("udp"), exporter.endpoint("tcp")
        for source in ("127.0.0.1", "127.0.0.3", "127.2.0.1"):
            send_from(source, udp, b"bad.udp:1|c")
        for source in ("127.0.0.2", "127.1.2.3"):
            send_from(source, udp, b"good.udp:1|c")
        with connect_from("127.0.0.2", tcp) as stranger:
            self.assertEqual(stranger.recv(1), b"")
        with connect_from("127.0.0.3", tcp) as client:
            client.sendall(b"good.tcp:1|c\n")
        exporter.wait_for_value(1, "good_tcp")
        page = exporter.wait_for_value(2, "good_udp")
        self.assertFalse([name for name, _ in page.samples if name.startswith("bad")])
        self.assertEqual(
            page.value("weir_rejected_datagrams_total", listener="udp", reason="source"), 3
        )
        self.assertEqual(
            page.value("weir_rejected_connections_total", listener="tcp", reason="source"), 1
        )
        self.assertEqual(page.value("statsd_exporter_udp_packets_total"), 2)
        self.assertEqual(page.value("statsd_exporter_tcp_connections_total"), 1)

    def test_a_wrong_network_ends_the_start(self):
        done = subprocess.run(
            [EXPORTER, *Exporter.DEFAULTS, "--auth.allow=udp=10.0.0.1/8"],
            capture_output=True, text=True, timeout=program.DEADLINE_SECONDS,
        )  # fmt: skip
        self.assertEqual(done.returncode, 1)
        self.assertIn("--auth.allow: '10.0.0.1/8' has bits beyond its length", done.stderr)


class TokensTest(IntegrationTest):
    def setUp(self):
        self.directory = self.temp_dir()
        self.tokens = self.directory / "tokens"
        self.write("# ours\nabc\nother\n")

    def write(self, text):
        new = self.directory / "new"
        new.write_text(text)
        new.rename(self.tokens)

    def start(self, *flags):
        gram, stream = self.directory / "gram.sock", self.directory / "stream.sock"
        exporter = self.start_exporter(
            f"--statsd.listen-unixgram={gram}", f"--statsd.listen-unix={stream}",
            f"--auth.tokens-file={self.tokens}", *flags,
        )  # fmt: skip
        self.senders = {
            "udp": UdpSender(exporter.endpoint("udp")),
            "tcp": TcpSender(exporter.endpoint("tcp")),
            "unixgram": UnixgramSender(str(gram)),
            "unix": UnixStreamSender(str(stream)),
            "frames": FramedSender(str(stream)),
        }
        for sender in self.senders.values():
            self.addCleanup(sender.close)
        return exporter

    def test_on_every_listener_lines_need_a_token_which_is_taken_away(self):
        exporter = self.start()
        for name, sender in self.senders.items():
            sender.send([b"nodot:1|c", b"bad.%s:1|c" % name.encode(), b"abc.good.%s:1|c" % name.encode()])
            sender.send([b"other.good.%s:2|c" % name.encode()])
        for name in self.senders:
            page = exporter.wait_for_value(3, f"good_{name}")
        self.assertEqual(len(page.user_families()), len(self.senders))
        for listener, count in {"udp": 1, "tcp": 1, "unixgram": 1, "unix": 2}.items():
            for reason in ("missing_token", "unknown_token"):
                self.assertEqual(
                    page.value("weir_rejected_lines_total", listener=listener, reason=reason), count
                )
        self.assertEqual(page.value("weir_lines_total", verdict="sampled"), 2 * len(self.senders))

    def test_only_the_listeners_that_are_named_ask_for_tokens(self):
        exporter = self.start("--auth.listeners=udp,unix")
        self.senders["udp"].send([b"abc.by.udp:1|c"])
        self.senders["tcp"].send([b"abc.by.tcp:1|c"])
        exporter.wait_for_value(1, "by_udp")
        page = exporter.wait_for_value(1, "abc_by_tcp")
        listeners = {dict(labels)["listener"] for _, labels in self.rejections(page)}
        self.assertEqual(listeners, {"udp", "unix"})

    def rejections(self, page):
        return [key for key in page.samples if key[0] == "weir_rejected_lines_total"]

    def test_tokens_change_under_load_without_a_line_lost_or_let_in(self):
        exporter = self.start()
        sent = 0
        for round_number in range(20):
            # What changes is not what is used; by the watch, and by a signal.
            self.write(f"abc\nround{round_number}\n")
            if round_number % 2:
                exporter.process.send_signal(signal.SIGHUP)
            for _ in range(50):
                self.senders["tcp"].send([b"abc.good:1|c", b"revoked.bad:1|c"] * 10)
                sent += 10
        page = exporter.wait_for_value(sent, "good")
        self.assertEqual(
            page.value("weir_rejected_lines_total", listener="tcp", reason="unknown_token"), sent
        )
        self.assertIsNone(page.get("bad"))

        self.write("new\n")
        exporter.wait_for(
            lambda page: self.send_new() or (page.get("new_one") or 0) > 0, "the new token to count"
        )
        before = exporter.scrape().value("good")
        self.senders["tcp"].send([b"abc.good:1|c", b"new.last:1|c"])
        self.assertEqual(exporter.wait_for_value(1, "last").value("good"), before)

    def send_new(self):
        self.senders["udp"].send([b"new.new_one:1|c"])

    def test_a_bad_file_is_said_and_changes_nothing(self):
        exporter = self.start()
        self.write("with.dot\n")
        exporter.process.send_signal(signal.SIGHUP)
        exporter.wait_for_log(r"was not loaded.*tokens:1:1: a token with a dot")
        self.senders["udp"].send([b"abc.good:1|c"])
        page = exporter.wait_for_value(1, "good")
        self.assertGreaterEqual(page.value("weir_auth_reloads_total", outcome="failure"), 1)


class RouterAllowedSourcesTest(RouterTest):
    def test_only_allowed_addresses_are_routed(self):
        nodes = self.start_nodes(2)
        router = self.start_before(nodes, "--auth.allow=udp=127.0.0.2")
        udp = router.endpoint("udp")
        send_from("127.0.0.3", udp, b"bad.udp:1|c")
        send_from("127.0.0.2", udp, b"good.udp:1|c")
        self.wait_arrived(1)
        self.assertEqual(sum(self.received().values(), collections.Counter()), {b"good.udp:1|c": 1})
        page = router.scrape()
        self.assertEqual(
            page.value("weir_rejected_datagrams_total", listener="udp", reason="source"), 1
        )

    def test_a_token_is_taken_away_before_a_line_is_routed(self):
        tokens = self.temp_dir() / "tokens"
        tokens.write_text("abc\n")
        nodes = self.start_nodes(2)
        router = self.start_before(nodes, f"--auth.tokens-file={tokens}")
        self.sender("udp").send([b"abc.good:1|c", b"bad.udp:1|c", b"nodot:1|c"])
        self.sender("tcp").send([b"bad.tcp:1|c", b"abc.good.too:2|c"])
        self.wait_arrived(2)
        self.check_placed([b"good:1|c", b"good.too:2|c"])
        page = router.scrape()
        rejected = {
            (dict(labels)["listener"], dict(labels)["reason"]): value
            for (name, labels), value in page.samples.items()
            if name == "weir_rejected_lines_total"
        }
        self.assertEqual(
            rejected,
            {("udp", "missing_token"): 1, ("udp", "unknown_token"): 1,
             ("tcp", "missing_token"): 0, ("tcp", "unknown_token"): 1},
        )  # fmt: skip
        tokens.write_text("new\n")
        self.assertEqual(router.reload().status, 200)
        self.sender("udp").send([b"abc.bad:1|c", b"new.good:1|c"])
        self.wait_arrived(3)
        self.check_placed([b"good:1|c", b"good.too:2|c", b"good:1|c"])
