"""Mapping files: every key of the manual on a page, several files, directories, and TTLs."""

import re
import time

from harness import ROOT
from mapped import MappedTest
from senders import UdpSender

# Every key that docs/mapping.md has in its tables.
EVERY_KEY = """\
defaults:
  observer_type: histogram
  match_type: glob
  glob_disable_ordering: false
  ttl: 1h
  summary_options: {quantiles: [{quantile: 0.5, error: 0.01}], max_age: 1h, age_buckets: 3, buf_cap: 99}
  histogram_options:
    buckets: [1, 10]
    native_histogram_bucket_factor: 1.5
    native_histogram_max_buckets: 50
mappings:
- match: web.*.hits
  name: web_hits_total
  help: Hits by site.
  labels: {site: $1, whole: $0}
- match: queue_*.lag
  match_type: glob
  match_metric_type: gauge
  name: queue_lag_seconds
  scale: 0.001
  ttl: 0
  labels: {queue: $1}
- match: request
  match_labels: {env: "prod-*"}
  name: requests_total
  honor_labels: true
  drop_labels: [pod]
  rename_labels: {http.code: code}
  labels: {env: none, site: shop}
- match: request
  action: drop
  name: dropped
- match: batch
  name: batch_seconds
  observer_type: summary
  summary_options: {quantiles: [{quantile: 0.9, error: 0.01}]}
- match: fetch
  name: fetch_seconds
  histogram_options: {buckets: [0.1, 0.5]}
- match: pool
  name: pool_in_use
  as: gauge
- match: '(\\w+)\\.(\\d)\\d\\d$'
  match_type: regex
  name: ${1}_responses_total
  labels: {class: "${2}xx"}
"""

EVERY_KEY_LINES = (
    "web.shop.hits:3|c",
    "queue_mail.lag:1500|g",
    "queue_mail.lag:2|c",
    "request:1|c|#env:prod-eu,pod:a,http.code:200",
    "request:1|c|#env:prod-eu,pod:b,http.code:200",
    "request:1|c|#env:dev",
    "batch:2000|ms",
    "fetch:300|ms",
    "pool:5|c",
    "pool:-2|c",
    "app.api.404:1|c",
    "other:5|h|#env:dev",
)

EVERY_KEY_PAGE = """\
# HELP api_responses_total Received over StatsD; no rule gives it a help text.
# TYPE api_responses_total counter
api_responses_total{class="4xx"} 1
# HELP batch_seconds Received over StatsD; no rule gives it a help text.
# TYPE batch_seconds summary
batch_seconds{quantile="0.9"} 2
batch_seconds_sum 2
batch_seconds_count 1
# HELP fetch_seconds Received over StatsD; no rule gives it a help text.
# TYPE fetch_seconds histogram
fetch_seconds_bucket{le="0.1"} 0
fetch_seconds_bucket{le="0.5"} 1
fetch_seconds_bucket{le="+Inf"} 1
fetch_seconds_sum 0.3
fetch_seconds_count 1
# HELP other Received over StatsD; no rule gives it a help text.
# TYPE other histogram
other_bucket{env="dev",le="1"} 0
other_bucket{env="dev",le="10"} 1
other_bucket{env="dev",le="+Inf"} 1
other_sum{env="dev"} 5
other_count{env="dev"} 1
# HELP pool_in_use Received over StatsD; no rule gives it a help text.
# TYPE pool_in_use gauge
pool_in_use 3
# HELP queue_lag_seconds Received over StatsD; no rule gives it a help text.
# TYPE queue_lag_seconds gauge
queue_lag_seconds{queue="mail"} 1.5
# HELP queue_mail_lag Received over StatsD; no rule gives it a help text.
# TYPE queue_mail_lag counter
queue_mail_lag 2
# HELP requests_total Received over StatsD; no rule gives it a help text.
# TYPE requests_total counter
requests_total{code="200",env="prod-eu",site="shop"} 2
# HELP web_hits_total Hits by site.
# TYPE web_hits_total counter
web_hits_total{site="shop",whole="web.shop.hits"} 3
"""


class EveryKeyTest(MappedTest):
    def test_every_key_shows_on_the_page(self):
        exporter = self.start_mapped(EVERY_KEY)
        page = self.send(exporter, *EVERY_KEY_LINES)
        self.check_page(page, EVERY_KEY_PAGE)
        self.assertEqual(page.value("statsd_exporter_loaded_mappings"), 8)
        self.assertEqual(page.value("statsd_exporter_events_actions_total", action="map"), 9)
        self.assertEqual(page.value("statsd_exporter_events_actions_total", action="drop"), 1)
        self.assertEqual(page.value("statsd_exporter_events_unmapped_total"), 2)
        self.assertEqual(page.value("weir_samples_dropped_total", reason="mapping_rule"), 1)

    def test_every_key_shows_on_the_page_of_several_threads(self):
        exporter = self.start_mapped(EVERY_KEY, "--threads=3")
        self.check_page(self.send(exporter, *EVERY_KEY_LINES), EVERY_KEY_PAGE)

    def test_no_key_of_the_manual_is_missing_here(self):
        manual = (ROOT / "docs" / "mapping.md").read_text()
        keys = set(re.findall(r"^\| `(\w+)` \|", manual, re.MULTILINE))
        self.assertGreater(len(keys), 20)
        here = set(re.findall(r"(\w+):", EVERY_KEY))
        self.assertEqual(sorted(keys - here), [])


