"""--web.config.file: TLS, client certificates, passwords and headers on the web ports of both programs."""

import base64
import http.client
import json
import socket
import ssl
import subprocess

from certificates import Authority, openssl, replace
from fake_node import FakeNode
from harness import DEADLINE_SECONDS, EXPORTER, ROUTER, IntegrationTest, free_port, wait_until
from real_prometheus import Prometheus
from senders import TcpSender

# The bcrypt hash of U*U, with the least cost but one.
HASH = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
PASSWORD = "U*U"
USERS = {"basic_auth_users": {"alice": HASH}}


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class WebConfigTest(IntegrationTest):
    def setUp(self):
        self.directory = self.temp_dir()
        self.file = self.directory / "web.yml"
        self.ca = Authority(self.directory)
        self.server = self.ca.issue("server")

    def tls(self, **keys):
        """The section for the server's certificate; its files are named relative to the file."""
        return {
            "tls_server_config": {
                "cert_file": self.server.certificate.name, "key_file": self.server.key.name, **keys,
            }
        }  # fmt: skip

    def write(self, config):
        new = self.file.with_suffix(".new")
        new.write_text(config if isinstance(config, str) else json.dumps(config))  # JSON is YAML
        new.rename(self.file)

    def flag(self):
        return f"--web.config.file={self.file}"

    def start_both(self, config, *exporter_flags, **web):
        self.write(config)
        node = FakeNode("a")
        self.addCleanup(node.end)
        self.exporter = self.start_exporter(self.flag(), *exporter_flags, **web)
        self.router = self.start_router({"downstreams": [node.config()]}, self.flag(), **web)
        return self.exporter, self.router

    def connect(self, program, context):
        """A connection whose handshake has succeeded, as far as the client knows."""
        host, port = program.endpoint("https")
        plain = socket.create_connection((host, port), DEADLINE_SECONDS)
        self.addCleanup(plain.close)
        wrapped = context.wrap_socket(plain, server_hostname="localhost")
        self.addCleanup(wrapped.close)
        return wrapped

    def ask_health(self, connection):
        connection.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
        with http.client.HTTPResponse(connection) as answer:
            answer.begin()
            self.assertEqual(answer.status, 200)
            answer.read()

    def answers(self, program, context):
        """Whether a client that connects so is answered; in TLS 1.3 it learns that only here."""
        try:
            with self.connect(program, context) as client:
                client.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return client.recv(12) == b"HTTP/1.1 200"
        except OSError:  # of which ssl.SSLError is one
            return False

    def common_name(self, program):
        """Of the certificate that the program shows now."""
        with self.connect(program, self.ca.client()) as client:
            return dict(part[0] for part in client.getpeercert()["subject"])["commonName"]

    def curl(self, *arguments):
        return subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *arguments],
                              capture_output=True, text=True, timeout=DEADLINE_SECONDS)  # fmt: skip


