"""What the process takes when nothing happens, and under a limit."""

import os
import pathlib
import tempfile
import unittest

from harness import IntegrationTest
from senders import TcpSender, UdpSender

# 8 MB of each are pages of libraries, which other programs share.
IDLE_KILOBYTES = 12 * 1024
IDLE_KILOBYTES_64 = 14 * 1024
LIMIT_BYTES = 32 * 1024 * 1024


def make_cgroup():
    """A new control group with a memory limit, or why there can be none."""
    for parent, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                          ("/sys/fs/cgroup", "memory.max")):
        try:
            group = pathlib.Path(tempfile.mkdtemp(prefix="weir-test-", dir=parent))
        except OSError:
            continue
        try:
            (group / limit).write_text(str(LIMIT_BYTES))
            return group, None
        except OSError:
            group.rmdir()
    return None, "no memory control group can be made here"


@unittest.skipIf("WEIR_SANITIZED" in os.environ, "sanitizers take memory of their own")
class MemoryTest(IntegrationTest):
    def check_idle(self, most, *flags):
        exporter = self.start_exporter(*flags)
        exporter.scrape()
        self.assertLessEqual(exporter.memory_kilobytes(), most)

    def test_idle_memory_is_small(self):
        self.check_idle(IDLE_KILOBYTES)

    def test_idle_memory_is_small_with_64_threads(self):
        self.check_idle(IDLE_KILOBYTES_64, "--threads=64")

    def test_64_threads_run_within_32_mib(self):
        group, reason = make_cgroup()
        if group is None:
            if os.environ.get("WEIR_REQUIRE_CGROUP") == "1":
                self.fail(reason)
            self.skipTest(reason)
        self.addCleanup(group.rmdir)
        enter = ("sh", "-c", f'echo $$ >"{group}/cgroup.procs" && exec "$@"', "sh")
        exporter = self.start_exporter("--threads=64", prefix=enter)
        self.assertIn(
            str(exporter.process.pid), (group / "cgroup.procs").read_text().split(), "it is in the group"
        )
        for number in range(64):
            with UdpSender(exporter.endpoint("udp")) as udp, TcpSender(exporter.endpoint("tcp")) as tcp:
                udp.send([b"limited.udp.n%d:1|c" % number])
                tcp.send([b"limited.tcp:1|c", b"limited.time:1|ms"])
        page = exporter.wait_for(
            lambda page: page.get("limited_tcp") == 64 and page.get("limited_udp_n63") == 1,
            "all of it applied",
        )
        self.assertEqual(page.value("weir_shards"), 64)
        self.assertEqual(exporter.stop(), 0)