class SeveralFilesTest(MappedTest):
    FIRST = """\
defaults: {ttl: 1h, observer_type: histogram, histogram_options: {buckets: [1]}}
mappings:
- match: a.*
  name: from_first
  labels: {letter: $1}
"""
    SECOND = """\
defaults: {observer_type: summary, summary_options: {quantiles: [{quantile: 0.5, error: 0.05}]}}
mappings:
- match: a.*
  name: never
- match: b.*
  name: from_second
"""
    LINES = ("a.x:2|h", "b.x:2|h", "unmapped:2|h")
    PAGE = """\
# HELP from_first Received over StatsD; no rule gives it a help text.
# TYPE from_first histogram
from_first_bucket{letter="x",le="1"} 0
from_first_bucket{letter="x",le="+Inf"} 1
from_first_sum{letter="x"} 2
from_first_count{letter="x"} 1
# HELP from_second Received over StatsD; no rule gives it a help text.
# TYPE from_second summary
from_second{quantile="0.5"} 2
from_second_sum 2
from_second_count 1
# HELP unmapped Received over StatsD; no rule gives it a help text.
# TYPE unmapped histogram
unmapped_bucket{le="1"} 0
unmapped_bucket{le="+Inf"} 1
unmapped_sum 2
unmapped_count 1
"""

    def check(self, *paths):
        exporter = self.start_exporter(*(f"--statsd.mapping-config={path}" for path in paths))
        page = self.send(exporter, *self.LINES)
        self.check_page(page, self.PAGE)
        self.assertEqual(page.value("statsd_exporter_loaded_mappings"), 3)

    def test_files_work_as_one_in_the_order_of_the_flags(self):
        self.check(self.write(self.FIRST, "z.yml"), self.write(self.SECOND, "a.yml"))

    def test_a_directory_gives_its_files_in_name_order(self):
        self.write(self.SECOND, "20-second.conf")
        self.write(self.FIRST, "10-first.yaml")
        self.write("no: mapping file", "README.md")
        self.write("nor: this", ".hidden.yml")
        self.check(self.directory)

    def test_files_and_directories_may_be_mixed(self):
        (self.directory / "rules").mkdir()
        self.write(self.SECOND, "rules/second.yml")
        self.check(self.write(self.FIRST, "first"), self.directory / "rules")


class TtlTest(MappedTest):
    """Series go between TTL and TTL + 1 s after their last sample.

    The lower bound is exact. For the upper one a busy machine has SLACK_SECONDS.
    """

    SLACK_SECONDS = 20

    def check_expiry(self, exporter, line, series, ttl):
        """Sends the line and sees the series come and go."""
        sent = time.monotonic()
        page = self.send(exporter, line)
        received = time.monotonic()
        last_present = sent if page.get(series) is None else received
        while True:
            asked = time.monotonic()
            present = exporter.scrape().get(series) is not None
            if not present:
                break
            last_present = asked
            self.assertLess(asked, received + ttl + 1 + self.SLACK_SECONDS, f"{series} does not go")
            time.sleep(0.01)
        self.assertGreaterEqual(time.monotonic() - sent, ttl, "gone too early")
        self.assertLessEqual(last_present - received, ttl + 1 + self.SLACK_SECONDS)

    def test_a_series_goes_after_its_ttl_and_its_type_is_free_again(self):
        exporter = self.start_mapped("mappings: [{match: a, name: short, ttl: 1s}]")
        self.check_expiry(exporter, "a:5|c", "short", ttl=1)
        self.check_expiry(exporter, "a:7|g", "short", ttl=1)
        page = self.send(exporter, "a:320|ms")
        self.assertEqual(page.value("weir_samples_applied_total"), 3)
        self.assertEqual(page.sum("statsd_exporter_events_conflict_total"), 0)

    def test_samples_keep_a_series_alive(self):
        exporter = self.start_mapped("mappings: [{match: a, name: fed, ttl: 3s}]")
        begin = time.monotonic()
        sent = 0
        with UdpSender(exporter.endpoint("udp")) as sender:
            while time.monotonic() < begin + 5:
                asked = time.monotonic()
                sender.send([b"a:1|c"])
                sent += 1
                exporter.wait_for_value(sent, "fed")
                if time.monotonic() - asked > 2:
                    self.skipTest("this machine is too busy to send a sample every two seconds")

    def test_a_default_ttl_spares_the_series_that_switch_it_off(self):
        exporter = self.start_mapped(
            "mappings: [{match: stays, name: stays, ttl: 0}, {match: long, name: long, ttl: 1h}]",
            "--statsd.default-ttl=1s",
        )
        self.send(exporter, "stays:1|c", "long:1|c")
        self.check_expiry(exporter, "unmapped:1|c", "unmapped", ttl=1)
        self.assertEqual(exporter.scrape().user_families(), {"long": "counter", "stays": "counter"})

    def test_the_ttl_of_the_file_comes_before_that_of_the_flag(self):
        exporter = self.start_mapped(
            "defaults: {ttl: 1h}\nmappings: [{match: short, name: short, ttl: 1s}]",
            "--statsd.default-ttl=100ms",
        )
        self.send(exporter, "unmapped:1|c")
        self.check_expiry(exporter, "short:1|c", "short", ttl=1)
        self.assertEqual(exporter.scrape().user_families(), {"unmapped": "counter"})

    def test_the_default_ttl_needs_no_mapping_file(self):
        exporter = self.start_exporter("--statsd.default-ttl=1s")
        self.check_expiry(exporter, "a:1|ms", "a_count", ttl=1)
        self.assertEqual(exporter.scrape().value("weir_families"), 0)
