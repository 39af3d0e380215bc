"""The HTTP intake as its clients see it: requests, answers, and the lines that come of them."""

import contextlib
import gzip
import http.client
import random
import socket
import subprocess

from certificates import Authority, replace
from harness import EXPORTER, ROUTER, free_port, wait_until
from http_intake import IntakeClient, IntakeTest, StatsdServer, token
from http_intake_table import FORM, JSON, TABLE

GOOD = b'{"value": 1}'


class TableTest(IntakeTest):
    def check(self, client, row, statsd=None):
        what, request, status, headers, body, lines = row
        with self.subTest(what):
            answer = client.request(*request)
            self.assertEqual(answer.status, status, answer.body)
            for name, value in headers.items():
                self.assertEqual(answer.headers.get(name), value, name)
            if body is not None:
                self.assertEqual(answer.body, body)
            self.assertIn("date", answer.headers)
            if statsd is not None:
                self.assertEqual(self.emitted(statsd), list(lines))

    def test_every_request_of_the_table(self):
        _, statsd = self.start_proxy()
        for row in TABLE:
            with IntakeClient(self.intake) as client:
                self.check(client, row, statsd)

    def test_the_exporter_answers_alike_on_one_connection(self):
        exporter = self.start_http_exporter()
        with IntakeClient(self.intake) as client:
            for row in TABLE:
                self.check(client, row)
        lines = sum(len(row[5]) for row in TABLE)
        page = exporter.wait_for(
            lambda page: page.value("statsd_exporter_lines_total") == lines, "all lines")
        self.assertEqual(page.value("weir_samples_applied_total") +
                         page.sum("weir_samples_dropped_total"), lines)
        self.assertEqual(page.value("weir_connections_total", listener="http"), 2)


class PrefixTest(IntakeTest):
    def test_a_prefix_gets_its_dot_once(self):
        for flag in ("pfx", "pfx."):
            with self.subTest(flag):
                _, statsd = self.start_proxy(f"--metric-prefix={flag}")
                self.ask("POST", "/count/a", GOOD, JSON)
                self.ask("POST", "/batch", b"b:1|c\n_e{1,1}:a|b\n")
                self.ask("POST", "/batch", b"last:1|c")
                self.assertEqual(statsd.lines_until("pfx.last:1|c"),
                                 ["pfx.a:1|c", "pfx.b:1|c", "_e{1,1}:a|b"])


