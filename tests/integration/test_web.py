"""The pages of the web port, and what may be asked of them."""

import http.client

from harness import IntegrationTest, wait_until


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
