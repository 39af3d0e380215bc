"""--check-config and --debug.dump-fsm: what an operator reads before a deployment."""

import shutil
import socket
import subprocess

from harness import EXPORTER
from mapped import MappedTest

GOOD = """\
defaults: {ttl: 1h}
mappings:
- match: web.*.hits
  name: web_hits_total
  labels: {site: $1}
- match: queue_*.size
  match_metric_type: gauge
  name: queue_size
- match: ^batch
  match_type: regex
  name: batch
"""

DOUBTFUL = """\
mappings:
- match: a.*.*.*
  name: made_$3_duration
- match: a.*.x.*
  name: never
- match: b.*
  name: shared
  help: One text.
- match: c.*
  name: shared
  help: Another text.
  time_type: histogram
- match: d
  name: old
  timer_type: histogram
"""

ERROR_IN_THE_MIDDLE = """\
mappings:
- match: first.*
  name: first
- match: second.*
  name: second
  observer_type: histgram
- match: third.*
  name: third
"""

MANY_ERRORS = """\
defaults:
  ttl: "60"
mappings:
- match: a.b*c*.
  name: good
- match: ok
  name: b-c
  labels: {a: x}
- match: (open
  match_type: regex
  name: good
- name: good
  match: fine
  observer_type: histogram
  histogram_options: {buckets: [2, 1]}
- match: last
  action: drop
"""


class CheckConfigTest(MappedTest):
    def check_config(self, *paths, flags=()):
        """Runs to the end; returns the exit status, stdout and stderr."""
        command = [EXPORTER, "--check-config", *flags]
        command += [f"--statsd.mapping-config={path}" for path in paths]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    def check_errors(self, text, *wanted, flags=()):
        """Refused, with each of `wanted`, (place in the file, words), on a line of its own."""
        path = self.write(text)
        status, out, err = self.check_config(path, flags=flags)
        self.assertEqual((status, out), (1, ""), err)
        lines = [line for line in err.splitlines() if not line.startswith("warning: ")]
        self.assertEqual(len(lines), len(wanted), err)
        for line, (place, words) in zip(lines, wanted):
            self.assertIn(f"{path}:{place}: ", line)
            self.assertIn(words, line)

    def test_a_good_file_is_valid(self):
        self.assertEqual(
            self.check_config(self.write(GOOD)), (0, "The configuration is valid: 3 rules.\n", "")
        )

    def test_nothing_is_opened(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            flags = [f"--web.listen-address=127.0.0.1:{taken.getsockname()[1]}"]
            self.assertEqual(self.check_config(self.write(GOOD), flags=flags)[0], 0)

    def test_files_without_rules_are_valid(self):
        for text in ("", "---\n", "mappings:\n", "defaults: {ttl: 1h}\n"):
            with self.subTest(text):
                status, out, _ = self.check_config(self.write(text))
                self.assertEqual((status, out), (0, "The configuration is valid: 0 rules.\n"))

    def test_several_files_are_checked_as_one(self):
        status, out, _ = self.check_config(self.write(GOOD, "a.yml"), self.write(DOUBTFUL, "b.yml"))
        self.assertEqual(status, 0)
        self.assertIn("valid: 8 rules", out)

    def test_doubts_are_told_and_the_file_is_valid(self):
        path = self.write(DOUBTFUL)
        status, out, err = self.check_config(path)
        self.assertEqual((status, err), (0, ""))
        for beginning, words in (
            (f"warning: {path}:12:3: ", "time_type"),
            (f"warning: {path}:15:15: ", "observer_type"),
            (f"note: {path}:2: ", "did you mean `${3}_duration`"),
            (f"note: {path}:4: ", "can never match"),
            (f"note: {path}:6: ", "several help texts"),
        ):
            found = [line for line in out.splitlines() if line.startswith(beginning)]
            self.assertEqual(len(found), 1, out)
            self.assertIn(words, found[0])
        self.assertEqual(len(out.splitlines()), 6, out)

    def test_an_unknown_key_is_an_error_when_strict(self):
        self.check_errors(DOUBTFUL, ("12:3", "unknown key `time_type`"), flags=["--strict"])

    def test_a_key_given_twice_is_an_error_when_strict(self):
        text = "mappings:\n- match: a\n  name: b\n  name: c\n"
        self.assertEqual(self.check_config(self.write(text))[0], 0)
        self.check_errors(text, ("4:3", "`name`"), flags=["--strict"])

    def test_an_error_in_the_middle_names_its_place_and_what_would_be_right(self):
        self.check_errors(ERROR_IN_THE_MIDDLE, ("6:18", "`histgram`"))
        _, _, err = self.check_config(self.write(ERROR_IN_THE_MIDDLE))
        self.assertIn("summary or histogram", err)

    def test_all_errors_of_a_file_are_told_at_once(self):
        self.check_errors(
            MANY_ERRORS,
            ("2:8", "60"),
            ("4:10", "a.b*c*."),
            ("7:9", "b-c"),
            ("8:12", "`a`"),
            ("9:10", "(open"),
            ("15:32", "ascending"),
            ("16:3", "name"),
        )

    def test_a_star_without_quotes_is_explained(self):
        self.check_errors("mappings:\n- match: *.signup.*\n  name: x\n", ("2:10", "quote"))

    def test_a_file_that_is_not_there_is_named(self):
        path = self.directory / "missing.yml"
        status, _, err = self.check_config(path)
        self.assertEqual(status, 1)
        self.assertIn(str(path), err)


class DumpTest(MappedTest):
    def dump(self, text):
        path = self.directory / "rules.dot"
        status = subprocess.run(
            [EXPORTER, f"--statsd.mapping-config={self.write(text)}", f"--debug.dump-fsm={path}",
             "--check-config"],
            capture_output=True, timeout=60, stdin=subprocess.DEVNULL,
        ).returncode
        self.assertEqual(status, 0)
        return path

    def draw(self, path):
        """The graph as dot understands it, one edge or node per line."""
        if shutil.which("dot") is None:
            self.skipTest("dot is not installed; scripts/install-deps --test brings it")
        done = subprocess.run(["dot", "-Tplain", path], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()

    def test_dot_draws_every_segment_of_every_glob(self):
        drawn = self.draw(self.dump(GOOD))
        edges = [line for line in drawn if line.startswith("edge ")]
        # A root for each kind; web.*.hits is in all three, queue_*.size in one.
        self.assertEqual(len(edges), 3 + 3 * 3 + 2)
        for segment, count in (("web", 3), ("hits", 3), ("queue_*", 1), ("size", 1)):
            shown = [edge for edge in edges if f' {segment} ' in edge or f'"{segment}"' in edge]
            self.assertEqual(len(shown), count, segment)

    def test_dot_draws_no_rules_at_all(self):
        drawn = self.draw(self.dump("mappings:\n"))
        self.assertEqual(sum(line.startswith("edge ") for line in drawn), 3)

    def test_an_exporter_dumps_its_rules_and_runs(self):
        path = self.directory / "rules.dot"
        self.start_mapped(GOOD, f"--debug.dump-fsm={path}")
        self.assertTrue(path.read_text().startswith("digraph"))