class TokenTest(IntakeTest):
    FLAG = "--jwt-secret=somesecret"

    def post(self, text=None, path="/count/a", headers=JSON, **more):
        headers = dict(headers, **({"X-JWT-Token": text} if text else {}))
        return self.ask("POST", path, more.get("body", GOOD), headers)

    def test_tokens_are_asked_for_before_anything_else_is_looked_at(self):
        self.start_proxy(self.FLAG)
        good, bad = token({}), token({}, secret="other")
        for headers, path, status, body in (
            ({}, "/count/a", 401, b"Token not specified\n"),
            ({}, "/foo/a", 401, b"Token not specified\n"),
            ({}, "/batch", 401, b"Token not specified\n"),
            ({"X-JWT-Token": bad}, "/count/a", 403, b"Error parsing token\n"),
            ({"X-JWT-Token": "Bearer " + good}, "/count/a", 403, b"Error parsing token\n"),
            ({"Authorization": "Bearer " + good}, "/count/a", 401, b"Token not specified\n"),
            ({"X-JWT-Token": good}, "/count/a", 200, b""),
            ({"X-JWT-Token": good}, "/foo/a", 200, b""),
            ({}, f"/count/a?token={good}", 200, b""),
            ({}, f"/count/a?x=y&token={good}", 200, b""),
            ({"X-JWT-Token": bad}, f"/count/a?token={good}", 403, b"Error parsing token\n"),
            ({"X-JWT-Token": good}, f"/count/a?token={bad}", 200, b""),
        ):
            with self.subTest((headers, path)):
                answer = self.ask("POST", path, GOOD, {**JSON, **headers, "Origin": "https://a.b"})
                self.assertEqual((answer.status, answer.body), (status, body))
                self.assertEqual(answer.headers["access-control-allow-origin"], "https://a.b")
        self.assertEqual(self.ask("GET", "/heartbeat").status, 200)

    def test_secrets_are_rotated_by_changing_their_file(self):
        file = self.temp_dir() / "secrets"
        file.write_text("old\n")
        router, _ = self.start_proxy(f"--jwt.secret-file={file}")
        self.assertEqual(self.post(token({}, "old")).status, 200)
        self.assertEqual(self.post(token({}, "new")).status, 403)

        def write(text):
            fresh = file.with_suffix(".new")
            fresh.write_text(text)
            fresh.rename(file)

        write("old\r\nnew\r\n")
        wait_until(lambda: self.post(token({}, "new")).status == 200, "the new secret is in force")
        self.assertEqual(self.post(token({}, "old")).status, 200)
        write("new")
        wait_until(lambda: self.post(token({}, "old")).status == 403, "the old secret is not")
        self.assertEqual(self.post(token({}, "new")).status, 200)
        write("\n")
        router.wait_for_log("no secret in it")
        self.assertEqual(self.post(token({}, "new")).status, 200)

    def test_secrets_are_read_again_at_a_hang_up(self):
        file = self.temp_dir() / "secrets"
        file.write_text("first\n")
        exporter = self.start_http_exporter(f"--jwt.secret-file={file}")
        exporter.process.send_signal(1)
        exporter.wait_for_log("Loaded the secrets")
        page = exporter.scrape()
        self.assertGreaterEqual(
            page.value("weir_http_intake_secret_reloads_total", outcome="success"), 1)

    def test_a_claim_limits_the_names(self):
        _, statsd = self.start_proxy(self.FLAG, "--jwt.limit-claim=metrics")
        shop = token({"metrics": ["shop.", "cart."]})
        self.assertEqual(self.post(shop, "/count/shop.a").status, 200)
        self.assertEqual(self.post(shop, "/count/other").status, 403)
        self.assertEqual(self.post(token({}), "/count/shop.a").status, 403)
        self.assertEqual(self.post(token({"metrics": 5}), "/count/shop.a").status, 403)
        answer = self.post(shop, "/batch", {}, body=b"cart.b:1|c\nother:1|c\n_sc|x|0\ncart.c:1\n")
        self.assertEqual(answer.json(), {"taken": 1, "refused": 3, "reasons": {
            "name_not_allowed": 2, "not_enough_parts_after_colon": 1}})
        all_names = token({"metrics": ""})
        self.assertEqual(self.post(all_names, "/batch", {}, body=b"end:1|c").status, 200)
        self.assertEqual(statsd.lines_until("end:1|c"), ["shop.a:1|c", "cart.b:1|c"])


class OriginTest(IntakeTest):
    def test_only_pages_of_allowed_origins_may_send(self):
        _, statsd = self.start_proxy("--http.allowed-origin=https://a.example",
                                     "--http.allowed-origin=https://b.example:8443")
        for origin, status in (("https://a.example", 200), ("https://b.example:8443", 200),
                               ("https://evil.example", 403), ("null", 403), (None, 200)):
            with self.subTest(origin):
                headers = {"Origin": origin} if origin else {}
                answer = self.ask("POST", "/count/a", GOOD, {**JSON, **headers})
                self.assertEqual(answer.status, status)
                allowed = origin if origin and status == 200 else None
                self.assertEqual(answer.headers.get("access-control-allow-origin"), allowed)
                self.assertEqual(answer.headers.get("vary"), "Origin" if origin else None)
                headers["Access-Control-Request-Method"] = "POST"
                preflight = self.ask("OPTIONS", "/count/a", None, headers)
                self.assertEqual(preflight.status, 204)
                self.assertEqual(preflight.headers.get("access-control-allow-origin"), allowed)
        self.assertEqual(self.emitted(statsd), ["a:1|c"] * 3)


