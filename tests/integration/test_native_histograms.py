"""Native histograms in a real Prometheus, which asks for protobuf when it may have them.

With --enable-feature=native-histograms it asks so for the whole page, ours included. Series that have
native buckets come as one series each, without their classic buckets.
"""

import math
import pathlib
import random
import re
import tempfile

from harness import Exporter, IntegrationTest
from real_prometheus import Prometheus
from senders import TcpSender

RULES = """\
mappings:
- match: native.*
  name: native_$1
  observer_type: histogram
- match: coarse.*
  name: coarse_$1
  observer_type: histogram
  histogram_options: {native_histogram_max_buckets: 20}
- match: classic.*
  name: classic_$1
  observer_type: histogram
  histogram_options:
    buckets: [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
    native_histogram_bucket_factor: 1
"""

OTHER_LINES = [
    b"requests:3|c|#env:prod",
    b"requests:1000000|c|#env:dev,region:eu",
    b"temperature:-3.25|g",
    b"infinite:inf|g",
    b"users:bob|s",
    b"latency:320|ms|#env:prod",
    b"latency:80.5|ms|@0.1",
    "values:1|c|#a:grün 😱,b:say \"hi\",c:back\\slash".encode(),
    b"native.signed:0|h",
    b"native.signed:-3:5:5:1e-300|h|#a:b",
    b"native.weighted:2|h|@0.01",
]

FACTOR = 1.1
SAMPLES = 20_000
QUANTILES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


def distributions():
    """Name -> samples in seconds, always the same."""
    source = random.Random(1)
    return {
        "uniform": [source.uniform(0.001, 10) for _ in range(SAMPLES)],
        "exponential": [source.expovariate(4) for _ in range(SAMPLES)],
        "bimodal": [
            abs(source.gauss(0.02, 0.003) if source.random() < 0.7 else source.gauss(4, 0.5))
            for _ in range(SAMPLES)
        ],
    }


def exact_quantile(ordered, quantile):
    return ordered[max(math.ceil(quantile * len(ordered)) - 1, 0)]


def readable(key):
    return sorted((name, str(value)) for name, value in key)


def without_target(labels):
    """A series as a key. Prometheus writes `le` and `quantile` of protobuf as 1.0, of text as 1."""
    kept = {name: value for name, value in labels.items() if name not in ("job", "instance")}
    for name in ("le", "quantile"):
        if name in kept:
            kept[name] = float(kept[name])
    return frozenset(kept.items())


