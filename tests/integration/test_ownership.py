"""Exactly one owner: nodes die, return, are drained and added while a real Prometheus scrapes."""

import collections
import shutil
import signal
import subprocess
import time
import unittest

from fake_dns import A, FakeDns
from harness import EXPORTER, Router, wait_until
from real_prometheus import Prometheus
from ring_case import HOST, NAMES, Node, RingTest

QUIET = [b"own.q%d:7|g" % i for i in range(NAMES)]
MAPPING = """\
mappings:
- match: own.*.*
  name: own_$1
  labels: {number: $2}
"""


class OwnershipTest(RingTest):
    def test_two_routers_with_one_file_agree_and_series_stay_whole(self):
        self.start_ring("abc", routers=2)
        self.assertEqual(len({fingerprint for fingerprint, _ in self.views()}), 1)
        traffic = self.start_traffic()
        for _ in range(20):
            traffic.round()

        def counted():
            return {
                name: value
                for page in self.pages().values()
                for (name, _), value in page.user_samples().items()
                if name.startswith("own_c")
            }

        expected = {f"own_c{i}": 20 for i in range(NAMES)}
        wait_until(lambda: counted() == expected, lambda: f"{expected}, not {counted()}")
        for kind in "cgst":
            self.assertEqual(self.homes(kind), self.owners(kind))
        for router in self.routers:
            self.assertGreater(router.scrape().sum("weir_downstream_taken_lines_total"), 0)

    def test_what_a_node_is_drained_of_it_lets_go(self):
        mapping = self.temp_dir() / "mapping.yml"
        mapping.write_text(MAPPING)
        self.start_ring(
            "abc", routers=1, flags=(f"--statsd.mapping-config={mapping}",),
            key="mapped", mapping=str(mapping),
        )  # fmt: skip
        kinds = {b"g": b"g", b"c": b"c"}
        traffic = self.start_traffic(
            lambda number: [
                b"own.%s.%d:1|%s" % (kind, i, type) for kind, type in kinds.items() for i in range(NAMES)
            ]
        )

        def numbers(label, name):
            series = self.nodes[label].exporter.scrape().series(name)
            return {int(facts["number"]) for facts in series}

        traffic.start()
        wait_until(
            lambda: numbers("b", "own_g")
            and all(
                sum(len(numbers(label, name)) for label in "abc") == NAMES
                for name in ("own_g", "own_c")
            ),
            "every gauge and every counter, some of them at b",
        )
        of_b, counters = numbers("b", "own_g"), numbers("b", "own_c")
        self.assertEqual(self.nodes["b"].tell(b"health down"), b"health: down\n")
        self.wait_agreed("ac")
        wait_until(lambda: not numbers("b", "own_g"), "b has let go of its gauges")
        self.assertEqual(numbers("a", "own_g") | numbers("c", "own_g"), set(range(NAMES)))
        self.assertEqual(numbers("b", "own_c"), counters)
        self.assertEqual(self.nodes["b"].tell(b"health up"), b"health: up\n")
        self.wait_agreed("abc")
        wait_until(
            lambda: not (numbers("a", "own_g") | numbers("c", "own_g")) & of_b,
            "the others have let go of b's gauges",
        )
        self.assertEqual(numbers("b", "own_g"), of_b)

    def test_a_node_more_takes_its_series_over(self):
        self.start_ring("ab")
        traffic = self.start_traffic()
        traffic.start()
        self.wait_homes("g", self.owners("g"))
        traffic.send(QUIET)
        self.wait_homes("q", self.owners("q"))
        self.nodes["c"] = Node("c")
        self.write(self.config_of("abc"))
        self.start_node("c")
        self.wait_agreed("abc")
        self.wait_homes("g", self.owners("g"))
        # Of what got no sample since, c has none, and the others no longer theirs.
        stay = {i: owners for i, owners in self.owners("q").items() if owners != {"c"}}
        self.wait_homes("q", stay)
        self.assertLess(len(stay), NAMES)
        moved = len(self.names_of("c", "g")) + len(self.names_of("c", "q"))
        self.assertGreaterEqual(self.let_go("gauge"), moved)

    def test_a_bad_file_changes_nothing_and_is_told(self):
        self.start_ring("ab", routers=1)
        before = self.views()
        exporter = self.nodes["a"].exporter

        def failures():
            return exporter.scrape().get("weir_ring_reloads_total", outcome="failure") or 0

        good = self.config
        for number, (text, why) in enumerate(
            [
                ("downstreams: [", "router.yml:1:"),
                (Router.text_of({"downstreams": [self.nodes["b"].config()]}), "no downstream has the label"),
                (Router.text_of({**good, "health_check": {"interval": "9s"}}), "--ring.grace must be longer"),
            ],
            start=1,
        ):
            self.write(text)
            wait_until(lambda: failures() >= number, f"failure {number} is counted")
            exporter.wait_for_log(f"the old one stays in force.*{why}")
            self.assertEqual(self.views()[1:2], before[1:2])
        self.write(good)
        wait_until(
            lambda: exporter.scrape().get("weir_ring_reloads_total", outcome="success"),
            "the good one is loaded",
        )
        exporter.process.send_signal(signal.SIGHUP)
        wait_until(
            lambda: exporter.scrape().value("weir_ring_reloads_total", outcome="success") >= 2,
            "it is loaded by SIGHUP",
        )

    def test_a_wrong_command_line_is_one_clear_line(self):
        file = self.temp_dir() / "router.yml"
        file.write_text("downstreams: [{address: 'h:1', health: 'h:2', label: a}, {address: 'g:1', label: b}]\n")

        def run(*flags):
            done = subprocess.run(
                [EXPORTER, *flags], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
            )
            return done.returncode, done.stdout, done.stderr

        for flags, why in (
            ([f"--ring.config-file={file}"], "go together"),
            ([f"--ring.config-file={file}", "--ring.self=x"], "label `x` of --ring.self; there are: a, b"),
            ([f"--ring.config-file={file}", "--ring.self=a"], "downstream `b` has no `health`"),
            ([f"--ring.config-file={file}.not", "--ring.self=a"], "router.yml.not"),
        ):
            for check in ([], ["--check-config"]):
                status, _, text = run("--web.listen-address=127.0.0.1:0", *flags, *check)
                self.assertEqual(status, 1, text)
                errors = [line for line in text.splitlines() if " error: " in line]
                self.assertEqual(len(errors), 1, text)
                self.assertIn(why, errors[0])
        file.write_text("downstreams: [{address: 'h:1', health: 'h:2', label: a}]\n")
        status, text, _ = run("--check-config", f"--ring.config-file={file}", "--ring.self=a")
        self.assertEqual(status, 0)
        self.assertIn("The ring is valid: node `a` of 1.", text)


