"""The log: what it shows at each level, and that it is bounded."""

import json
import re

from harness import Exporter, IntegrationTest
from senders import TcpSender


class LogTest(IntegrationTest):
    def send(self, exporter, lines):
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send(lines)
        exporter.wait_for(
            lambda page: page.value("statsd_exporter_lines_total") == len(lines), "the lines received"
        )

    def test_debug_shows_incoming_lines(self):
        exporter = self.start_exporter("--log.level=debug")
        self.send(exporter, [b"shown.in.log:1|c|#env:prod"])
        exporter.wait_for_log(re.escape("shown.in.log:1|c|#env:prod"))

    def test_debug_says_how_many_lines_it_did_not_show(self):
        exporter = self.start_exporter("--log.level=debug", "--threads=1")
        sent = 50_000
        self.send(exporter, [b"flood.of.lines:1|c"] * sent)
        exporter.wait_for_log(r"skipped=[1-9]")
        self.assertEqual(exporter.stop(), 0)
        shown = sum("flood.of.lines" in line for line in exporter.log)
        skipped = sum(int(count) for count in re.findall(r"skipped=(\d+)", "\n".join(exporter.log)))
        lost = sum(int(count) for count in re.findall(r"lost=(\d+)", "\n".join(exporter.log)))
        self.assertLess(shown, sent)
        self.assertGreaterEqual(shown + skipped + lost, sent)

    def test_info_shows_no_lines(self):
        exporter = self.start_exporter()
        self.send(exporter, [b"not.in.log:1|c", b"not.in.log:x|c", b"not.in.log"])
        self.assertEqual(exporter.stop(), 0)
        self.assertNotIn("not.in.log", "\n".join(exporter.log))

    def test_what_a_client_sends_cannot_break_a_log_line(self):
        exporter = self.start_exporter("--log.level=debug")
        self.send(exporter, [b'evil" level=ERROR msg="fake:1|c\rtime=now', b"bytes\xff\x1b[31m:1|c"])
        self.assertEqual(exporter.stop(), 0)
        for line in exporter.log:
            self.assertRegex(line, r"^time=\S+ level=\w+ msg=")
            self.assertNotIn("\x1b", line)
            self.assertNotIn("\r", line)

    def test_json_lines_are_json(self):
        exporter = Exporter("--log.level=debug", "--log.format=json")
        self.addCleanup(exporter.stop)
        exporter.wait_for_log("Ready")
        self.assertEqual(exporter.stop(), 0)
        for line in exporter.log:
            self.assertLessEqual({"time", "level", "msg"}, set(json.loads(line)))

    def test_the_start_says_how_many_threads_run(self):
        exporter = self.start_exporter("--threads=3")
        exporter.wait_for_log(r"threads=3\b")
