"""The composed demo: real containers that are killed, restarted and cut off while requests are counted.

A request is two lines: a counter and a timer. So what is missing in the end can be added up: the lines
that the router took, less those that exporters read and Prometheus scraped.
"""

import collections
import json
import re
import unittest

import counted
from engine import ROOT, Cluster, wait_until

ROUND_SECONDS = 20
LINES_PER_REQUEST = 2
SUM = re.compile(r"requests served (\d+), counted (\d+)")
URLS = ("http://prometheus:9090", "http://ruby:8000", "http://python:8000")

TAKEN = "weir_downstream_taken_lines_total"
READ = 'weir_lines_total{verdict!="empty"%s}'
COUNTED = (TAKEN, READ % "", "demo_requests_total", "demo_request_seconds_count")
OUT = 'weir_downstream_in_ring{downstream="%s"} == 0'
IN = 'weir_downstream_in_ring{downstream="%s"} == 1'
# For three seconds the router has placed nothing on it.
AT_REST = (
    'max_over_time(weir_downstream_in_ring{downstream="%s"}[3s]) == 0'
    ' and changes(weir_downstream_taken_lines_total{downstream="%s"}[3s]) == 0'
)


class Round:
    """Requests of the load generator's container, and what becomes of their lines.

    `node` is the exporter that has most to lose.
    """

    def __init__(self, cluster, prometheus):
        self._prometheus = prometheus
        # What was sent before, by a load generator that has just been stopped, is none of its lines.
        prometheus.at_rest(lambda: [prometheus.value(f"sum({one})") for one in COUNTED])
        (labels, _), *_ = prometheus.query(f"topk(1, {counted.BY_NODE})")
        self.node = labels["instance"]
        self.service = f"exporter-{self.node}"
        self._taken = prometheus.value(f"sum({TAKEN})")
        self._taken_by_node = prometheus.value(f'{TAKEN}{{downstream="{self.node}"}}')
        self._read = counted.Count(prometheus, READ % "")
        self._read_by_node = counted.Count(prometheus, READ % f',instance="{self.node}"')
        self._timed = counted.Count(prometheus, "demo_request_seconds_count")
        self._load = cluster.begin(
            "run", "--rm", "-T", "load", "--rounds=1", f"--seconds={ROUND_SECONDS}", *URLS
        )

    def wait_flowing(self):
        wait_until(lambda: self._timed.read().total() > 500, "requests are timed")
        wait_until(lambda: self._read_by_node.read().total() > 50, "the node gets lines")

    def is_spent(self):
        """Whether Prometheus has stored all that the node was sent, and no more will come."""
        if not self._prometheus.query(AT_REST % (self.node, self.node)):
            return False
        taken = self._prometheus.value(f'{TAKEN}{{downstream="{self.node}"}}')
        return self._read_by_node.read().total() == taken - self._taken_by_node

    def end(self):
        """Waits for its end and adds up."""
        self.text, _ = self._load.communicate(timeout=120)
        found = SUM.search(self.text)
        if not found:
            raise AssertionError(f"the load generator did not come to its end:\n{self.text}")
        self.served, self.counted = map(int, found.groups())
        self.timed = self._timed.at_rest().total()
        self.read = self._read.at_rest().total()
        self.taken = int(self._prometheus.value(f"sum({TAKEN})") - self._taken)
        return self


class ClusterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.compose, "down", "--volumes", "--remove-orphans")
        cls.cluster.compose("up", "--detach", "--no-build")
        cls.first = wait_until(cls.first_round, lambda: cls.cluster.compose("logs"), 150)
        cls.cluster.compose("stop", "load")
        address = cls.cluster.compose("port", "prometheus", "9090").strip()
        cls.prometheus = counted.Prometheus(f"http://{address}")

    @classmethod
    def first_round(cls):
        log = cls.cluster.compose("logs", "--no-color", "load")
        return log if SUM.search(log) else None

    def setUp(self):
        self.wait_for('count(up{job=~"router|exporters"} == 1) == 4')
        self.wait_for("sum(weir_downstream_in_ring) == 3")

    def wait_for(self, promql):
        return wait_until(lambda: self.prometheus.query(promql), promql)

    def begin_round(self):
        return Round(self.cluster, self.prometheus)

    def check_adds_up(self, one):
        """Every line is accounted for: it was counted, or it died with what was not scraped."""
        self.assertEqual(one.taken, LINES_PER_REQUEST * one.served, one.text)
        missing = (one.served - one.counted) + (one.served - one.timed)
        self.assertEqual(missing, one.taken - one.read, one.text)

    def test_what_is_composed_counts_every_request_of_every_process(self):
        served, found = map(int, SUM.search(self.first).groups())
        self.assertGreater(served, 1000)
        self.assertEqual(served, found, self.first)
        rows = re.findall(r"(ruby|python) +(\d+) +(\d+) +(\d+)$", self.first, re.MULTILINE)
        processes = collections.Counter(app for app, *_ in rows)
        self.assertGreaterEqual(processes["ruby"], 4, self.first)
        self.assertGreaterEqual(processes["python"], 4, self.first)
        for app, worker, served, found in rows:
            self.assertEqual(served, found, f"{app} {worker}")

    def test_every_graph_of_the_dashboard_has_something_to_show(self):
        self.cluster.compose("start", "load")
        self.addCleanup(self.cluster.compose, "stop", "load")
        dashboard = json.loads((ROOT / "examples/grafana/dashboards/weir.json").read_text())
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                with self.subTest(panel["title"]):
                    self.wait_for(target["expr"])

    def test_an_exporter_that_is_taken_out_first_dies_without_a_loss(self):
        one = self.begin_round()
        one.wait_flowing()
        self.cluster.run(one.service, "sh", "-c", "echo health down | nc 127.0.0.1 9126")
        wait_until(one.is_spent, "Prometheus has stored what the exporter was sent")
        self.cluster.compose("kill", "-s", "KILL", one.service)
        self.wait_for('up{instance="%s"} == 0' % one.node)
        self.cluster.compose("start", one.service)
        self.wait_for(IN % one.node)
        one.end()
        self.check_adds_up(one)
        self.assertEqual((one.counted, one.timed), (one.served, one.served), one.text)

    def test_an_exporter_that_is_killed_takes_with_it_what_was_not_scraped_and_no_more(self):
        one = self.begin_round()
        one.wait_flowing()
        self.cluster.compose("kill", "-s", "KILL", one.service)
        self.wait_for(OUT % one.node)
        self.cluster.compose("start", one.service)
        self.wait_for(IN % one.node)
        one.end()
        self.check_adds_up(one)
        self.assertLess(one.read, one.taken)

    def test_a_network_that_is_cut_loses_what_was_sent_into_it_and_no_more(self):
        one = self.begin_round()
        one.wait_flowing()
        self.cluster.cut(one.service)
        self.wait_for(OUT % one.node)
        self.cluster.mend(one.service)
        self.wait_for(IN % one.node)
        one.end()
        self.check_adds_up(one)
        self.assertLess(one.read, one.taken)

    def test_containers_that_restart_at_rest_lose_nothing(self):
        before = self.cluster.address("router")
        for service in ("router", "exporter-a", "prometheus"):
            self.cluster.compose("restart", service)
        self.assertEqual(self.cluster.address("router"), before, "apps resolve its name only once")
        self.cluster.compose("restart", "ruby", "python")
        self.setUp()
        one = self.begin_round().end()
        self.check_adds_up(one)
        self.assertEqual((one.counted, one.timed), (one.served, one.served), one.text)
