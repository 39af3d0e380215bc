"""Much traffic and many series: nothing is lost, and nobody waits for anybody else."""

import os
import socket
import threading

from harness import IntegrationTest, wait_until
from real_prometheus import Prometheus
from senders import TcpSender

# On a machine that tests everything at once, a shorter load; for a program that a sanitizer slows, less.
STEADY_LINES = 600_000 if os.environ.get("CI") or os.environ.get("WEIR_SANITIZED") else 3_000_000
STEADY_RATE = 30_000 if os.environ.get("WEIR_SANITIZED") else 300_000
STEADY_SERIES = 10_000
LINES_PER_DATAGRAM = 30
MANY_SERIES = 1_000_000


def read_sums(path):
    """Series -> value as a scrape must show it, of the file that weir-load writes."""
    expected = {}
    for row in path.read_text().splitlines():
        name, kind, count, total, last = row.split("\t")
        name = name.replace(".", "_")
        if kind == "c":
            expected[name] = float(total)
        elif kind == "g":
            expected[name] = float(last)
        else:
            expected[name + "_count"] = float(count)
            expected[name + "_sum"] = float(total) / 1000
    return expected


class LoadTest(IntegrationTest):
    def check_sums(self, expected, found):
        self.assertEqual(set(found), set(expected))
        wrong = [
            f"{name}: {found[name]}, not {value}"
            for name, value in expected.items()
            if abs(found[name] - value) > (1e-9 * value if name.endswith("_sum") else 0)
        ]
        self.assertEqual(wrong[:20], [])

    def wait_for_datagrams(self, exporter, sent):
        """Waits until each datagram was received or dropped by the kernel; returns the page."""

        def all_accounted(page):
            received = page.value("statsd_exporter_udp_packets_total")
            return received + page.value("weir_kernel_drops_total", listener="udp") >= sent

        return exporter.wait_for(all_accounted, f"{sent} datagrams received or dropped")

    def test_a_steady_load_arrives_without_loss_and_a_real_prometheus_has_the_exact_sums(self):
        exporter = self.start_exporter()
        prometheus = Prometheus({"statsd": [exporter.address("http")]})
        self.addCleanup(prometheus.stop)
        sums = self.temp_dir() / "sums"
        sent = self.load(
            exporter,
            f"--lines={STEADY_LINES}",
            f"--rate={STEADY_RATE}",
            f"--series={STEADY_SERIES}",
            f"--lines-per-datagram={LINES_PER_DATAGRAM}",
            f"--sums={sums}",
        )
        self.assertEqual(sent["series"], STEADY_SERIES)
        page = self.wait_for_datagrams(exporter, sent["datagrams"])
        self.assertEqual(page.value("weir_kernel_drops_total", listener="udp"), 0)
        prometheus.wait_for_value(
            'sum({job="statsd", __name__=~"app_.*_latency_count"})', sent["timer_lines"]
        )
        settled = prometheus.settled("statsd")
        by_name = 'sum by (__name__) ({job="statsd", __name__=~"app_.*", quantile=""})'
        self.check_sums(
            read_sums(sums),
            {labels["__name__"]: value for labels, value in prometheus.query(by_name, settled)},
        )

    def test_several_threads_lose_nothing_and_show_each_series_once(self):
        exporter = self.start_exporter("--threads=4")
        sums = self.temp_dir() / "sums"
        sent = self.load(
            exporter, "--lines=600000", "--rate=200000", "--series=5000", "--sockets=16", "--tags",
            f"--sums={sums}",
        )
        page = self.wait_for_datagrams(exporter, sent["datagrams"])
        self.assertEqual(page.value("weir_kernel_drops_total", listener="udp"), 0)
        page = exporter.wait_for(
            lambda page: page.value("weir_samples_applied_total") >= sent["lines"], "all lines applied"
        )
        labels = frozenset({("env", "prod"), ("region", "eu-west-1"), ("code", "200")})
        found = {
            name: value for (name, found_labels), value in page.user_samples().items()
            if found_labels == labels
        }
        self.check_sums(read_sums(sums), found)

    def test_of_a_burst_every_datagram_is_received_or_reported_as_dropped(self):
        exporter = self.start_exporter("--statsd.read-buffer=262144")
        sent = self.load(exporter, "--lines=3000000", f"--series={STEADY_SERIES}", "--tags")
        page = self.wait_for_datagrams(exporter, sent["datagrams"])
        received = page.value("statsd_exporter_udp_packets_total")
        dropped = page.value("weir_kernel_drops_total", listener="udp")
        self.assertEqual(received + dropped, sent["datagrams"])
        self.assertGreater(received, 0)
        exporter.wait_for(
            lambda page: sum(
                value for (name, _), value in page.user_samples().items()
                if name.endswith("_latency_count")
            ) + page.value("statsd_exporter_events_total", type="counter")
            + page.value("statsd_exporter_events_total", type="gauge")
            == received * LINES_PER_DATAGRAM,
            "every line received is applied",
        )


class ManySeriesTest(IntegrationTest):
    """One exporter with a million series."""

    def setUp(self):
        self.exporter = self.start_exporter("--admin.listen-address=127.0.0.1:0")
        sent = self.load(
            self.exporter, f"--lines={MANY_SERIES}", f"--series={MANY_SERIES}", "--rate=200000"
        )
        self.assertEqual(sent["series"], MANY_SERIES)
        wait_until(lambda: self.applied() >= MANY_SERIES, "a million series")

    def applied(self):
        """Samples applied, asked at the admin port: a scrape would take long."""
        with socket.create_connection(self.exporter.endpoint("admin"), timeout=60) as connection:
            connection.sendall(b"stats\n")
            answer = b""
            while not answer.endswith(b"END\n\n"):
                answer += connection.recv(65536)
        stats = dict(line.split(": ", 1) for line in answer.decode().splitlines() if ": " in line)
        return float(stats["weir_samples_applied_total"])

    def check_others_answer(self):
        for path in ("/-/healthy", "/health", "/-/ready"):
            self.assertEqual(self.exporter.get(path).status, 200)

    def start_scrape(self):
        """A connection on which a scrape has begun: its first bytes are read."""
        connection = socket.create_connection(self.exporter.endpoint("http"), timeout=60)
        self.addCleanup(connection.close)
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        begin = b""
        while b"\r\n\r\n" not in begin:
            begin += connection.recv(4096)
        self.assertTrue(begin.startswith(b"HTTP/1.1 200 "), begin[:100])
        return connection

    def test_health_is_answered_while_a_scrape_runs_and_while_its_reader_stalls(self):
        stalled = self.start_scrape()
        self.check_others_answer()

        # A shard does not wait for the stalled reader either.
        before = self.applied()
        with TcpSender(self.exporter.endpoint("tcp")) as sender:
            sender.send([b"during.scrape:1|c"])
        wait_until(lambda: self.applied() == before + 1, "a line applied during a scrape")
        self.assertEqual(stalled.recv(1, socket.MSG_PEEK) != b"", True)

        # Nor does the reader of another page, which gets all of it.
        answered_during_scrape = 0
        page = {}
        reader = threading.Thread(target=lambda: page.update(body=self.exporter.get("/metrics").body))
        reader.start()
        while reader.is_alive():
            self.check_others_answer()
            answered_during_scrape += reader.is_alive()
        self.assertGreater(answered_during_scrape, 0)
        names = page["body"].count(b"\n# TYPE app_")
        self.assertEqual(names, MANY_SERIES)