class BatchTest(IntakeTest):
    def test_the_answer_tells_what_was_taken_and_why_others_were_not(self):
        exporter = self.start_http_exporter()
        answer = self.ask("POST", "/batch", b"a:1|c\nb:2|g|#x:y\r\n\nbroken\nc:x|c\nd:1|q\n_sc|s|0\ne:1|c")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(answer.json(), {"taken": 4, "refused": 3, "reasons": {
            "illegal_event": 1, "malformed_line": 1, "malformed_value": 1}})
        page = exporter.wait_for_value(1, "e")
        self.assertEqual((page.value("a"), page.value("b", x="y")), (1, 2))
        self.assertEqual(page.sum("weir_lines_total"), 8)
        self.assertEqual(page.value("statsd_exporter_sample_errors_total", reason="malformed_value"), 1)

    def test_nothing_good_is_a_bad_request_and_nothing_at_all_is_none(self):
        self.start_http_exporter()
        self.assertEqual(self.ask("POST", "/batch", b"broken").status, 400)
        answer = self.ask("POST", "/batch", b"")
        self.assertEqual((answer.status, answer.json()), (200, {"taken": 0, "refused": 0, "reasons": {}}))

    def test_any_type_of_content_will_do_as_a_beacon_has_none_of_ours(self):
        exporter = self.start_http_exporter()
        for kind in ({}, {"Content-Type": "text/plain;charset=UTF-8"}, JSON, FORM):
            self.assertEqual(self.ask("POST", "/batch", b"a:1|c", kind).status, 200)
        exporter.wait_for_value(4, "a")

    def test_a_packed_body_is_unpacked_up_to_its_limit(self):
        exporter = self.start_http_exporter("--http.max-body-bytes=10000")
        packed = {"Content-Encoding": "gzip"}
        answer = self.ask("POST", "/batch", gzip.compress(b"a:1|c\n" * 1000), packed)
        self.assertEqual(answer.json()["taken"], 1000)
        for what, body, headers, status in (
            ("a bomb", gzip.compress(b"a:1|c\n" * 1_000_000), packed, 413),
            ("broken", b"no gzip", packed, 400),
            ("cut short", gzip.compress(b"a:1|c\n" * 100)[:-9], packed, 400),
            ("another coding", b"a:1|c", {"Content-Encoding": "br"}, 415),
            ("identity", b"a:1|c", {"Content-Encoding": "identity"}, 200),
            ("too long as it is", b"a:1|c\n" * 2000, {}, 413),
            ("too long in chunks", b"2710\r\n" + b"x" * 10000 + b"\r\n1\r\nx\r\n0\r\n\r\n",
             {"Transfer-Encoding": "chunked"}, 413),
        ):
            with self.subTest(what):
                self.assertEqual(self.ask("POST", "/batch", body, headers).status, status)
        exporter.wait_for_value(1001, "a")

    def test_one_metric_may_be_packed_too(self):
        exporter = self.start_http_exporter()
        body = gzip.compress(b'{"value": 7}')
        self.assertEqual(
            self.ask("POST", "/count/a", body, {**JSON, "Content-Encoding": "gzip"}).status, 200)
        exporter.wait_for_value(7, "a")


