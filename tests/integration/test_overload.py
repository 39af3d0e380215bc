"""More comes than can be taken, or the machine is short of something: pages answer, sums hold."""

import os
import pathlib
import signal
import socket
import subprocess
import threading
import time
import unittest

from harness import EXPORTER, LOAD, IntegrationTest, free_port, start, stop, wait_until
from program import log_time
from router_case import LONG_HEALTH_CHECK, RouterTest, made_lines
from router_page import CHANGES, PROBES, SENT_PACKETS, RouterPage
from senders import TcpSender, UdpSender

LINES_PER_DATAGRAM = 30
FLOOD_LINES = 900_000 if os.environ.get("CI") else 1_500_000
FLOODS = 3
# The kernel drops most of a flood before a buffer so small.
SMALL_BUFFER = 262_144
FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


class Flood:
    """Senders that never pause, each from a port of its own, until they have sent all."""

    def __init__(self, target):
        self._command = [LOAD, f"--target={target}", f"--lines={FLOOD_LINES}", "--series=1000"]
        self._senders = []
        self.datagrams = 0
        self.rise()

    def rise(self):
        for seed in range(FLOODS):
            self._senders.append(start([*self._command, f"--seed={seed}"], stdout=subprocess.DEVNULL))
        self.datagrams += FLOODS * FLOOD_LINES // LINES_PER_DATAGRAM

    def flows(self):
        return any(sender.poll() is None for sender in self._senders)

    def wait(self):
        for sender in self._senders:
            if sender.wait() != 0:
                raise AssertionError("weir-load failed")
            stop(sender)


class FloodTest(IntegrationTest):
    def look_while_it_flows(self, flood, *programs):
        """Asks for pages all the time; each is answered at least once before the flood is over."""
        looks = 0
        while flood.flows() or not looks:
            if not flood.flows():
                flood.rise()  # this machine was too slow to look once meanwhile
            for program in programs:
                for path in ("/-/healthy", "/-/ready", "/metrics"):
                    self.assertEqual(program.get(path).status, 200, path)
            looks += flood.flows()
        flood.wait()

    def test_an_exporter_answers_and_counts_all_that_it_could_not_take(self):
        exporter = self.start_exporter(f"--statsd.read-buffer={SMALL_BUFFER}")
        flood = Flood(exporter.address("udp"))
        self.look_while_it_flows(flood, exporter)

        def all_accounted(page):
            received = page.value("statsd_exporter_udp_packets_total")
            return received + page.value("weir_kernel_drops_total", listener="udp") == flood.datagrams

        page = exporter.wait_for(all_accounted, f"{flood.datagrams} datagrams received or dropped")
        self.assertGreater(page.value("weir_kernel_drops_total", listener="udp"), 0)
        received = page.value("statsd_exporter_udp_packets_total")
        exporter.wait_for(
            lambda page: page.value("weir_samples_applied_total") == received * LINES_PER_DATAGRAM,
            "every line received is applied",
        )

    def test_both_tiers_answer_and_count_all_that_they_could_not_take(self):
        exporters = {
            label: self.start_exporter(f"--statsd.read-buffer={SMALL_BUFFER}") for label in "abc"
        }
        router = self.start_router({
            "read_buffer": SMALL_BUFFER,
            # An answer may take long in the flood, but none may fail to come.
            "health_check": {"kind": "http", "interval": "10s", "timeout": "10s", "fall": 1},
            "downstreams": [
                {"label": label, "address": exporter.address("udp"), "health": exporter.address("http")}
                for label, exporter in exporters.items()
            ],
        })  # fmt: skip
        flood = Flood(router.address("udp"))
        self.look_while_it_flows(flood, router, *exporters.values())

        def all_accounted(page):
            received = page.value("weir_received_datagrams_total", listener="udp")
            return received + page.value("weir_kernel_drops_total", listener="udp") == flood.datagrams

        page = router.wait_for(all_accounted, f"{flood.datagrams} datagrams received or dropped")
        received = page.value("weir_received_datagrams_total", listener="udp")
        self.assertEqual(RouterPage(router).lines("routed"), received * LINES_PER_DATAGRAM)
        for label, exporter in exporters.items():
            exporter.wait_for(
                lambda page, label=label: page.value("statsd_exporter_udp_packets_total")
                + page.value("weir_kernel_drops_total", listener="udp")
                == RouterPage(router).of(SENT_PACKETS, label),
                f"what was sent to {label} is received or dropped",
            )
        # None was taken for dead, and all take what comes now.
        self.assertEqual(RouterPage(router).in_ring(), set("abc"))
        with TcpSender(router.endpoint("tcp")) as sender:
            sender.send([b"after.flood%d:1|c" % i for i in range(100)])
        wait_until(
            lambda: sum(
                exporter.scrape().get(f"after_flood{i}") or 0
                for exporter in exporters.values()
                for i in range(100)
            )
            == 100,
            "lines sent after the flood are applied",
        )


