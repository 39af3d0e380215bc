"""What clients sent is what a real Prometheus has stored, on every transport.

Sent is the clients' own account; applied is the sum of the values that Prometheus scraped.
"""

import tempfile
import threading

from harness import Exporter, IntegrationTest
from real_prometheus import Prometheus
from senders import (
    Account,
    Client,
    FramedSender,
    TcpSender,
    UdpSender,
    UnixgramSender,
    UnixStreamSender,
)

LINES = 100_000
CLIENTS = 4
# UDP is sent in rounds this small, each awaited, so that the smallest usual buffer (208 KiB) holds one.
UDP_ROUND_LINES = 800


class ConservationTest(IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="weir-")
        cls.addClassCleanup(cls.directory.cleanup)
        cls.exporter = Exporter(
            f"--statsd.listen-unixgram={cls.directory.name}/datagram",
            f"--statsd.listen-unix={cls.directory.name}/stream",
        )
        cls.addClassCleanup(cls.exporter.end)
        cls.exporter.wait_ready()
        cls.prometheus = Prometheus({"statsd": [cls.exporter.address("http")]})
        cls.addClassCleanup(cls.prometheus.stop)

    def clients(self, prefix, connect):
        clients = [Client(connect(), prefix, number) for number in range(CLIENTS)]
        for client in clients:
            self.addCleanup(client.sender.close)
        return clients

    def send_all_at_once(self, clients, lines):
        """Every client sends its part of the lines, each in a thread of its own."""
        threads = [
            threading.Thread(target=client.send, args=[lines // len(clients)]) for client in clients
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def check_sums(self, prefix, clients):
        account = Account()
        for client in clients:
            account.merge(client.account)
        self.assertEqual(account.lines, LINES)
        expected = account.expected()
        hits = sum(account.counters.values())
        timings = sum(account.timer_counts.values())
        self.prometheus.wait_for_value(f'sum({{__name__=~"{prefix}_.*(hits_.*|shared)"}})', hits)
        self.prometheus.wait_for_value(f'sum({{__name__=~"{prefix}_.*_count"}})', timings)
        # Nothing more may have arrived when a later scrape is compared, series by series.
        settled = self.prometheus.settled("statsd")
        stored = {
            labels["__name__"]: (labels, value)
            for labels, value in self.prometheus.query(
                f'{{__name__=~"{prefix}_.*", quantile=""}}', at=settled
            )
        }
        self.assertEqual(set(stored), set(expected))
        for name, value in expected.items():
            labels, found = stored[name]
            self.assertEqual(set(labels), {"__name__", "instance", "job"}, name)
            if name.endswith("_sum"):
                self.assertAlmostEqual(found, value, delta=1e-9 * value, msg=name)
            else:
                self.assertEqual(found, value, name)

    def check_transport(self, prefix, connect):
        clients = self.clients(prefix, connect)
        self.send_all_at_once(clients, LINES)
        self.check_sums(prefix, clients)

    def test_everything_sent_over_udp_is_stored(self):
        clients = self.clients("over_udp", lambda: UdpSender(self.exporter.endpoint("udp")))
        received = self.exporter.scrape().value("statsd_exporter_lines_total")
        for lines in range(UDP_ROUND_LINES, LINES + 1, UDP_ROUND_LINES):
            self.send_all_at_once(clients, UDP_ROUND_LINES)
            self.exporter.wait_for(
                lambda page: page.value("statsd_exporter_lines_total") >= received + lines,
                f"{lines} lines received",
            )
        self.check_sums("over_udp", clients)

    def test_everything_sent_over_tcp_is_stored(self):
        self.check_transport("over_tcp", lambda: TcpSender(self.exporter.endpoint("tcp")))

    def test_everything_sent_over_unix_datagrams_is_stored(self):
        path = self.exporter.address("unixgram")
        self.check_transport("over_unixgram", lambda: UnixgramSender(path))

    def test_everything_sent_over_a_unix_stream_is_stored(self):
        path = self.exporter.address("unix")
        self.check_transport("over_unix", lambda: UnixStreamSender(path))

    def test_everything_sent_in_dogstatsd_frames_is_stored(self):
        path = self.exporter.address("unix")
        self.check_transport("over_frames", lambda: FramedSender(path))