class HostileBodyTest(IntakeTest):
    """Bodies that were good once: each is answered, and what is answered 200 is applied."""

    SEEDS = (b'{"value": 5, "tags": "a=b,c=d", "sampleRate": 0.5, "x": [1, {"y": null}]}',
             b'{"value": "m\\u00e9\\ud83d\\ude00", "tags": "k=v"}', b"value=5&tags=a%3Db&time=3&n=2",
             b"a:1|c\nb:2|g|#x:y\n_e{1,1}:a|b\n")

    def mutated(self, dice):
        body = bytearray(dice.choice(self.SEEDS))
        for _ in range(dice.randrange(1, 6)):
            at = dice.randrange(len(body) + 1)
            piece = dice.choice((b'"', b"\\", b"{", b"[", b"\xff", b"\0", b"%", b"\n", b"9" * 30,
                                 bytes([dice.randrange(256)])))
            body[at : at + dice.randrange(3)] = piece
        return bytes(body)

    def test_deep_bodies_cost_a_server_thread_no_stack(self):
        exporter = self.start_http_exporter()
        with IntakeClient(self.intake) as client:
            for opened, closed in (("[", "]"), ('{"a":', "}")):
                for depth, status in ((9_000, 200), (100_000, 400)):
                    inner = "1" if closed == "}" else ""
                    body = '{"value":1,"x":' + opened * depth + inner + closed * depth + "}"
                    answer = client.request("POST", "/count/deep", body.encode(), JSON)
                    self.assertEqual(answer.status, status, (opened, depth))
        exporter.wait_for_value(2, "deep")

    def test_fuzzed_bodies(self):
        exporter = self.start_http_exporter()
        dice = random.Random(7)
        taken = 0
        with IntakeClient(self.intake) as client:
            for number in range(3000):
                kind = dice.choice(("count", "gauge", "timing", "set", "uniq", "incr"))
                headers = dice.choice((JSON, FORM))
                body = self.mutated(dice)
                answer = client.request("POST", f"/{kind}/{kind}", body, headers)
                self.assertIn(answer.status, (200, 400), body)
                taken += answer.status == 200
                if number % 10 == 0:
                    answer = client.request("POST", "/batch", body)
                    self.assertIn(answer.status, (200, 400), body)
                    taken += answer.json()["taken"]
        self.assertGreater(taken, 300)
        page = exporter.wait_for(
            lambda page: page.sum("weir_samples_applied_total") > 0, "samples")
        self.assertEqual(page.value("statsd_exporter_lines_total"), page.sum("weir_lines_total"))
        self.assertEqual(exporter.get("/-/healthy").status, 200)


