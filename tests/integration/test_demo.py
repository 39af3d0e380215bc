"""scripts/demo, as a newcomer runs it: its apps, its Prometheus, its deaths."""

import collections
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest
import uuid

from harness import BUILD, ROOT, IntegrationTest, start, stop, wait_until

DEMO = ROOT / "scripts" / "demo"
TOOLS = ("prometheus", "puma", "gunicorn")
CHECK_SECONDS = 240
LAST = re.compile(r"requests served (\d+), counted (\d+)")
WORKER = re.compile(r"(ruby|python) +(\d+) +(\d+) +(\d+)")


def with_environment(text):
    """The processes that have it in their environment."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            pass
    return found


@unittest.skipUnless(all(map(shutil.which, TOOLS)), f"needs {', '.join(TOOLS)}")
class DemoTest(IntegrationTest):
    def start_demo(self, *flags):
        self.mark = f"WEIR_DEMO_TEST={uuid.uuid4()}"
        self.directory = self.temp_dir()
        name, value = self.mark.split("=")
        environment = {"WEIR_BUILD": str(BUILD), "TMPDIR": str(self.directory), name: value}
        demo = start(
            [DEMO, *flags], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | environment,
        )  # fmt: skip
        self.addCleanup(demo.stdout.close)
        self.addCleanup(stop, demo)
        return demo

    def wait_for_line(self, demo, pattern):
        seen = ""
        for line in demo.stdout:
            seen += line
            found = re.search(pattern, line)
            if found:
                return found
        self.fail(f"no line matches {pattern!r}:\n{seen}")

    def check_nothing_stays(self):
        wait_until(lambda: not with_environment(self.mark), "all processes have ended")
        self.assertEqual(list(self.directory.iterdir()), [])

    def test_an_exporter_dies_and_returns_and_every_request_is_counted(self):
        demo = self.start_demo("--check")
        text, _ = demo.communicate(timeout=CHECK_SECONDS)
        self.assertEqual(demo.returncode, 0, text)
        self.assertRegex(text, r"exporter [abc]: all that it got is scraped; kill -9")
        self.assertRegex(text, r"exporter [abc]: is back")
        served, counted = LAST.fullmatch(text.splitlines()[-1]).groups()
        self.assertEqual(served, counted, text)
        workers = [WORKER.fullmatch(line) for line in text.splitlines()]
        rows = [found.groups() for found in workers if found]
        for app, worker, one, other in rows:
            self.assertEqual(one, other, f"{app} {worker}")
        self.assertEqual(sum(int(row[2]) for row in rows), int(served))
        processes = collections.Counter(row[0] for row in rows)
        self.assertGreaterEqual(min(processes["ruby"], processes["python"]), 4, text)
        self.check_nothing_stays()

    def test_a_death_without_warning_is_seen_as_a_difference(self):
        demo = self.start_demo("--check")
        pids = {
            node: int(self.wait_for_line(demo, rf"exporter {node} +process (\d+)").group(1))
            for node in "abc"
        }
        # The one that it kills itself must live until then.
        named = self.wait_for_line(demo, r"exporter ([abc]): health down").group(1)
        others = "".join(pids.keys() - named)
        counting = self.wait_for_line(demo, rf"counted .* ([{others}]) +[1-9]").group(1)
        os.kill(pids[counting], signal.SIGKILL)
        text, _ = demo.communicate(timeout=CHECK_SECONDS)
        self.assertEqual(demo.returncode, 1, text)
        served, counted = map(int, LAST.search(text).groups())
        self.assertLess(counted, served, text)

    def test_an_interrupt_ends_everything(self):
        demo = self.start_demo()
        self.wait_for_line(demo, r"served +\d+ ")
        self.assertEqual(stop(demo, signal.SIGINT), 130)
        self.check_nothing_stays()
