"""What a client, or a mapping file, can end statsd_exporter with, or its page: each by name, one by one.

A process of its own for each vector: it lives, what came before and after counts, and the page is one that a
scraper reads. docs/differences.md says what becomes of each instead.
"""

import subprocess

from harness import EXPORTER, IntegrationTest
from senders import TcpSender

HISTOGRAMS = "defaults: {observer_type: histogram}\n"


class CrashVectorTest(IntegrationTest):
    def start(self, mapping=None):
        flags = []
        if mapping is not None:
            path = self.temp_dir() / "mapping.yml"
            path.write_text(mapping)
            flags.append(f"--statsd.mapping-config={path}")
        return self.start_exporter(*flags)

    def page_after(self, lines, mapping=None):
        """The page once these lines, and good ones around them, have come to their end."""
        exporter = self.start(mapping)
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send([b"before:1|c", *lines, b"after:1|c"])
            page = exporter.wait_for_value(1, "after")
        self.assertEqual(page.value("before"), 1)
        self.assertEqual(
            page.value("statsd_exporter_samples_total"),
            page.value("weir_samples_applied_total") + page.sum("weir_samples_dropped_total"),
        )
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=page.text, capture_output=True, text=True
        )
        self.assertIn(checked.returncode, (0, 3), checked.stderr)  # 3: lint about the names
        return page

    def check_refused(self, lines, reason, mapping=None, kept=()):
        page = self.page_after(lines, mapping)
        self.assertEqual(page.value("statsd_exporter_events_error_total", reason=reason), len(lines) - len(kept))
        self.assertEqual({name for name, _ in page.user_samples()}, {"before", "after", *kept})

    def check_mapping_refused(self, text, *words):
        path = self.temp_dir() / "mapping.yml"
        path.write_text(text)
        done = subprocess.run(
            [EXPORTER, "--check-config", f"--statsd.mapping-config={path}"], capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        for word in (str(path), *words):
            self.assertIn(word, done.stderr)

    # Those that end the process of the peer.

    def test_vector_1_a_bracket_that_closes_before_it_opens(self):
        page = self.page_after([b"][:1|c", b"x]y[:2|c", b"x]y[a=b]:2|c"])
        self.assertEqual(page.value("weir_samples_applied_total"), 5)
        self.assertEqual(page.value("__"), 1)

    def test_vector_2_a_quantile_label_on_a_summary(self):
        self.check_refused([b"s:1|ms|#quantile:1", b"s:1|h|#a:b,quantile:0.5"], "illegal_label_name")

    def test_vector_3_an_le_label_on_a_histogram(self):
        self.check_refused([b"h:1|ms|#le:1", b"h:1|d|#le:+Inf"], "illegal_label_name", HISTOGRAMS)

    def test_vector_4_a_tiny_sampling_rate_of_an_observer(self):
        rates = (b"1e-5", b"1e-9", b"1e-18")
        page = self.page_after([b"r%d:1|ms|@%s" % line for line in enumerate(rates)])
        # 99,999, as the peer's truncation has it, and each is one sample; no client sampled 1e18 away.
        self.assertEqual(page.value("r0_count"), 99_999)
        self.assertAlmostEqual(page.value("r1_count"), 1e9, delta=1)
        self.assertEqual(page.value("statsd_exporter_events_error_total", reason="void_sample_rate"), 1)
        self.assertEqual(page.value("weir_samples_applied_total"), 2 + 2)

    def test_vector_5_buckets_that_are_not_sorted(self):
        self.check_mapping_refused(
            "mappings:\n- {match: a, name: bb, observer_type: histogram, histogram_options: {buckets: [2, 1]}}\n",
            ":2:", "buckets",
        )  # fmt: skip

    def test_vector_5_a_negative_max_age(self):
        self.check_mapping_refused(
            "mappings:\n- {match: a, name: bb, observer_type: summary, summary_options: {max_age: -1s}}\n",
            ":2:", "max_age",
        )  # fmt: skip

    # Those after which every page of the peer is an error.

    def test_vector_6_an_observer_and_one_named_as_its_count_or_sum(self):
        for first, second in ((b"foo", b"foo.count"), (b"foo", b"foo_sum"), (b"foo.count", b"foo")):
            with self.subTest(first=first, second=second):
                page = self.page_after([first + b":1|ms", second + b":2|ms"])
                self.assertEqual(page.sum("statsd_exporter_events_conflict_total"), 1)
                self.assertEqual(page.value(first.decode().replace(".", "_") + "_count"), 1)

    def test_vector_7_a_label_that_begins_with_two_underscores(self):
        self.check_refused([b"m:1|c|#__x:1", b"m:1|g|#..x:1", b"m:1|ms|#__name__:x"], "illegal_label_name")

    def test_vector_8_an_empty_name(self):
        self.check_refused([b",a=b:1|c", b"#a=b:1|g", b"[a=b]:1|ms"], "empty_metric_name")

    def test_vector_9_a_name_of_the_exporters_own(self):
        own = ("statsd_exporter_lines_total", "process_open_fds", "promhttp_metric_handler_requests_total",
               "weir_series", "statsd_exporter_build_info")  # fmt: skip
        self.check_refused([name.encode() + b":1|g" for name in own], "reserved_name")

    def test_vector_9_a_go_metric_is_a_name_like_any_other(self):
        page = self.page_after([b"go_goroutines:5|g"])
        self.assertEqual(page.value("go_goroutines"), 5)

    def test_vector_10_one_name_with_two_help_texts(self):
        page = self.page_after(
            [b"one.a:1|c", b"two.b:2|c"],
            "mappings:\n"
            "- {match: 'one.*', name: same, help: first, labels: {one: $1}}\n"
            "- {match: 'two.*', name: same, help: second, labels: {two: $1}}\n",
        )
        self.assertEqual(page.value("same", one="a") + page.value("same", two="b"), 3)
        self.assertEqual(page.text.count("# HELP same "), 1)

    def test_vector_11_a_quantile_above_one_in_the_mapping(self):
        self.check_mapping_refused(
            "mappings:\n- {match: a, name: bb, observer_type: summary,"
            " summary_options: {quantiles: [{quantile: 1.5, error: 0.1}]}}\n",
            ":2:", "quantile",
        )  # fmt: skip

    def test_vector_12_an_empty_label_and_none_are_one_series(self):
        page = self.page_after([b"foo:1|c", b"foo:2|c|#xx:"])
        self.assertEqual(page.value("foo"), 3)