class CurlTest(IntakeTest):
    def curl(self, *arguments):
        done = subprocess.run(["curl", "-sS", "-m", "60", "-w", "%{http_code}", *arguments],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_what_the_documentation_shows(self):
        exporter = self.start_http_exporter()
        url = f"http://127.0.0.1:{self.intake}"
        self.assertEqual(self.curl(f"{url}/heartbeat"), "OK200")
        self.assertEqual(self.curl("-d", '{"value": 3, "tags": "env=prod"}', "-H",
                                   "Content-Type: application/json", f"{url}/count/curl.json"), "200")
        self.assertEqual(self.curl("-d", "value=3", f"{url}/count/curl.form"), "200")
        file = self.temp_dir() / "lines"
        file.write_text("curl.a:1|c\ncurl.b:1|c\n" * 40_000)
        told = self.curl("--data-binary", f"@{file}", f"{url}/batch")
        self.assertEqual(told, '{"taken":80000,"refused":0,"reasons":{}}\n200')
        page = exporter.wait_for_value(40_000, "curl_b")
        self.assertEqual((page.value("curl_json", env="prod"), page.value("curl_form")), (3, 3))


class TlsTest(IntakeTest):
    def setUp(self):
        self.directory = self.temp_dir()
        self.ca = Authority(self.directory)
        self.pair = self.ca.issue("server")
        self.flags = (f"--tls-cert={self.pair.certificate}", f"--tls-key={self.pair.key}")

    def common_name(self):
        """Of the certificate that is shown now."""
        with socket.create_connection(("127.0.0.1", self.intake)) as plain:
            with self.ca.client().wrap_socket(plain, server_hostname="localhost") as client:
                return dict(part[0] for part in client.getpeercert()["subject"])["commonName"]

    def test_https(self):
        exporter = self.start_http_exporter(*self.flags)
        with IntakeClient(self.intake, self.ca.client()) as client:
            for _ in range(3):
                self.assertEqual(client.request("POST", "/count/a", GOOD, JSON).status, 200)
        exporter.wait_for_value(3, "a")
        self.assertRaises((OSError, http.client.HTTPException), self.ask, "GET", "/heartbeat")
        self.assertEqual(exporter.get("/-/healthy").status, 200)

    def test_a_certificate_that_is_replaced_is_shown_from_the_next_connection_on(self):
        exporter = self.start_http_exporter(*self.flags)
        with IntakeClient(self.intake, self.ca.client()) as client:
            self.assertEqual(client.request("POST", "/count/a", GOOD, JSON).status, 200)
        self.assertEqual(self.common_name(), "server")
        replace(self.pair, self.ca.issue("renewed"))
        wait_until(lambda: self.common_name() == "renewed", "the new certificate is shown")
        self.pair.key.write_text("nothing")
        page = exporter.wait_for(
            lambda page: page.get("weir_http_intake_certificate_reloads_total", outcome="failure"),
            "the failure is counted")
        self.assertGreaterEqual(
            page.value("weir_http_intake_certificate_reloads_total", outcome="success"), 1)
        self.assertEqual(self.common_name(), "renewed")

    def test_files_that_are_none_are_told(self):
        broken = self.directory / "broken.pem"
        broken.write_text("nothing")
        for flags, message in (
            (self.flags[:1], "--tls-cert and --tls-key go together"),
            ((self.flags[0], "--tls-key=/nowhere"), "/nowhere: cannot be read: No such file"),
            ((f"--tls-cert={broken}", self.flags[1]), f"{broken}: holds no certificate in PEM"),
        ):
            with self.subTest(flags):
                done = subprocess.run(
                    [EXPORTER, f"--http-port={free_port()}", "--web.listen-address=127.0.0.1:0",
                     "--statsd.listen-udp=127.0.0.1:0", "--statsd.listen-tcp=", *flags],
                    capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 1)
                self.assertIn(message, done.stderr)

    def test_files_that_are_wrong_are_found_by_the_check(self):
        file = self.temp_dir() / "file"
        file.write_text("nothing\n# secret\n")
        downstream = "--downstream=127.0.0.1:1"
        for flags, message in (
            (("--jwt.secret-file=/nowhere",), "--jwt.secret-file: /nowhere: cannot be read"),
            ((f"--tls-cert={file}", f"--tls-key={file}"), "--tls-cert, --tls-key: "),
        ):
            for program, more in ((EXPORTER, ()), (ROUTER, (downstream,))):
                with self.subTest(program=program.name, flags=flags):
                    done = subprocess.run(
                        [program, "--check-config", "--http-port=1", *flags, *more],
                        capture_output=True, text=True, timeout=60)  # fmt: skip
                    self.assertEqual(done.returncode, 1, done.stdout)
                    self.assertIn(message, done.stderr)


class CommandLineTest(IntakeTest):
    def test_the_peers_command_line_works_with_one_dash_and_two(self):
        with contextlib.closing(StatsdServer()) as statsd:
            for dash in ("-", "--"):
                with self.subTest(dash):
                    self.intake = free_port()
                    flags = [f"{dash}http-host=127.0.0.1", f"{dash}http-port", str(self.intake),
                             f"{dash}http-timeout-read=2", f"{dash}statsd-host", "127.0.0.1",
                             f"{dash}statsd-port={statsd.port}", f"{dash}verbose"]
                    router = self.start_router(None, *flags,
                                               defaults=("--web.listen-address=127.0.0.1:0",))
                    self.ask("POST", "/count/a", GOOD, JSON)
                    self.assertEqual(self.emitted(statsd), ["a:1|c"])
                    self.assertEqual(router.logged("protocol=udp"), [])
                    router.end()

    def test_off_by_default(self):
        exporter = self.start_exporter()
        self.assertEqual(exporter.logged("http-intake"), [])
        self.assertEqual(exporter.scrape().sum("weir_http_intake_requests_total"), 0)

    def test_flags_that_contradict_each_other(self):
        for program, flags, message in (
            (ROUTER, ("--statsd-host=a", "--downstream=b:1"), "they do not go with"),
            (ROUTER, ("--http-port=1", "--jwt.limit-claim=x"), "--jwt.limit-claim needs tokens"),
            (EXPORTER, ("--http.allowed-origin=shop.example",), "is no origin"),
            (EXPORTER, ("--http-port=70000",), "--http-port must be a whole number"),
            (EXPORTER, ("--http-port=1", "--jwt.secret-file=/nowhere"), "/nowhere: cannot be read"),
        ):
            with self.subTest(flags):
                done = subprocess.run([program, *flags], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 1)
                self.assertIn(message, done.stderr)
