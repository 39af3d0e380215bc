"""Mapping files of real projects, and files of every shape, give the series that statsd_exporter gives.

The projects' files belong to them and are not in the repository: $WEIR_MAPPING_CORPUS names their
directory. Beside N-NAME.yml stands N-NAME.tsv: kind, StatsD name, and what statsd_exporter's mapper
answers.
"""

import json
import os
import pathlib
import re

from harness import ROOT
from mapped import MappedTest

CORPUS = pathlib.Path(
    os.environ.get("WEIR_MAPPING_CORPUS", ROOT.parent / "shared" / "data" / "mappings")
)
LINES = {"counter": "%s:2|c", "gauge": "%s:2|g", "observer": "%s:2|h"}
ANSWER = re.compile(
    r'"(?P<family>.*)" \{(?P<labels>.*)\} observer=(?P<observer>\w*) ttl=\S+'
    r" scale=\{(?P<scaled>\w+) (?P<scale>\S+)\}(?: buckets=\[(?P<buckets>.*)\])?$"
)
LABEL = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*")')
# statsd_exporter drops it: a longer rule earlier in the file shadows the rule that takes it.
SHADOWED = "zuul.nodepool"


def escaped(name):
    """A StatsD name as Prometheus shows it."""
    name = re.sub(r"[^a-zA-Z0-9_]", "_", re.sub(r"-+", "-", name))
    return "_" + name if name[:1].isdigit() else name


class Answers:
    """What a page must show after a line of each row, of one kind."""

    def __init__(self, kind):
        self.kind = kind
        self.series = {}  # (name, labels) -> value
        self.types = {}
        self.bounds = {}  # family -> the bounds of its buckets, as text

    def add(self, name, answer):
        if name == SHADOWED:
            return self._add(escaped(name), {}, 1, "")
        if answer == "drop":
            return None
        if answer.startswith("unmapped -> "):
            return self._add(answer.removeprefix("unmapped -> "), {}, 1, "")
        part = ANSWER.match(answer)
        if not part:
            raise AssertionError(f"not an answer: {answer}")
        labels = {key: json.loads(value) for key, value in LABEL.findall(part["labels"])}
        family = escaped(part["family"])
        if self.kind == "observer" and part["observer"] == "histogram":
            self.bounds[family] = [*part["buckets"].split(), "+Inf"]
        scale = float(part["scale"]) if part["scaled"] == "true" else 1
        return self._add(family, labels, scale, part["observer"])

    def _add(self, family, labels, scale, observer):
        kind = (observer or "summary") if self.kind == "observer" else self.kind
        self.types[family] = kind
        name = family + "_sum" if self.kind == "observer" else family
        key = (name, frozenset(labels.items()))
        before = 0 if kind == "gauge" else self.series.get(key, 0)
        self.series[key] = before + 2 * scale


