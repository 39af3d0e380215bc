"""The instruments of scripts/bench count what is so."""

import os
import subprocess
import sys
import tempfile
import unittest

from harness import BUILD, IntegrationTest, ROOT

sys.path.insert(0, str(ROOT / "tests" / "bench"))
import load  # noqa: E402
import rows  # noqa: E402
import scrape  # noqa: E402
import subjects  # noqa: E402
import svg  # noqa: E402


class BenchTest(IntegrationTest):
    def run_subject(self, subject, **options):
        """What the subject and its load say after a run; it is stopped in any case."""
        try:
            sent = load.Load(rows.LOAD, subject.target, **options)
            outcome = subject.settle([sent])
        finally:
            stopped = subject.stop()
        return sent, outcome or stopped

    def test_the_floor_counts_every_line_and_datagram(self):
        floor = subjects.Floor()
        sent = load.Load(rows.LOAD, floor.target, lines=3001, lines_per_datagram=30, rate=100_000)
        floor.settle([sent])
        subjects.machine.wait_idle(floor.pid)
        outcome = floor.stop()
        self.assertEqual((outcome.lines, outcome.datagrams), (3001, 101))
        self.assertTrue(outcome.accounted)

    def test_an_exporters_page_is_compared_with_what_was_sent(self):
        for tags in (False, True):
            sent, outcome = self.run_subject(
                subjects.Exporter(), lines=3000, series=900, rate=100_000, tags=tags
            )
            self.assertTrue(outcome.exact and outcome.accounted)
            self.assertEqual(outcome.lines, sent.lines)

    def test_a_page_that_lacks_a_sample_is_not_exact(self):
        exporter = subjects.Exporter()
        try:
            sent = load.Load(rows.LOAD, exporter.target, lines=300, series=90, rate=100_000)
            self.assertTrue(exporter.settle([sent]).exact)
            page = exporter.scrape().body()
        finally:
            exporter.stop()
        wanted = load.expected([sent])
        self.assertEqual(load.differences(page, wanted), 0)
        name, value = next(iter(wanted.items()))
        self.assertEqual(load.differences(page, {**wanted, name: value + 1}), 1)
        self.assertEqual(load.differences(page, {**wanted, "app_more": 1}), 1)

    def test_what_a_router_sends_arrives_at_the_sinks(self):
        router = subjects.Router(5)
        sent = load.Load(rows.LOAD, router.target, lines=6000, series=600, rate=100_000)
        subjects.machine.wait_idle(router.pid)
        router.settle([sent])
        outcome = router.stop()
        self.assertEqual(outcome.lines, 6000)
        self.assertTrue(outcome.accounted)

    def test_a_packed_page_is_the_same_page(self):
        exporter = self.start_exporter()
        host, port = exporter.endpoint("http")
        plain, packed = scrape.Scrape(host, port), scrape.Scrape(host, port, packed=True)
        names = lambda one: [line.split()[0] for line in one.body().splitlines()]
        self.assertEqual(names(plain), names(packed))
        self.assertLess(packed.size, plain.size)

    @unittest.skipIf(os.environ.get("WEIR_SANITIZED"), "a sanitizer must be loaded first")
    def test_the_gap_library_sees_how_long_a_thread_is_away(self):
        # Receives, is busy for 50 ms of CPU, receives again.
        reader = """
import ctypes, socket, time
libc = ctypes.CDLL(None)
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
take = lambda: libc.recvmmsg(one.fileno(), None, 0, 0x40, None)
take()
end = time.thread_time() + 0.05
while time.thread_time() < end: pass
take()
"""
        with tempfile.NamedTemporaryFile() as file:
            subprocess.run(
                [sys.executable, "-c", reader], check=True,
                env={"LD_PRELOAD": str(BUILD / "libweir-gap.so"), "WEIR_GAP_FILE": file.name},
            )  # fmt: skip
            longest = rows.Gaps(file.name).longest_ms()
        self.assertGreaterEqual(longest, 50)
        self.assertLess(longest, 500)

    def test_a_chart_has_its_points_in_the_picture(self):
        points = [(0, 5.0, 4.0, 6.0), (10, 7.0, 7.0, 7.0), (1000, 20.0, 10.0, 21.0)]
        text = svg.Chart("A & B", "x", "y", {"line": points}).text()
        self.assertIn("A &amp; B", text)
        self.assertEqual(text.count("<circle"), 3)
