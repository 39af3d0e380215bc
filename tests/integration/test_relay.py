"""The relay: every line goes on whole to another StatsD server, and a dead one harms nobody."""

import socket
import threading

from harness import IntegrationTest, free_port, wait_until
from senders import TcpSender, UdpSender

PACKETS = "statsd_exporter_relay_packets_total"
LINES = "statsd_exporter_relay_lines_relayed_total"
LONG_LINES = "statsd_exporter_relay_long_lines_total"
DROPPED = "weir_relay_dropped_lines_total"
ALL_LINES = 1_000
# Lines on their way at one time: the smallest usual socket buffer (208 KiB) holds them, each a packet.
ROUND_LINES = 200


class Receiver:
    """A StatsD server that keeps the datagrams it gets."""

    def __init__(self, port=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.datagrams = []
        self.lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def address(self):
        return "127.0.0.1:%d" % self.socket.getsockname()[1]

    def _read(self):
        while datagram := self.socket.recv(70_000):
            self.datagrams.append(datagram)
            self.lines += datagram.split(b"\n")[:-1]

    def close(self):
        # An empty datagram, which no relay sends, ends the thread.
        with UdpSender(self.socket.getsockname()) as waker:
            waker.socket.send(b"")
        self._reader.join()
        self.socket.close()


class RelayFixture(IntegrationTest):
    def start_relay(self, *flags, address=None):
        if address is None:
            self.receiver = Receiver()
            self.addCleanup(self.receiver.close)
            address = self.receiver.address
        self.target = address
        return self.start_exporter(f"--statsd.relay.address={address}", *flags)

    def relay(self, page, name, **labels):
        return page.value(name, target=self.target, **labels)

    def wait_for_lines(self, receiver, count):
        wait_until(lambda: len(receiver.lines) >= count, lambda: f"{count} lines; {len(receiver.lines)}")

    def check_whole(self, packet_length):
        for datagram in self.receiver.datagrams:
            self.assertLessEqual(len(datagram), packet_length)
            self.assertTrue(datagram.endswith(b"\n"))


class RelayTest(RelayFixture):
    def send_in_rounds(self, sender, lines):
        for begin in range(0, len(lines), ROUND_LINES):
            part = lines[begin:begin + ROUND_LINES]
            for first in range(0, len(part), 20):
                sender.send(part[first:first + 20])
            self.wait_for_lines(self.receiver, begin + len(part))

    def check_all_relayed(self, connect, packet_length, *flags):
        exporter = self.start_relay(*flags)
        sent = [b"relayed.%d:%d|c|#number:%d" % (n % 7, n, n) for n in range(ALL_LINES)]
        with connect(exporter) as sender:
            self.send_in_rounds(sender, sent)
        self.assertEqual(self.receiver.lines, sent)
        self.check_whole(packet_length)
        page = exporter.wait_for_value(len(sent), LINES, target=self.target)
        self.assertEqual(self.relay(page, PACKETS), len(self.receiver.datagrams))
        self.assertEqual(self.relay(page, LONG_LINES), 0)
        self.assertEqual(page.sum(DROPPED), 0)
        self.assertEqual(page.value("weir_samples_applied_total"), len(sent))
        return page

    def test_every_line_of_a_stream_arrives_whole_and_in_order(self):
        page = self.check_all_relayed(lambda exporter: TcpSender(exporter.endpoint("tcp")), 1400)
        # All packets are full but those that waited a second for more.
        self.assertLess(self.relay(page, PACKETS), ALL_LINES / 10)

    def test_every_line_of_datagrams_arrives_whole_and_in_order(self):
        self.check_all_relayed(lambda exporter: UdpSender(exporter.endpoint("udp")), 1400)

    def test_no_packet_is_longer_than_the_packet_length(self):
        self.check_all_relayed(
            lambda exporter: TcpSender(exporter.endpoint("tcp")), 60, "--statsd.relay.packet-length=60"
        )

    def test_several_threads_relay_every_line(self):
        exporter = self.start_relay("--threads=4")
        sent = []
        for number in range(20):
            with UdpSender(exporter.endpoint("udp")) as sender:
                lines = [b"thread.%d:%d|c" % (number, n) for n in range(20)]
                sender.send(lines)
                sent += lines
        self.wait_for_lines(self.receiver, len(sent))
        self.assertEqual(sorted(self.receiver.lines), sorted(sent))
        self.check_whole(1400)

    def test_lines_are_relayed_as_they_came_and_whatever_becomes_of_them(self):
        sent = [
            b"tagged:1|c|#env:prod", b"influx,a=b:1|c", b"no colon", b"bad:x|c", b"_sc|Redis|0",
            b"_e{5,4}:title|text", b"packed:1:2:3|ms", b"\xff\xfe:1|c", b"taken:1|c", b"taken:1|g",
        ]
        exporter = self.start_relay()
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send([b"", *sent, b""])
        self.wait_for_lines(self.receiver, len(sent))
        self.assertEqual(self.receiver.lines, sent)

    def test_a_line_that_no_packet_holds_is_counted_and_applied(self):
        exporter = self.start_relay("--statsd.relay.packet-length=40")
        fits, too_long = b"f" * 35 + b":1|c", b"t" * 36 + b":1|c"
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send([too_long, fits, too_long, b"end:1|c"])
        self.wait_for_lines(self.receiver, 2)
        self.assertEqual(self.receiver.lines, [fits, b"end:1|c"])
        page = exporter.wait_for_value(1, "end")
        self.assertEqual(self.relay(page, LONG_LINES), 2)
        self.assertEqual(self.relay(page, LINES), 2)
        self.assertEqual(page.value("t" * 36), 2)
        exporter.wait_for_log("too long to be relayed.*packet_length=40")

    def test_nothing_of_a_relay_is_told_without_one(self):
        page = self.start_exporter().scrape()
        self.assertEqual(page.series(LINES) + page.series(PACKETS) + page.series(DROPPED), [])


class DeadTargetTest(RelayFixture):
    COUNT = 20_000

    def send_burst(self, exporter, name):
        """Over TCP, which slows the sender down should the exporter ever wait for the target."""
        with TcpSender(exporter.endpoint("tcp")) as sender:
            for _ in range(self.COUNT // 100):
                sender.send([name + b":1|c"] * 100)
        return exporter.wait_for_value(self.COUNT, name.decode())

    def test_a_dead_target_loses_nothing_here_and_gets_lines_again_when_it_is_back(self):
        port = free_port()
        exporter = self.start_relay(address=f"127.0.0.1:{port}")
        self.send_burst(exporter, b"while_dead")
        page = self.send_burst(exporter, b"still_dead")
        taken = self.relay(page, LINES)
        self.assertEqual(taken, 2 * self.COUNT)
        refused = self.relay(page, DROPPED, reason="refused")
        # What the kernel did not tell of: the packet that waits, and the last ones that went.
        self.assertGreater(refused, 0)
        self.assertLessEqual(page.sum(DROPPED), taken)
        exporter.wait_for_log("level=WARN.*not relayed.*reason=refused")
        self.assertEqual(exporter.get("/-/healthy").status, 200)

        self.receiver = Receiver(port)
        self.addCleanup(self.receiver.close)
        back = 0

        def arrives():
            nonlocal back
            back += 1
            with TcpSender(exporter.endpoint("tcp")) as sender:
                sender.send([b"back:1|c"])
            return b"back:1|c" in self.receiver.lines

        wait_until(arrives, "a line at the target that is back")
        page = exporter.wait_for_value(back, "back")
        self.assertEqual(page.value("while_dead") + page.value("still_dead"), 2 * self.COUNT)
        self.assertEqual(page.value("weir_samples_applied_total"), 2 * self.COUNT + back)

    def test_a_target_that_reads_nothing_slows_nobody(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            exporter = self.start_relay(address="127.0.0.1:%d" % silent.getsockname()[1])
            page = self.send_burst(exporter, b"unread")
            self.assertEqual(self.relay(page, LINES), self.COUNT)
            self.assertGreater(self.relay(page, PACKETS), 0)

    def test_a_stop_sends_what_waits(self):
        exporter = self.start_relay()
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send([b"last:1|c"])
            exporter.wait_for_value(1, "last")
        self.assertEqual(exporter.stop(), 0)
        self.wait_for_lines(self.receiver, 1)
        self.assertEqual(self.receiver.lines, [b"last:1|c"])