class CorpusTest(MappedTest):
    def setUp(self):
        super().setUp()
        if not CORPUS.is_dir():
            self.skipTest(f"no mapping files in {CORPUS}; set WEIR_MAPPING_CORPUS")

    def read_rows(self, path):
        rows = [line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#")]
        self.assertGreater(len(rows), 20)
        return rows

    def check_kind(self, rules, rows, kind):
        answers = Answers(kind)
        names = [(name, answer) for row_kind, name, answer in rows if row_kind == kind]
        for name, answer in names:
            answers.add(name, answer)
        exporter = self.start_exporter(f"--statsd.mapping-config={rules}")
        page = self.send(exporter, *(LINES[kind] % name for name, _ in names))
        ends = ("_sum",) if kind == "observer" else ("",)
        shown = {
            key: value for key, value in page.user_samples().items()
            if key[0].endswith(ends) and "quantile" not in dict(key[1])
        }
        self.maxDiff = None
        self.assertEqual(
            sorted(map(str, set(shown) ^ set(answers.series))), [], "series on one side only"
        )
        for key, value in answers.series.items():
            self.assertAlmostEqual(shown[key], value, delta=1e-9 * value, msg=str(key))
        self.assertEqual(page.user_families(), answers.types)
        for family, bounds in answers.bounds.items():
            buckets = page.series(family + "_bucket")
            self.assertEqual({one["le"] for one in buckets}, set(bounds), family)
        self.assertEqual(page.sum("statsd_exporter_events_conflict_total"), 0)

    def test_real_mapping_files_give_the_series_of_statsd_exporter(self):
        files = sorted(CORPUS.glob("*.yml"))
        self.assertGreater(len(files), 3)
        for rules in files:
            rows = self.read_rows(rules.with_suffix(".tsv"))
            for kind in LINES:
                with self.subTest(rules.name, kind=kind):
                    self.check_kind(rules, rows, kind)


class ShapesTest(MappedTest):
    """Files in the shapes that statsd_exporter's manual explains; the pages are those of its 0.30.0."""

    def check(self, rules, lines, wanted):
        page = self.send(self.start_mapped(rules), *lines)
        shown = [line for line in page.user_text().splitlines() if "quantile=" not in line]
        self.assertEqual(sorted(shown), sorted(wanted.split("\n")[:-1]))

    def test_globs_with_labels(self):
        self.check(
            """\
mappings:
- match: "shop.worker.*.*.*"
  name: "worker_jobs_total"
  labels:
    queue: "$1"
    step: "$2"
    result: "$3"
    app: "shop_worker"
- match: "*.login.*.*"
  name: "logins_total"
  labels:
    method: "$2"
    result: "$3"
    app: "${1}_site"
""",
            [
                "shop.worker.MailQueue.render.done:1|c",
                "shop.worker.MailQueue.render.done:2|c",
                "big_shop.login.password.wrong:1|c",
                "shop.web-site.cart.size:1|c",
            ],
            """\
worker_jobs_total{app="shop_worker",queue="MailQueue",result="done",step="render"} 3
logins_total{app="big_shop_site",method="password",result="wrong"} 1
shop_web_site_cart_size 1
""",
        )

    def test_references_in_names(self):
        self.check(
            """\
mappings:
- match: shop.*.*.total
  name: "${2}_total"
  labels: {part: "$1"}
- match: site\\.(\\w+)\\.(\\w+)\\.total
  match_type: regex
  name: "${2}_total"
  labels: {part: "$1"}
""",
            ["shop.cart.clicks.total:1|c", "site.cart.clicks.total:2|c", "site.help.views.total:4|c"],
            """\
clicks_total{part="cart"} 3
views_total{part="help"} 4
""",
        )

    def test_regular_expressions(self):
        self.check(
            """\
mappings:
- match: '(.*)\\.(.*)--(.*)\\.answer\\.(.*)\\.sum'
  match_type: regex
  name: "answers_total"
  labels:
    machine: "$1"
    program: "$2"
    scheme: "$3"
    status: "$4"
- match: "shop\\\\.([^.]+)\\\\.(.+)_time$"
  match_type: regex
  name: ${2}_seconds
  labels: {machine: $1}
""",
            ["a.b.run--http.answer.500.sum:4|c", "shop.db1.query_time:250|ms", "shop.db1.x.sum:1|c"],
            """\
answers_total{machine="a.b",program="run",scheme="http",status="500"} 4
query_seconds_sum{machine="db1"} 0.25
query_seconds_count{machine="db1"} 1
shop_db1_x_sum 1
""",
        )

    def test_timers_as_histograms_and_as_summaries(self):
        self.check(
            """\
defaults:
  observer_type: summary
  summary_options:
    quantiles:
    - quantile: 0.99
      error: 0.001
    max_age: 30s
    age_buckets: 3
    buf_cap: 1000
  ttl: 1h
mappings:
- match: "wait.*.*"
  observer_type: histogram
  histogram_options:
    buckets: [ 0.02, 0.03, 0.06, 0.2 ]
    native_histogram_bucket_factor: 1.2
    native_histogram_max_buckets: 100
  name: "wait_seconds"
  labels: {what: $1, who: $2}
- match: "size.*"
  name: "size"
  labels: {what: $1}
""",
            ["wait.call.me:20|ms", "wait.call.me:90|ms", "size.x:7|d", "other:40|ms"],
            """\
wait_seconds_bucket{what="call",who="me",le="0.02"} 1
wait_seconds_bucket{what="call",who="me",le="0.03"} 1
wait_seconds_bucket{what="call",who="me",le="0.06"} 1
wait_seconds_bucket{what="call",who="me",le="0.2"} 2
wait_seconds_bucket{what="call",who="me",le="+Inf"} 2
wait_seconds_sum{what="call",who="me"} 0.11
wait_seconds_count{what="call",who="me"} 2
size_sum{what="x"} 7
size_count{what="x"} 1
other_sum 0.04
other_count 1
""",
        )

    def test_kinds_scales_and_drops(self):
        self.check(
            """\
mappings:
- match: "shop.seats.*"
  name: "seats_sold"
  match_metric_type: counter
  labels: {room: $1}
- match: "shop.seats.*"
  name: "seats_free"
  match_metric_type: gauge
  honor_labels: true
  labels: {room: $1}
- match: "size.*.kb"
  name: "size_bytes"
  scale: 1024
  labels: {of: $1}
- match: "kept.*"
  name: "kept"
  labels: {what: $1}
- match: "."
  match_type: regex
  action: drop
  name: "dropped"
""",
            [
                "shop.seats.one:1|c|#room:tag",
                "shop.seats.one:5|g|#room:tag",
                "shop.seats.one:5|ms",
                "size.disk.kb:3|g",
                "kept.x:1|c|@0.5",
                "anything.else:1|c",
            ],
            """\
seats_sold{room="one"} 1
seats_free{room="tag"} 5
size_bytes{of="disk"} 3072
kept{what="x"} 2
""",
        )

    def test_a_file_in_words_of_before(self):
        self.check(
            """\
defaults:
  timer_type: histogram
  buckets: [.025, .1, 1 ]
mappings:
- match: old.*
  timer_type: "histogram"
  buckets: [1]
  name: "old"
  labels: {what: $1}
""",
            ["old.x:500|ms", "other:50|ms"],
            """\
old_bucket{what="x",le="1"} 1
old_bucket{what="x",le="+Inf"} 1
old_sum{what="x"} 0.5
old_count{what="x"} 1
other_bucket{le="0.025"} 0
other_bucket{le="0.1"} 1
other_bucket{le="1"} 1
other_bucket{le="+Inf"} 1
other_sum 0.05
other_count 1
""",
        )