class StoppedTest(IntegrationTest):
    def test_an_exporter_that_is_stopped_and_continued_has_lost_nothing_uncounted(self):
        exporter = self.start_exporter(f"--statsd.read-buffer={SMALL_BUFFER}", "--threads=2")
        load = start(
            [LOAD, f"--target={exporter.address('udp')}", "--lines=400000", "--rate=400000", "--sockets=4"],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        while load.poll() is None:
            exporter.process.send_signal(signal.SIGSTOP)
            time.sleep(0.05)  # nothing to wait for: it must be stopped while datagrams come
            exporter.process.send_signal(signal.SIGCONT)
            self.assertEqual(exporter.get("/-/healthy").status, 200)
        stop(load)
        datagrams = -(-400_000 // LINES_PER_DATAGRAM)
        exporter.wait_for(
            lambda page: page.value("statsd_exporter_udp_packets_total")
            + page.value("weir_kernel_drops_total", listener="udp")
            >= datagrams,
            f"{datagrams} datagrams received or dropped",
        )

    def test_a_stopped_exporter_is_out_of_the_ring_until_it_goes_on(self):
        exporters = {
            label: self.start_exporter("--admin.listen-address=127.0.0.1:0") for label in "ab"
        }
        router = self.start_router({
            "health_check": {"kind": "statsd", "interval": "500ms", "timeout": "500ms"},
            "downstreams": [
                {"label": label, "address": exporter.address("udp"), "health": exporter.address("admin")}
                for label, exporter in exporters.items()
            ],
        })  # fmt: skip

        def wait_ring(*labels):
            wait_until(lambda: RouterPage(router).in_ring() == set(labels), f"ring of {labels}")

        wait_ring("a", "b")
        exporters["b"].process.send_signal(signal.SIGSTOP)
        wait_ring("a")
        with UdpSender(router.endpoint("udp")) as sender:
            sender.send([b"stopped%d:1|c" % i for i in range(50)])
        exporters["a"].wait_for(
            lambda page: sum(page.get(f"stopped{i}") or 0 for i in range(50)) == 50, "50 lines at a"
        )
        exporters["b"].process.send_signal(signal.SIGCONT)
        wait_ring("a", "b")


class ShortageTest(IntegrationTest):
    def test_five_thousand_idle_connections_keep_nobody_waiting(self):
        self.allow_connections(5_000)
        exporter = self.start_exporter()
        for _ in range(5_000):
            connection = socket.create_connection(exporter.endpoint("tcp"))
            self.addCleanup(connection.close)
        page = exporter.wait_for(
            lambda page: page.value("weir_open_connections", listener="tcp") == 5_000, "5,000 connections"
        )
        self.assertEqual(page.value("weir_accept_errors_total", listener="tcp"), 0)
        with TcpSender(exporter.endpoint("tcp")) as tcp, UdpSender(exporter.endpoint("udp")) as udp:
            tcp.send([b"by.tcp:1|c"])
            udp.send([b"by.udp:1|c"])
            exporter.wait_for_value(1, "by_tcp")
            exporter.wait_for_value(1, "by_udp")

    def test_a_small_limit_of_open_files_leaves_pages_and_datagrams_working(self):
        exporter = self.start_exporter(prefix=["prlimit", "--nofile=96:96"])
        connections = [socket.socket() for _ in range(200)]
        for connection in connections:
            self.addCleanup(connection.close)
            connection.setblocking(False)
            connection.connect_ex(exporter.endpoint("tcp"))
        exporter.wait_for(
            lambda page: page.value("weir_open_connections", listener="tcp") > 10, "connections"
        )
        with UdpSender(exporter.endpoint("udp")) as udp:
            udp.send([b"by.udp:1|c"])
        exporter.wait_for_value(1, "by_udp")
        for connection in connections:
            connection.close()
        with TcpSender(exporter.endpoint("tcp")) as tcp:
            tcp.send([b"by.tcp:1|c"])
            exporter.wait_for_value(1, "by_tcp")

    def test_a_log_on_a_full_disk_stops_nothing(self):
        udp, http = free_port(), free_port()
        with open("/dev/full", "wb") as full:
            process = start(
                [EXPORTER, f"--statsd.listen-udp=127.0.0.1:{udp}", "--statsd.listen-tcp=",
                 f"--web.listen-address=127.0.0.1:{http}", "--log.level=debug"],
                stderr=full,
            )  # fmt: skip
        self.addCleanup(stop, process)

        def page():
            try:
                with socket.create_connection(("127.0.0.1", http)) as connection:
                    connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
                    return b"".join(iter(lambda: connection.recv(65536), b""))
            except ConnectionRefusedError:
                return b""

        wait_until(page, "a page")
        with UdpSender(("127.0.0.1", udp)) as sender:
            sender.send([b"bad line", b"good:1|c"])
        wait_until(lambda: b"\ngood 1\n" in page(), "the good line is applied")
        self.assertEqual(stop(process), 0)

    def test_readers_that_never_read_are_cut_and_keep_the_others_out_for_a_while_only(self):
        exporter = self.start_exporter()
        self.load(exporter, "--lines=100000", "--series=50000", "--rate=200000")
        exporter.wait_for(lambda page: page.value("weir_samples_applied_total") == 100_000, "all applied")
        for _ in range(8):
            reader = socket.socket()
            self.addCleanup(reader.close)
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(exporter.endpoint("http"))
            reader.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(exporter.get("/-/healthy").status, 200)
        with UdpSender(exporter.endpoint("udp")) as sender:
            sender.send([b"meanwhile:1|c"])
        wait_until(lambda: exporter.get("/metrics").status == 200, "a page for one who reads")
        exporter.wait_for_value(1, "meanwhile")


@unittest.skipUnless(FAKETIME, "needs libfaketime")
@unittest.skipIf(os.environ.get("WEIR_SANITIZED"), "a sanitizer must be loaded first")
class ClockTest(RouterTest):
    def make_clock(self):
        """A file that says how wrong the clock is, and the words before a program that reads it."""
        clock = self.temp_dir() / "clock"
        clock.write_text("+0")
        return clock, [
            "env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME_TIMESTAMP_FILE={clock}",
            "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
        ]  # fmt: skip

    def check_jumped(self, program):
        """The program saw the clock jump by 30 days."""
        program.end()
        self.assertGreater(log_time(program.log[-1]), time.time() + 29 * 24 * 3600)

    def test_a_clock_that_jumps_kills_no_node_and_loses_no_line(self):
        clock, prefix = self.make_clock()
        self.nodes = {node.label: node for node in self.start_nodes()}
        # Reading the clock is slow in this way: a busy machine must not look like a dead node.
        fall = 3
        check = {**LONG_HEALTH_CHECK, "fall": fall}
        self.config = self.config_of(self.nodes.values(), health_check=check)
        self.router = self.start_router(self.config, prefix=prefix)
        changes = self.page().total(CHANGES)
        for part, jump in enumerate(("+1d", "-1d", "+30d", "+0")):
            clock.write_text(jump)
            probes = self.page().of(PROBES, "a")
            self.wait_page(lambda page, probes=probes: page.of(PROBES, "a") > probes + fall, "probes")
            self.send_and_check(made_lines(500, f"part{part}"))
        self.assertEqual(self.page().total(CHANGES), changes)
        self.check_conserved(2000)
        clock.write_text("+30d")
        self.check_jumped(self.router)

    def test_a_clock_that_jumps_makes_no_series_old_and_no_series_immortal(self):
        clock, prefix = self.make_clock()
        exporter = self.start_exporter("--statsd.default-ttl=10s", prefix=prefix)
        done = threading.Event()

        def keep_alive():
            with UdpSender(exporter.endpoint("udp")) as sender:
                while not done.wait(0.05):
                    sender.send([b"kept:1|c"])

        with UdpSender(exporter.endpoint("udp")) as sender:
            sender.send([b"once:1|g"])
        exporter.wait_for_value(1, "once")
        sender = threading.Thread(target=keep_alive)
        sender.start()
        try:
            last = 0
            for jump in ("+1d", "-1d", "+30d", "+0"):
                clock.write_text(jump)
                kept = exporter.wait_for(
                    lambda page: (page.get("kept") or 0) > last, "the counter goes on"
                ).value("kept")
                self.assertGreater(kept, last)
                last = kept
                self.assertEqual(exporter.get("/-/healthy").status, 200)
            exporter.wait_for(lambda page: page.get("once") is None, "what came once is forgotten")
        finally:
            done.set()
            sender.join()
        clock.write_text("+30d")
        self.check_jumped(exporter)
