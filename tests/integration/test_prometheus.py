"""A real Prometheus stores from weir-exporter what it stores from statsd_exporter.

stored_series.txt holds what Prometheus 2.42 stored from statsd_exporter 0.30.0 that was sent LINES;
self_metrics.txt what statsd_exporter 0.30.0 showed of itself after SELF_METRIC_LINES (a value of `-`
varies). Each line is a series, a space and its value.
"""

import gzip
import math
import re

import page
from harness import HERE, Exporter, IntegrationTest
from real_prometheus import Prometheus
from senders import TcpSender

# The Accept header of Prometheus 2.42.
PROMETHEUS_ACCEPT = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
OPENMETRICS = "application/openmetrics-text"

LINES = [
    # plain types
    b"requests:1|c",
    b"requests:41|c",
    b"requests_total:7|c",
    b"fraction:0.1|c",
    b"fraction:0.2|c",
    b"million:1000000|c",
    b"large:9007199254740992|c",
    b"large:1|c",
    b"zero:0|c",
    b"plus:+5|c",
    b"temperature:21.5|g",
    b"temperature:+1|g",
    b"temperature:-3.25|g",
    b"below:0|g",
    b"below:-7|g",
    b"infinite:inf|g",
    b"tiny:1e-7|g",
    b"exponent:1.5e+3|g",
    b"latency:320|ms",
    b"latency:80.5|ms",
    b"size:1000000|h",
    b"ratio:0.25|d",
    *(b"spread:%d|ms" % value for value in range(1, 101)),
    # several values in a line
    b"several:1|c:2|c:3|c",
    b"packed:1:2:3|ms",
    b"packed.sizes:10:20|h|#env:prod",
    # sampling
    b"sampled:1|c|@0.1",
    b"sampled.third:1|c|@0.3",
    b"sampled.gauge:5|g|@0.5",
    b"sampled.timer:100|ms|@0.1",
    b"sampled.timer:300|ms",
    b"sampled.tagged:3|c|@0.5|#env:prod",
    # tags of every dialect
    b"tagged:1|c|#env:prod,region:eu-west-1",
    b"tagged:2|c|#region:eu-west-1,env:prod",
    b"tagged:4|c|#env:dev",
    b"tagged:8|c",
    b"influx,env=prod,region=eu:1|c",
    b"librato#env=prod,region=eu:1|c",
    b"signalfx[env=prod,region=eu].suffix:1|c",
    b"tagged.timer:5|ms|#env:prod",
    b"colon.value:1|c|#url:http://host/path",
    b"hash.key:1|c|##env:prod",
    b"twice:1|c|#env:first,env:second",
    b"solo:1|c|#env:prod,valueless",
    b"container:1|c|#env:prod|c:83c0a99c0a54c0c187f461c7980e9b57",
    b"one.empty:1|c|#a:,b:c",
    # escaping
    b"with.dots.and-dashes:1|c",
    b"with--two---dashes:1|c",
    b"0starts.with.digit:1|c",
    "naïve.größe:1|c".encode(),
    "emoji😱name:1|c".encode(),
    b"with space:1|c",
    b"UPPER.case:1|c",
    b"keys:1|c|#a.b:1,c-d:2,0e:3",
    "values:1|c|#a:grün 😱".encode(),
    b'quoted:1|c|#a:say "hi",b:back\\slash,c:\\n',
    b"slashes:1|c|#path:/var/run,query:a=b&c",
    # refused lines leave no trace
    b"no colon",
    b":1|c",
    b"no.type:1",
    b"wrong.type:1|x",
    b"wrong.value:abc|c",
    b"negative:-1|c",
    b"mixed,a=b:1|c|#c:d",
    # a name keeps the type it had first
    b"fixed:1|c",
    b"fixed:2|g",
    b"fixed:3|ms",
    b"the.end:1|c",
]

# Without sampled observations: statsd_exporter repeats them, and counts each repetition.
SELF_METRIC_LINES = [
    b"one:1|c",
    b"one:2|c|#env:prod",
    b"",
    b"two:1|g|#env:prod,solo",
    b"three:1:2:3|ms",
    b"three:4|h",
    b"several:1|c:2|c",
    b"sampled:1|c|@0.5",
    b"no colon",
    b"no.type:1",
    b"wrong.type:1|x",
    b"wrong.value:abc|c",
    b"mixed,a=b:1|c|#c:d",
    b"wrong.pack:1:2|x",
    b"empty.field:1|c||#a:b",
    b"negative:-1|c",
    b"one:1|g",
    b"one:1|ms",
    b"influx,a=b,c:1|c",
    b"the.end:1|c",
]
# Not compared by value: they tell of the process, of the build, or of timing.
VARYING = ("process_", "promhttp_", "statsd_exporter_build_info", "statsd_metric_mapper_",
           "statsd_exporter_event_queue_flushed_total")


def send(exporter, lines):
    with TcpSender(exporter.endpoint("tcp")) as sender:
        sender.send(lines)
    exporter.wait_for_value(1, "the_end")


def series_key(labels):
    """`name{label="value",...}` of a label set, without what Prometheus adds about the target."""
    kept = sorted(labels.items() - {("__name__", labels["__name__"])})
    texts = [f'{name}="{value}"' for name, value in kept if name not in ("job", "instance")]
    return labels["__name__"] + ("{" + ",".join(texts) + "}" if texts else "")