class TlsTest(WebConfigTest):
    def test_both_programs_serve_https_and_no_http(self):
        for program in self.start_both(self.tls(), tls=self.ca.client()):
            with self.subTest(program.web_protocol):
                self.assertEqual(program.get("/metrics").status, 200)
                url = f"https://localhost:{program.endpoint('https')[1]}/metrics"
                done = self.curl("--cacert", self.ca.certificate, url)
                self.assertEqual(done.stdout, "200")
                self.assertEqual(self.curl(url).returncode, 60)  # nobody vouches for it
                host, port = program.endpoint("https")
                plain = http.client.HTTPConnection(host, port, timeout=DEADLINE_SECONDS)
                with self.assertRaises((OSError, http.client.HTTPException)):
                    plain.request("GET", "/metrics")
                    plain.getresponse()
                plain.close()

    def test_a_certificate_that_is_replaced_is_shown_from_the_next_connection_on(self):
        programs = self.start_both(self.tls(), tls=self.ca.client())
        before = [self.connect(program, self.ca.client()) for program in programs]
        for old in before:  # who has said nothing is cut soon
            self.ask_health(old)
        replace(self.server, self.ca.issue("renewed"))
        for program, old in zip(programs, before):
            wait_until(lambda: self.common_name(program) == "renewed", "the new certificate is shown")
            self.ask_health(old)
            self.assertEqual(program.get("/-/healthy").status, 200)
        self.exporter.wait_for(
            lambda page: page.get("weir_web_config_reloads_total", outcome="success"),
            "the reload is counted")

    def test_a_certificate_that_is_broken_changes_nothing(self):
        exporter, _ = self.start_both(self.tls(), tls=self.ca.client())
        self.server.certificate.write_text("nothing")
        exporter.wait_for_log("was not loaded.*holds no certificate in PEM")
        self.assertEqual(self.common_name(exporter), "server")
        self.assertEqual(
            exporter.scrape().value("weir_web_config_reloads_total", outcome="failure"), 1)

    def test_files_that_come_after_their_names_are_read_when_they_are_there(self):
        exporter, _ = self.start_both(self.tls(), tls=self.ca.client())
        self.server = self.ca.issue("late")
        key = self.server.key.read_bytes()
        self.server.key.unlink()
        self.write(self.tls())
        exporter.wait_for_log("was not loaded.*cannot be read")
        self.assertEqual(self.common_name(exporter), "server")
        self.server.key.write_bytes(key)
        wait_until(lambda: self.common_name(exporter) == "late", "the certificate is shown")

    def test_an_expired_certificate_is_shown_and_said(self):
        self.server = self.ca.issue("old", days=-1)
        careless = ssl.create_default_context()
        careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
        exporter, _ = self.start_both(self.tls(), tls=careless)
        exporter.wait_for_log("The certificate is not valid now")
        with self.assertRaisesRegex(ssl.SSLCertVerificationError, "has expired"):
            self.connect(exporter, self.ca.client())
        replace(self.server, self.ca.issue("renewed"))
        wait_until(lambda: self.answers(exporter, self.ca.client()), "the renewed one is shown")

    def test_a_change_of_the_file_is_read_whatever_it_is(self):
        exporter, _ = self.start_both(self.tls(), tls=self.ca.client())
        self.server = self.ca.issue("second")
        self.write({**self.tls(max_version="TLS12"), **USERS})
        wait_until(lambda: exporter.get("/metrics").status == 401, "a password is asked for")
        with self.connect(exporter, self.ca.client()) as client:
            self.assertEqual(client.version(), "TLSv1.2")
        self.assertEqual(self.common_name(exporter), "second")

    def test_versions_and_ciphers_are_those_of_the_file(self):
        def client(low, high, ciphers=None):
            context = self.ca.client()
            context.minimum_version, context.maximum_version = low, high
            if ciphers:
                context.set_ciphers(ciphers)
            return context

        v12, v13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
        exporter, _ = self.start_both(self.tls(min_version="TLS13"), tls=self.ca.client())
        self.assertFalse(self.answers(exporter, client(v12, v12)))
        self.assertTrue(self.answers(exporter, client(v13, v13)))
        self.write(self.tls(max_version="TLS12", cipher_suites=[
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]))
        wait_until(lambda: self.answers(exporter, client(v12, v12)), "TLS 1.2 is spoken")
        self.assertFalse(self.answers(exporter, client(v13, v13)))
        self.assertFalse(self.answers(exporter, client(v12, v12, "ECDHE-ECDSA-CHACHA20-POLY1305")))
        both = client(v12, v12, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384")
        with self.connect(exporter, both) as connection:
            self.assertEqual(connection.cipher()[0], "ECDHE-ECDSA-AES256-GCM-SHA384")

    def test_clients_that_never_finish_their_handshake_do_not_keep_others_out(self):
        exporter, router = self.start_both(self.tls(), tls=self.ca.client())
        for program in (exporter, router):
            for _ in range(3):
                stalled = socket.create_connection(program.endpoint("https"))
                self.addCleanup(stalled.close)
                stalled.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a hello
            self.assertEqual(program.get("/-/healthy").status, 200)


class ClientCertificateTest(WebConfigTest):
    def setUp(self):
        super().setUp()
        self.stranger = Authority(self.directory, "stranger")
        self.certificates = {
            "none": None,
            "good": self.ca.issue("client"),
            "expired": self.ca.issue("expired", days=-1),
            "strange": self.stranger.issue("client"),
        }

    def admitted(self, program):
        return {name for name, pair in self.certificates.items()
                if self.answers(program, self.ca.client(pair))}  # fmt: skip

    def test_each_client_auth_type_admits_whom_it_says(self):
        everybody = set(self.certificates)
        careful = self.ca.client(self.certificates["good"])
        ca = {"client_ca_file": "ca.pem"}
        # Each asks more than the one before: less needs a restart.
        for reloads in (
            (
                ({"client_auth_type": "NoClientCert"}, everybody),
                ({"client_auth_type": "RequestClientCert"}, everybody),
                ({"client_auth_type": "RequireAnyClientCert"}, everybody - {"none"}),
            ),
            (
                ({"client_auth_type": "VerifyClientCertIfGiven", **ca}, {"none", "good"}),
                ({"client_auth_type": "RequireAndVerifyClientCert", **ca}, {"good"}),
            ),
        ):
            programs = self.start_both(self.tls(**reloads[0][0]), tls=careful)
            for keys, admitted in reloads:
                self.write(self.tls(**keys))
                for program in programs:
                    with self.subTest(keys):
                        self.check_admitted(program, admitted)

    def check_admitted(self, program, admitted):
        last = []

        def as_said():
            last[:] = [self.admitted(program)]
            return last[0] == admitted

        wait_until(as_said, lambda: f"{admitted} are let in, not {last[0]}")

    def test_without_its_certificate_a_client_can_not_reload(self):
        good = self.ca.client(self.certificates["good"])
        self.start_both(self.tls(client_auth_type="RequireAndVerifyClientCert", client_ca_file="ca.pem"),
                        "--web.enable-lifecycle", tls=good)  # fmt: skip
        for program in (self.exporter, self.router):
            url = f"https://localhost:{program.endpoint('https')[1]}/-/reload"
            done = self.curl("--cacert", self.ca.certificate, "-X", "POST", url)
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(done.stdout, "000")
            pair = self.certificates["good"]
            done = self.curl("--cacert", self.ca.certificate, "--cert", pair.certificate,
                             "--key", pair.key, "-X", "POST", url)  # fmt: skip
            self.assertEqual(done.stdout, "200")

    def test_a_ca_that_is_replaced_holds_from_the_next_connection_on(self):
        self.copy_ca(self.ca)
        exporter, _ = self.start_both(
            self.tls(client_auth_type="RequireAndVerifyClientCert", client_ca_file="clients.pem"),
            tls=self.ca.client(self.certificates["good"]),
        )
        self.assertEqual(self.admitted(exporter), {"good"})
        self.copy_ca(self.stranger)
        wait_until(lambda: self.admitted(exporter) == {"strange"}, "the other CA is trusted")

    def copy_ca(self, authority):
        new = self.directory / "clients.new"
        new.write_bytes(authority.certificate.read_bytes())
        new.rename(self.directory / "clients.pem")

    def test_only_allowed_names_are_let_in(self):
        for name, sans in (
            ("dns", "DNS:prometheus.example"), ("address", "IP:10.1.2.3"), ("six", "IP:2001:db8::1"),
            ("mail", "email:ops@example.org"), ("uri", "URI:spiffe://example/prometheus"),
            ("other", "DNS:prometheus.example.org"),
            ("several", "DNS:x.example,DNS:prometheus.example"),
        ):  # fmt: skip
            self.certificates[name] = self.ca.issue(name, sans=sans)
        exporter, _ = self.start_both(
            self.tls(
                client_auth_type="RequireAndVerifyClientCert", client_ca_file="ca.pem",
                client_allowed_sans=["prometheus.example", "10.1.2.3", "2001:db8::1",
                                     "ops@example.org", "spiffe://example/prometheus"],
            ),
            tls=self.ca.client(self.certificates["several"]),
        )  # fmt: skip
        self.assertEqual(
            self.admitted(exporter), {"dns", "address", "six", "mail", "uri", "several"})


class PasswordTest(WebConfigTest):
    def test_the_right_password_is_let_in_and_nothing_else(self):
        self.start_both(USERS, headers=basic("alice", PASSWORD))
        for program in (self.exporter, self.router):
            self.assertEqual(program.get("/metrics").status, 200)
            url = f"http://{program.address('http')}/metrics"
            for user, status in (("alice:U*U", "200"), ("alice:U*V", "401"), ("bob:U*U", "401")):
                with self.subTest(user):
                    self.assertEqual(self.curl("-u", user, url).stdout, status)
            self.assertEqual(self.curl(url).stdout, "401")

    def test_without_it_nothing_can_be_asked_or_changed(self):
        self.start_both(USERS, "--web.enable-lifecycle", headers=basic("alice", PASSWORD))
        nothing = {"Authorization": ""}
        for program, paths in (
            (self.exporter, ("/-/reload", "/-/quit", "/-/healthy", "/nowhere")),
            (self.router, ("/-/reload", "/-/healthy?state=down", "/api/v1/drain?node=a", "/")),
        ):
            for path in paths:
                with self.subTest(path):
                    for headers in (nothing, basic("alice", "guess")):
                        answer = program.request("POST", path, headers)
                        self.assertEqual((answer.status, answer.text), (401, "Unauthorized\n"))
                        self.assertEqual(answer.headers["WWW-Authenticate"], "Basic")
            self.assertEqual(program.request("POST", "/-/reload").status, 200)
            self.assertEqual(program.get("/-/healthy").status, 200)
        self.assertEqual(self.exporter.request("POST", "/-/quit").status, 200)
        wait_until(lambda: self.exporter.process.poll() == 0, "the exporter ends")

    def test_headers_go_with_every_answer(self):
        headers = {"X-Frame-Options": "deny", "X-Content-Type-Options": "nosniff"}
        self.start_both({**USERS, "http_server_config": {"headers": headers}},
                        headers=basic("alice", PASSWORD))  # fmt: skip
        for program in (self.exporter, self.router):
            for answer in (program.get("/metrics"), program.get("/nowhere"),
                           program.get("/metrics", {"Authorization": ""})):  # fmt: skip
                self.assertEqual({name: answer.headers[name] for name in headers}, headers)


    def check_kept_out(self, programs, why):
        for program in programs:
            program.wait_for_log(f"was not loaded.*{why}")
            self.assertEqual(program.get("/metrics", basic("alice", "wrong")).status, 401)

    def test_a_file_that_is_half_written_lets_nobody_in(self):
        programs = self.start_both(USERS, headers=basic("alice", PASSWORD))
        self.file.write_text("")
        self.check_kept_out(programs, "everybody would be let in")

    def test_a_directory_in_the_place_of_the_file_changes_nothing(self):
        programs = self.start_both(USERS, headers=basic("alice", PASSWORD))
        self.file.unlink()
        self.file.mkdir()
        self.check_kept_out(programs, "Is a directory")


class PrometheusTest(WebConfigTest):
    def test_a_real_prometheus_scrapes_with_certificate_and_password(self):
        client = self.ca.issue("prometheus", sans="DNS:prometheus")
        config = {
            **self.tls(client_auth_type="RequireAndVerifyClientCert", client_ca_file="ca.pem",
                       client_allowed_sans=["prometheus"]),
            **USERS,
        }  # fmt: skip
        self.start_both(config, tls=self.ca.client(client), headers=basic("alice", PASSWORD))
        targets = {name: [f"localhost:{program.endpoint('https')[1]}"]
                   for name, program in (("exporter", self.exporter), ("router", self.router))}  # fmt: skip
        prometheus = Prometheus(targets, how={
            "scheme": "https",
            "basic_auth": {"username": "alice", "password": PASSWORD},
            "tls_config": {"ca_file": str(self.ca.certificate), "cert_file": str(client.certificate),
                           "key_file": str(client.key)},
        })  # fmt: skip
        self.addCleanup(prometheus.stop)
        sender = TcpSender(self.exporter.endpoint("tcp"))
        self.addCleanup(sender.close)
        sender.send([b"sent:3|c"])
        prometheus.wait_for_value("sent", 3)
        for job in targets:
            prometheus.wait_for_value(f'up{{job="{job}"}}', 1)
        replace(self.server, self.ca.issue("renewed"))
        self.exporter.wait_for(
            lambda page: page.get("weir_web_config_reloads_total", outcome="success"),
            "the certificate was replaced")
        sender.send([b"sent:4|c"])
        prometheus.wait_for_value("sent", 7)


class MistakesTest(WebConfigTest):
    def fails(self, *flags):
        commands = (
            [EXPORTER, f"--web.listen-address=127.0.0.1:{free_port()}", "--statsd.listen-udp=127.0.0.1:0",
             "--statsd.listen-tcp=", *flags],
            [ROUTER, "--downstream=127.0.0.1:1", "--listen-udp=127.0.0.1:0", "--listen-tcp=",
             f"--web.listen-address=127.0.0.1:{free_port()}", *flags],
        )  # fmt: skip
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS)
            self.assertEqual(done.returncode, 1, done.stderr)
            yield done.stderr

    def test_a_file_that_is_wrong_ends_the_start_and_the_check(self):
        self.write("tls_server_config:\n  cert_filse: a\n")
        for more in ((), ("--check-config",)):
            for told in self.fails(self.flag(), *more):
                self.assertIn(f"--web.config.file: {self.file}:2:3: unknown key `cert_filse`", told)

    def test_a_key_of_another_certificate_ends_the_start(self):
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.server.key)
        self.write(self.tls())
        for told in self.fails(self.flag()):
            self.assertIn(f"{self.server.key}: is not the key of the certificate in", told)

    def test_what_has_no_effect_is_said(self):
        self.start_both({"http_server_config": {"http2": True}})
        for program in (self.exporter, self.router):
            program.wait_for_log("http2: has no effect")
