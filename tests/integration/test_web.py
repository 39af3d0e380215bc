"""The pages of the web port, and what may be asked of them."""

import http.client
import select
import socket

from harness import IntegrationTest, wait_until
from senders import UdpSender


class PagesTest(IntegrationTest):
    def setUp(self):
        self.exporter = self.start_exporter()

    def test_health_and_readiness(self):
        for path, text in (("/-/healthy", "Statsd Exporter is Healthy.\n"),
                           ("/health", "Statsd Exporter is Healthy.\n"),
                           ("/-/ready", "Statsd Exporter is Ready.\n")):
            with self.subTest(path):
                answer = self.exporter.get(path)
                self.assertEqual((answer.status, answer.text), (200, text))

    def test_other_methods_on_health_get_an_empty_200(self):
        for path in ("/-/healthy", "/-/ready"):
            with self.subTest(path):
                answer = self.exporter.request("POST", path)
                self.assertEqual((answer.status, answer.body), (200, b""))

    def test_the_landing_page_links_to_the_metrics(self):
        answer = self.exporter.get("/")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["Content-Type"].lower().startswith("text/html; charset=utf-8"))
        self.assertIn('href="/metrics"', answer.text)

    def test_every_method_reads_the_metrics(self):
        for method in ("GET", "POST", "DELETE"):
            with self.subTest(method):
                answer = self.exporter.request(method, "/metrics")
                self.assertEqual(answer.status, 200)
                self.assertIn("statsd_exporter_lines_total", answer.text)

    def test_head_of_the_metrics_has_no_body(self):
        answer = self.exporter.request("HEAD", "/metrics")
        self.assertEqual((answer.status, answer.body), (200, b""))

    def test_unknown_paths_are_404(self):
        for path in ("/nothing", "/metrics/", "/metricsx", "/-/", "/-/reload", "/-/quit"):
            with self.subTest(path):
                self.assertEqual(self.exporter.get(path).status, 404)
                self.assertEqual(self.exporter.request("POST", path).status, 404)

    def test_the_metrics_are_text_unless_another_form_is_asked_for(self):
        for accept in (None, "*/*", "text/plain", "text/html", "application/openmetrics-text",
                       "nonsense;;q=", "text/plain;version=0.0.4;q=0.1,*/*;q=0.05"):
            with self.subTest(accept):
                answer = self.exporter.get("/metrics", {"Accept": accept} if accept else {})
                self.assertEqual(answer.status, 200)
                self.assertTrue(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"))

    def test_a_protobuf_reader_gets_protobuf(self):
        accept = ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                  "encoding=delimited")
        answer = self.exporter.get("/metrics", {"Accept": accept})
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("application/vnd.google.protobuf"))
        self.assertIn(b"statsd_exporter_lines_total", answer.body)

    def test_a_connection_serves_many_requests(self):
        connection = http.client.HTTPConnection(*self.exporter.endpoint("http"), timeout=60)
        self.addCleanup(connection.close)
        for path in ("/metrics", "/-/healthy", "/metrics", "/nothing", "/metrics"):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, 404 if path == "/nothing" else 200)

    def test_scrapes_are_counted(self):
        self.exporter.scrape()
        self.exporter.wait_for(
            lambda page: page.value("promhttp_metric_handler_requests_total", code="200") >= 1,
            "a scrape counted",
        )
        # One that has ended is counted a moment longer.
        self.exporter.wait_for(
            lambda page: page.value("promhttp_metric_handler_requests_in_flight") == 1, "this one alone")


class SlowReadersTest(IntegrationTest):
    """Pages larger than what the kernel holds for a reader."""

    def setUp(self):
        self.exporter = self.start_exporter()
        name = "a" * 2500
        with UdpSender(self.exporter.endpoint("udp")) as sender:
            for i in range(1000):
                sender.send([b"%s%d:1|c" % (name.encode(), i)])
        self.exporter.wait_for(lambda page: page.value("weir_samples_applied_total") == 1000, "all applied")

    def ask(self, path):
        """A connection with a request on it, whose answer fills what the kernel holds."""
        client = socket.socket()
        self.addCleanup(client.close)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(self.exporter.endpoint("http"))
        client.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        self.assertEqual(client.recv(12), b"HTTP/1.1 200")
        return client

    def test_scrapes_tops_and_idle_connections_leave_a_thread_to_health(self):
        for _ in range(2):
            self.assertEqual(self.ask(b"/-/healthy").recv(4), b" OK\r")
        readers = [self.ask(b"/metrics") for _ in range(4)]
        readers += [self.ask(b"/api/v1/top?limit=1000") for _ in range(2)]
        health = socket.create_connection(self.exporter.endpoint("http"))
        self.addCleanup(health.close)
        health.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")

        def answered():
            for reader in readers:
                reader.recv(512)  # enough not to be cut for silence, too little to end
            return select.select([health], [], [], 0)[0]

        # Less than what ends a slow reader, a minute.
        wait_until(answered, "health answers beside slow readers", deadline=40)
        self.assertEqual(health.recv(12), b"HTTP/1.1 200")


class LifecycleTest(IntegrationTest):
    def test_quit_ends_the_process_in_order(self):
        for method in ("POST", "PUT"):
            with self.subTest(method):
                exporter = self.start_exporter("--web.enable-lifecycle")
                answer = exporter.request(method, "/-/quit")
                self.assertEqual(answer.text, "Requesting termination... Goodbye!")
                wait_until(lambda: exporter.process.poll() is not None, "the end of the process")
                self.assertEqual(exporter.process.returncode, 0)

    def test_reading_the_lifecycle_pages_does_nothing(self):
        exporter = self.start_exporter("--web.enable-lifecycle")
        for path in ("/-/quit", "/-/reload"):
            answer = exporter.get(path)
            self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(exporter.get("/-/ready").status, 200)

    def test_reload_is_answered_with_and_without_a_mapping_file(self):
        mapping = self.temp_dir() / "mapping.yml"
        mapping.write_text("mappings:\n")
        for flags in ((), (f"--statsd.mapping-config={mapping}",)):
            with self.subTest(flags):
                exporter = self.start_exporter("--web.enable-lifecycle", *flags)
                for method in ("POST", "PUT"):
                    answer = exporter.request(method, "/-/reload")
                    self.assertEqual((answer.status, answer.text), (200, "Requesting reload"))

    def test_reloads_are_counted_by_their_outcome(self):
        mapping = self.temp_dir() / "mapping.yml"
        mapping.write_text("mappings:\n")
        exporter = self.start_exporter("--web.enable-lifecycle", f"--statsd.mapping-config={mapping}")
        reloads = "statsd_exporter_config_reloads_total"
        exporter.request("POST", "/-/reload")
        exporter.wait_for_value(1, reloads, outcome="success")
        mapping.write_text("mappings: [unfinished\n")
        exporter.request("POST", "/-/reload")
        page = exporter.wait_for_value(1, reloads, outcome="failure")
        self.assertEqual(page.value(reloads, outcome="success"), 1)
        self.assertEqual(exporter.get("/-/healthy").status, 200)