def read_table(name):
    """Series -> value, or None where it varies, of a file beside this one."""
    rows = [line.rsplit(" ", 1) for line in (HERE / name).read_text().splitlines()]
    return {series: None if value == "-" else float(value) for series, value in rows}


def label_names(series):
    """(name, its label names) of a series key."""
    name, _, labels = series.partition("{")
    return name, tuple(re.findall(r'(\w+)="', labels))


def stored_series(prometheus, job, at):
    """Series -> value of everything a client sent, as Prometheus stored it."""
    own = "up|scrape_.*|" + "|".join(prefix + ".*" for prefix in page.OWN)
    return {
        series_key(labels): value
        for labels, value in prometheus.query(f'{{job="{job}", __name__!~"{own}"}}', at)
    }


def self_metrics(exporter):
    """Series of the exporter itself -> value, or None where the value varies."""
    shown = {}
    for (name, labels), value in exporter.scrape().samples.items():
        if name.startswith(("statsd_", "process_", "promhttp_")):
            labels = dict(labels)
            if name == "statsd_exporter_build_info":
                labels = dict.fromkeys(labels, "")
            shown[series_key({"__name__": name, **labels})] = (
                None if name.startswith(VARYING) else value
            )
    return shown


class PrometheusTest(IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.table = read_table("stored_series.txt")
        cls.text = Exporter()
        cls.addClassCleanup(cls.text.end)
        cls.openmetrics = Exporter("--web.enable-openmetrics")
        cls.addClassCleanup(cls.openmetrics.end)
        for exporter in (cls.text, cls.openmetrics):
            send(exporter.wait_ready(), LINES)
        cls.prometheus = Prometheus({
            "statsd": [cls.text.address("http")],
            "openmetrics": [cls.openmetrics.address("http")],
        })
        cls.addClassCleanup(cls.prometheus.stop)
        cls.settled = {job: cls.prometheus.settled(job) for job in ("statsd", "openmetrics")}

    def check_stored(self, job):
        stored = stored_series(self.prometheus, job, self.settled[job])
        self.maxDiff = None
        self.assertEqual(sorted(stored), sorted(self.table), "the series")
        for series, value in self.table.items():
            close = math.isclose(stored[series], value, rel_tol=1e-12)
            self.assertTrue(close or stored[series] == value, f"{series}: {stored[series]}, not {value}")

    def test_prometheus_stores_the_same_series(self):
        self.check_stored("statsd")

    def test_prometheus_stores_the_same_series_from_openmetrics(self):
        self.check_stored("openmetrics")

    def test_the_series_are_found_by_name(self):
        names = {}
        for series in self.table:
            name = series.split("{")[0]
            names[name] = names.get(name, 0) + 1
        counted = {
            labels["__name__"]: count
            for labels, count in self.prometheus.query(
                'count by (__name__) ({job="statsd"})', self.settled["statsd"]
            )
        }
        self.assertEqual({name: counted.get(name) for name in names}, names)

    def test_the_sum_by_name_shows_every_counter(self):
        sums = {
            labels["__name__"]: value
            for labels, value in self.prometheus.query(
                'sum by (__name__) ({job="statsd"})', self.settled["statsd"]
            )
        }
        self.assertEqual(sums["requests"], 42)
        self.assertEqual(sums["tagged"], 15)
        self.assertEqual(sums["spread_count"], 100)

    def test_openmetrics_is_answered_only_when_it_is_enabled(self):
        for exporter, expected in ((self.text, "text/plain"), (self.openmetrics, OPENMETRICS)):
            answer = exporter.get("/metrics", {"Accept": PROMETHEUS_ACCEPT})
            self.assertTrue(answer.headers["Content-Type"].startswith(expected))
            self.assertEqual(answer.text.endswith("# EOF\n"), expected == OPENMETRICS)
        plain = self.openmetrics.get("/metrics", {"Accept": "*/*"})
        self.assertTrue(plain.headers["Content-Type"].startswith("text/plain; version=0.0.4"))

    def test_gzip_holds_the_same_page(self):
        headers = {"Accept": PROMETHEUS_ACCEPT, "Accept-Encoding": "gzip"}
        answer = self.text.get("/metrics", headers)
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        unpacked = page.parse(gzip.decompress(answer.body).decode())
        plain = self.text.get("/metrics")
        self.assertIsNone(plain.headers["Content-Encoding"])
        self.assertEqual(unpacked.user_text(), page.parse(plain.text).user_text())

    def test_series_stand_in_the_same_order_in_every_scrape(self):
        self.assertEqual(self.text.scrape().user_text(), self.text.scrape().user_text())


class SelfMetricsTest(IntegrationTest):
    def test_the_metrics_about_the_exporter_keep_their_names_labels_and_meanings(self):
        exporter = self.start_exporter()
        send(exporter, SELF_METRIC_LINES)
        shown = self_metrics(exporter)
        table = read_table("self_metrics.txt")
        for series, value in table.items():
            with self.subTest(series):
                self.assertIn(series, shown)
                if value is not None:
                    self.assertEqual(shown[series], value)

    def test_no_metric_of_statsd_exporter_has_other_labels(self):
        exporter = self.start_exporter()
        send(exporter, SELF_METRIC_LINES)
        table = read_table("self_metrics.txt")
        names = {name for name in map(label_names, table) if name[0].startswith("statsd_")}
        own = {name for name, _ in names}
        for shown in map(label_names, self_metrics(exporter)):
            if shown[0] in own:
                self.assertIn(shown, names)
