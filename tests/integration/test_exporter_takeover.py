"""One weir-exporter takes another's place: no line is lost, no series changes, no counter goes back."""

import http.client
import socket
import threading
import unittest

from harness import DEADLINE_SECONDS, Exporter, IntegrationTest, free_port, wait_until
from page_watch import Watch
from senders import TcpSender, UdpSender


class Load:
    """A client that sends counts and a gauge of a few names without pause, until told to stop."""

    NAMES = 30

    def __init__(self, sender, tag):
        self._sender, self._tag = sender, tag
        self.batches = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        tag = self._tag.encode()
        lines = [b"%s.name%d:%d|c" % (tag, i, i) for i in range(self.NAMES - 1)]
        while not self._stop.is_set():
            self.batches += 1
            self._sender.send([*lines, b"%s.level:%d|g" % (tag, self.batches)])
            self._stop.wait(0.001)

    @property
    def lines(self):
        return self.batches * self.NAMES

    def stop(self):
        self._stop.set()
        self._thread.join()

    def expected(self):
        """By name, what all that was sent adds up to, and the last value of the gauge."""
        counts = {f"{self._tag}_name{i}": i * self.batches for i in range(self.NAMES - 1)}
        return {**counts, f"{self._tag}_level": self.batches}


class ExporterTakeoverTest(IntegrationTest):
    def start_taking(self, *flags):
        self.flags = (f"--takeover.path={self.temp_dir() / 'takeover.sock'}", *flags)
        self.exporter = self.start_exporter(*self.flags)

    def take_over(self, *flags):
        old = self.exporter
        self.exporter = self.start_exporter(*self.flags, *flags)
        self.assertEqual(old.process.wait(DEADLINE_SECONDS), 0, old.tail())
        self.exporter.wait_for_log('msg="Took over"')

    def sender(self, kind="udp"):
        sender = {"udp": UdpSender, "tcp": TcpSender}[kind](self.exporter.endpoint(kind))
        self.addCleanup(sender.close)
        return sender

    def test_no_line_is_lost_under_load_and_no_counter_goes_back(self):
        self.start_taking()
        loads = [Load(self.sender(kind), f"{kind}{i}") for i, kind in enumerate(["udp"] * 3 + ["tcp"])]
        watch = Watch(self.exporter)
        for threads in (2, 1, 3, 2, 2):
            sent = sum(load.lines for load in loads) + 3000
            wait_until(lambda: sum(load.lines for load in loads) > sent, "more is sent")
            self.take_over(f"--threads={threads}")
        for load in loads:
            load.stop()
        lines = sum(load.lines for load in loads)
        expected = {name: value for load in loads for name, value in load.expected().items()}
        page = self.exporter.wait_for(
            lambda seen: seen.sum("weir_samples_applied_total") >= lines, f"{lines} samples"
        )
        got = {name: page.get(name) for name in expected}
        wrong = {name: (got[name], expected[name]) for name in expected if got[name] != expected[name]}
        self.assertEqual(wrong, {}, "as (shown, sent)")
        self.assertEqual(page.sum("weir_kernel_drops_total"), 0)
        watch.stop()
        self.assertEqual(watch.faults, [])
        self.assertGreater(watch.pages, 5)

    def test_every_kind_of_series_goes_on(self):
        self.start_taking()
        sender = self.sender()
        sender.send([b"jobs:2|c|#a:b", b"level:7|g", b"size:4|ms", b"size:6|ms"])
        self.exporter.wait_for_value(2, "size_count")
        self.take_over()
        page = self.exporter.wait_for_value(7, "level")
        self.assertEqual(page.value("jobs", a="b"), 2)
        sender.send([b"jobs:3|c|#a:b", b"level:+1|g", b"size:5|ms"])
        page = self.exporter.wait_for_value(3, "size_count")
        self.assertEqual(page.value("jobs", a="b"), 5)
        self.assertEqual(page.value("level"), 8)
        self.assertAlmostEqual(page.value("size_sum"), 0.015)

    def test_a_connection_goes_on_in_the_middle_of_a_line(self):
        self.start_taking()
        sender = self.sender("tcp")
        sender.socket.sendall(b"begun:1|c\nbeg")
        self.exporter.wait_for_value(1, "begun")
        self.take_over()
        sender.socket.sendall(b"un:1|c\n")
        self.exporter.wait_for_value(2, "begun")

    def test_one_that_cannot_start_leaves_the_old_one_as_it_was(self):
        self.start_taking()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            failed = Exporter(*self.flags, f"--admin.listen-address=127.0.0.1:{port}")
            self.assertEqual(failed.process.wait(DEADLINE_SECONDS), 1, failed.tail())
        self.exporter.wait_for_log("did not take the sockets; going on")
        self.sender().send([b"still:1|c"])
        self.exporter.wait_for_value(1, "still")

    def test_one_that_fails_at_the_last_leaves_the_http_intake_of_the_old_one_open(self):
        self.start_taking(f"--http-port={free_port()}", "--http-host=127.0.0.1")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            failed = Exporter(*self.flags, f"--web.listen-address=127.0.0.1:{port}")
            self.assertEqual(failed.process.wait(DEADLINE_SECONDS), 1, failed.tail())
        self.exporter.wait_for_log("did not take the sockets; going on")
        host, port = self.exporter.endpoint("http-intake")
        client = http.client.HTTPConnection(host, port, timeout=DEADLINE_SECONDS)
        self.addCleanup(client.close)
        client.request("POST", "/batch", b"still:1|c\n")
        self.assertEqual(client.getresponse().status, 200)
        self.exporter.wait_for_value(1, "still")


if __name__ == "__main__":
    unittest.main()
