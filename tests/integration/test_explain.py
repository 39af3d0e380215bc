"""--explain says of a line what /metrics shows after it, sent for real."""

import re
import subprocess

from harness import EXPORTER, ROOT
from mapped import MappedTest, user_page
from senders import UdpSender

DIALECT_FLAGS = {
    "D": "--no-statsd.parse-dogstatsd-tags",
    "I": "--no-statsd.parse-influxdb-tags",
    "L": "--no-statsd.parse-librato-tags",
    "S": "--no-statsd.parse-signalfx-tags",
}
# A set's window must not end between sending and looking.
SET_WINDOW = "--statsd.set-window=1h"
# An exporter is started for each line, so each test takes a part of the vectors: every SHARE-th line.
SHARE = 3

RULES = """\
mappings:
- match: foo
  match_metric_type: counter
  name: counted
  labels: {kind: c}
- match: foo
  match_metric_type: observer
  name: observed
  observer_type: histogram
  histogram_options: {buckets: [0.001, 1]}
  scale: 10
- match: foo
  name: measured
  ttl: 1h
  help: Everything else.
- match: (bar|bad)
  match_type: regex
  name: dropped
  action: drop
"""


def unescaped(text):
    """The bytes of a line as the tables write it."""

    def byte(match):
        one = match.group(1)
        simple = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\", b'"': b'"'}
        return bytes([int(one[1:], 16)]) if one[:1] == b"x" else simple[one]

    return re.sub(rb"\\(x[0-9a-fA-F]{2}|.)", byte, text.encode())


def read_lines(name):
    """(line, dialects that are off) of a table under tests/cases/parser, each once.

    Without those that hold a NUL, which no argument can, or a LF, which no single line can.
    """
    rows = []
    for row in (ROOT / "tests" / "cases" / "parser" / name).read_text().split("\n"):
        if row and not row.startswith("# "):
            text, dialects, _ = row.split("\t", 2)
            rows.append((unescaped(text), dialects.strip("-")))
    return [row for row in dict.fromkeys(rows) if b"\0" not in row[0] and b"\n" not in row[0]]


def explain(*lines, flags=()):
    done = subprocess.run(
        [EXPORTER, *flags, *(b"--explain=" + line for line in lines)],
        capture_output=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        raise AssertionError(f"--explain ends with {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode("utf-8", "replace")


class AgreementTest(MappedTest):
    def check_agrees(self, exporter, lines, flags):
        """Sends each line as a datagram of its own to an exporter that has seen nothing."""
        said, _, explained = explain(*lines, flags=flags).partition("\n\n")
        with UdpSender(exporter.endpoint("udp")) as sender:
            for line in lines:
                sender.send([line])
        page = exporter.wait_for(
            lambda page: page.value("statsd_exporter_udp_packets_total") == len(lines), "all received"
        )
        self.assertMultiLineEqual(user_page(page.text), explained)
        self.assertEqual(said.count("result: applied"), page.value("weir_samples_applied_total"))
        self.assertEqual(explained == "", "\nno series: " in said)
        verdicts = re.findall(r"^verdict: (\w+)$", said, re.MULTILINE)
        self.assertEqual(len(verdicts), len(lines))
        for verdict in set(verdicts):
            self.assertEqual(
                page.value("weir_lines_total", verdict=verdict), verdicts.count(verdict), verdict
            )

    def check_table(self, rows, *flags):
        self.assertGreater(len(rows), 40)
        for line, dialects in rows:
            with self.subTest(line):
                all_flags = (SET_WINDOW, *flags, *(DIALECT_FLAGS[one] for one in dialects))
                exporter = self.start_exporter(*all_flags)
                self.check_agrees(exporter, [line], all_flags)
                exporter.end()

    def test_lines_of_the_parser_vectors_agree(self):
        self.check_table(read_lines("vectors.txt")[::SHARE])

    def test_lines_with_answers_of_our_own_agree(self):
        self.check_table(read_lines("deviations.txt"))

    def test_other_lines_of_the_parser_vectors_agree_under_rules(self):
        path = self.write(RULES)
        rows = read_lines("vectors.txt")[1::SHARE]
        self.check_table(rows, f"--statsd.mapping-config={path}")

    def test_lines_that_meet_agree_also_in_their_conflicts(self):
        lines = [line for line, dialects in read_lines("vectors.txt") if not dialects]
        for flags in ((), (f"--statsd.mapping-config={self.write(RULES)}",)):
            with self.subTest(flags):
                flags = (SET_WINDOW, *flags)
                self.check_agrees(self.start_exporter(*flags), lines, flags)


class ExplanationTest(MappedTest):
    def test_it_names_the_rule_and_every_part_of_the_series(self):
        path = self.write(RULES)
        said = explain(b"foo:320|ms|@0.5|#env:prod", flags=[f"--statsd.mapping-config={path}"])
        for wanted in (
            "verdict: sampled",
            "sample 1: observer, value 0.32, weight 2",
            "sample 1 tag: env=prod",
            f"sample 1 rule: {path}:6 matched, match: foo",
            "sample 1 family: observed (histogram)",
            'sample 1 label: env="prod"',
            "sample 1 scale: 10",
            "sample 1 result: applied",
            'observed_bucket{env="prod",le="+Inf"} 2',
        ):
            self.assertIn(wanted + "\n", said)

    def test_it_says_why_nothing_came_out(self):
        flags = [f"--statsd.mapping-config={self.write(RULES)}"]
        for line, why in (
            (b"bar:1|c", "dropped by rule"),
            (b"foo:-1|c", "illegal_negative_counter"),
            (b"foo:x|c", "malformed_value"),
            (b"foo", "malformed_line"),
            (b"_sc|Redis|0", "service check"),
            (b"other:1|ms|#quantile:1", "rename the tag"),
            (b"process_cpu_seconds_total:1|c", "weir-exporter itself"),
        ):
            with self.subTest(line):
                last = explain(line, flags=flags).splitlines()[-1]
                self.assertTrue(last.startswith("no series: "), last)
                self.assertIn(why, last)

    def test_it_shows_the_ttl_of_the_file_and_of_the_flag(self):
        flags = [f"--statsd.mapping-config={self.write(RULES)}", "--statsd.default-ttl=5m"]
        self.assertIn("sample 1 ttl: 1h\n", explain(b"foo:1|g", flags=flags))
        self.assertIn("sample 1 ttl: 5m\n", explain(b"other:1|g", flags=flags))