class NamedRingTest(RingTest):
    """Probes go to names that no name server knows but one."""

    def config_of(self, labels):
        config = super().config_of(labels)
        for one in config["downstreams"]:
            port = one["health"].rpartition(":")[2]
            one["health"] = f"{one['label']}.ring.test:{port}"
        return config

    def test_names_are_resolved_as_the_routers_do(self):
        dns = FakeDns()
        self.addCleanup(dns.end)
        for label in "ab":
            dns.set(f"{label}.ring.test", A, [HOST])
        self.start_ring("ab", routers=1, resolver={"address": dns.address})
        self.kill_node("b")
        self.wait_agreed("a")
        self.start_node("b")
        self.wait_agreed("ab")
        self.write({**self.config, "resolver": {"address": dns.address, "interval": "7s"}})
        self.nodes["a"].exporter.wait_for_log("needs a restart.*key=resolver")


@unittest.skipUnless(shutil.which("prometheus"), "needs prometheus")
class ScrapedOwnershipTest(RingTest):

    def start_prometheus(self):
        self.prometheus = Prometheus({"exporters": [node.http for node in self.nodes.values()]})
        self.addCleanup(self.prometheus.stop)

    def stored(self, at):
        """(name, labels but the instance) -> label of the node -> value, at a time."""
        by_http = {node.http: label for label, node in self.nodes.items()}
        found = collections.defaultdict(dict)
        for labels, value in self.prometheus.query('{job="exporters", __name__=~"own_.*"}', at):
            key = (labels["__name__"], labels.get("quantile"))
            found[key][by_http[labels["instance"]]] = value
        return found

    def oldest_scrape(self, live, at):
        """When, seen at a time, the last scrape of each that lives had begun; 0 when one failed."""
        up = 'up{job="exporters"}'
        times = [when for _, when in self.prometheus.query(f"timestamp({up}) and ({up} == 1)", at)]
        return min(times) if len(times) == len(live) else 0

    def next_moments(self, live):
        """What is stored at each of the next seconds at which all that live are scraped: of three at
        the least, and until each was scraped again two seconds after the first."""
        called = time.time()
        at = settled = self.prometheus.settled("exporters")
        times, moments = [], []

        def enough():
            nonlocal at, settled
            if settled < at:
                settled = self.prometheus.settled("exporters")
                return False
            # A busy machine scrapes late: a second may show what the one before has shown.
            oldest = self.oldest_scrape(live, at)
            if oldest > called:
                times.append(at)
                moments.append(self.stored(at))
            at += 1
            return len(moments) >= 3 and oldest >= times[0] + 2

        wait_until(enough, lambda: f"three seconds with a scrape of each of {live}, only {times}")
        return moments

    def check_scrapes(self, live):
        """At every one of the next scrapes each gauge, set and quantile has one source, its owner,
        and each counter one that grows, its owner."""
        moments = self.next_moments(live)
        for i in range(NAMES):
            for kind in "gs":
                owner = self.owner(b"own.%s%d" % (kind.encode(), i), live)
                for moment in moments:
                    self.assertEqual(set(moment[(f"own_{kind}{i}", None)]), {owner}, f"{kind}{i}")
            owner = self.owner(b"own.t%d" % i, live)
            for moment in moments:
                for quantile in ("0.5", "0.9", "0.99"):
                    self.assertEqual(set(moment[(f"own_t{i}", quantile)]), {owner}, f"t{i}")
            for name, key in ((f"own_c{i}", b"own.c%d" % i), (f"own_t{i}_count", b"own.t%d" % i)):
                first, last = moments[0][(name, None)], moments[-1][(name, None)]
                grown = {label for label in last if last[label] > first.get(label, 0)}
                self.assertEqual(grown, {self.owner(key, live)}, name)
                for earlier, later in zip(moments, moments[1:]):
                    for label, value in earlier[(name, None)].items():
                        self.assertGreaterEqual(later[(name, None)][label], value)

    def test_a_node_dies_and_returns_and_every_series_has_one_owner(self):
        self.start_ring("abc", routers=2)
        self.start_prometheus()
        traffic = self.start_traffic()
        traffic.start()
        self.wait_homes("g", self.owners("g"))
        self.check_scrapes("abc")

        self.kill_node("b")
        self.wait_agreed("ac")
        traffic.send(QUIET)
        self.wait_homes("q", self.owners("q", "ac"))
        self.check_scrapes("ac")
        self.assertEqual(self.let_go("gauge"), 0)

        self.start_node("b")
        self.wait_agreed("abc")
        # One that gets no samples is b's, who does not have it: nobody shows what was.
        self.wait_homes("q", {i: o for i, o in self.owners("q").items() if o != {"b"}})
        for kind in "gst":
            self.wait_homes(kind, self.owners(kind))
        self.check_scrapes("abc")
        for kind, letters in (("gauge", "gq"), ("set", "s"), ("summary", "t")):
            covered = sum(len(self.names_of("b", letter)) for letter in letters)
            self.assertEqual(self.let_go(kind), covered, kind)
        traffic.send(QUIET)
        self.wait_homes("q", self.owners("q"))