class NativeHistogramTest(IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.samples = distributions()
        directory = tempfile.TemporaryDirectory(prefix="weir-")
        cls.addClassCleanup(directory.cleanup)
        path = pathlib.Path(directory.name) / "mapping.yml"
        path.write_text(RULES)
        cls.exporter = Exporter(f"--statsd.mapping-config={path}", "--statsd.set-window=1h")
        cls.addClassCleanup(cls.exporter.end)
        cls.exporter.wait_ready()
        cls.send()
        address = [cls.exporter.address("http")]
        cls.prometheus = Prometheus({"statsd": address}, "--enable-feature=native-histograms")
        cls.addClassCleanup(cls.prometheus.stop)
        cls.at = cls.prometheus.settled("statsd")

    @classmethod
    def send(cls):
        lines = list(OTHER_LINES)
        for name, values in cls.samples.items():
            for begin in range(0, len(values), 500):
                packed = ":".join(repr(value) for value in values[begin:begin + 500])
                lines += [f"{kind}.{name}:{packed}|h".encode() for kind in ("native", "coarse", "classic")]
        with TcpSender(cls.exporter.endpoint("tcp")) as sender:
            sender.send(lines)
        cls.exporter.wait_for(
            lambda page: page.value("statsd_exporter_lines_total") == len(lines), "all lines received"
        )

    def stored(self, promql='{job="statsd",__name__!~"up|scrape_.*"}'):
        return {without_target(labels): value for labels, value in self.prometheus.query(promql, self.at)}

    def stored_native(self, promql='{job="statsd"}'):
        found = self.prometheus.native_histograms(promql, self.at)
        return {without_target(labels): histogram for labels, histogram in found}

    def shown(self):
        """Series -> value of the text page, and the families of which Prometheus takes native buckets."""
        page = self.exporter.scrape()
        native = {
            name for name, kind in page.types.items()
            if kind == "histogram" and not name.startswith("classic_")
        }
        series = {}
        for (name, labels), value in page.samples.items():
            if re.sub("_(bucket|sum|count)$", "", name) not in native:
                series[without_target({"__name__": name, **dict(labels)})] = value
        return page, series, native

    def test_every_series_of_the_page_is_stored_with_its_value(self):
        page, series, native = self.shown()
        stored = self.stored()
        self.maxDiff = None
        self.assertEqual(sorted(map(readable, stored)), sorted(map(readable, series)))
        self.assertGreater(len(native), 7)
        users = {name for name, _ in page.user_samples()}
        compared = 0
        for key, value in series.items():
            name = dict(key)["__name__"]
            if name in users:
                same = stored[key] == value or math.isclose(stored[key], value, rel_tol=1e-12)
                self.assertTrue(same, f"{readable(key)}: {stored[key]}, not {value}")
                compared += 1
        self.assertGreater(compared, 50)

    def test_our_own_families_have_their_values(self):
        page, stored = self.exporter.scrape(), self.stored()
        for name in ("statsd_exporter_lines_total", "statsd_exporter_samples_total", "weir_families",
                     "statsd_exporter_loaded_mappings", "weir_samples_applied_total",
                     "statsd_exporter_tags_total"):
            self.assertEqual(stored[frozenset({("__name__", name)})], page.value(name), name)
        for labels in page.series("statsd_exporter_events_total"):
            key = without_target({"__name__": "statsd_exporter_events_total", **labels})
            self.assertEqual(stored[key], page.value("statsd_exporter_events_total", **labels))

    def test_every_native_series_has_the_count_and_sum_of_the_page(self):
        page, _, native = self.shown()
        found = self.stored_native()
        wanted = {
            (name, frozenset(labels.items()))
            for name in native for labels in page.series(name + "_count")
        }
        self.assertEqual(len(found), len(wanted))
        for name, labels in wanted:
            histogram = found[frozenset({("__name__", name), *labels})]
            count = page.value(name + "_count", **dict(labels))
            self.assertEqual(float(histogram["count"]), count)
            self.assertTrue(
                math.isclose(float(histogram["sum"]), page.value(name + "_sum", **dict(labels)))
            )
            in_buckets = sum(float(bucket[3]) for bucket in histogram["buckets"])
            self.assertEqual(in_buckets, count, name)

    def test_signs_zero_and_weights_are_in_their_buckets(self):
        found = self.stored_native()

        def buckets(labels):
            return [
                (float(low) <= value <= float(high), float(count))
                for value, (_, low, high, count) in zip(
                    labels.pop("values"), found[without_target(labels)]["buckets"]
                )
            ]

        self.assertEqual(
            buckets({"__name__": "native_signed", "a": "b", "values": (-3, 1e-300, 5)}),
            [(True, 1), (True, 1), (True, 2)],
        )
        self.assertEqual(buckets({"__name__": "native_signed", "values": (0,)}), [(True, 1)])
        self.assertEqual(buckets({"__name__": "native_weighted", "values": (2,)}), [(True, 100)])

    def test_quantiles_of_native_histograms_are_within_the_bucket_factor(self):
        for name, values in self.samples.items():
            ordered = sorted(values)
            for quantile in QUANTILES:
                with self.subTest(name, quantile=quantile):
                    found = self.quantile(quantile, f"native_{name}")
                    exact = exact_quantile(ordered, quantile)
                    self.assertLessEqual(max(found / exact, exact / found), FACTOR)

    def test_the_quantiles_of_a_sum_of_series_are_within_the_bucket_factor(self):
        together = sorted(value for values in self.samples.values() for value in values)
        names = "|".join(f"native_{name}" for name in self.samples)
        for quantile in QUANTILES:
            found = self.quantile(quantile, f'sum({{__name__=~"{names}"}})')
            exact = exact_quantile(together, quantile)
            self.assertLessEqual(max(found / exact, exact / found), FACTOR, quantile)

    def test_with_few_buckets_the_resolution_is_halved_until_they_suffice(self):
        for name, values in self.samples.items():
            [histogram] = self.stored_native(f"coarse_{name}").values()
            self.assertLessEqual(len(histogram["buckets"]), 20)
            factors = {round(float(high) / float(low), 6) for _, low, high, _ in histogram["buckets"]}
            self.assertEqual(len(factors), 1)
            factor = factors.pop()
            # One schema finer would have needed more than 20 buckets.
            finer = {math.ceil(math.log(value) / math.log(math.sqrt(factor))) for value in values}
            self.assertGreater(len(finer), 20)
            for quantile in QUANTILES:
                found = self.quantile(quantile, f"coarse_{name}")
                exact = exact_quantile(sorted(values), quantile)
                self.assertLessEqual(max(found / exact, exact / found), factor * (1 + 1e-6))

    def test_quantiles_of_classic_histograms_are_in_the_bucket_of_the_exact_answer(self):
        bounds = [0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
        for name, values in self.samples.items():
            ordered = sorted(values)
            for quantile in QUANTILES:
                found = self.quantile(quantile, f"classic_{name}_bucket")
                exact = exact_quantile(ordered, quantile)
                above = next(index for index, bound in enumerate(bounds) if exact <= bound)
                self.assertGreaterEqual(found, bounds[above - 1], f"{name} {quantile}")
                self.assertLessEqual(found, bounds[above], f"{name} {quantile}")

    def quantile(self, quantile, promql):
        [(_, value)] = self.prometheus.query(f"histogram_quantile({quantile}, {promql})", self.at)
        return value
