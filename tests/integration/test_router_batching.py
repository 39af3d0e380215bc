"""What leaves the router: whole lines, in packets no longer than the mtu, in order, and in time."""

import collections
import random
import time

from harness import wait_until
from router_case import SLACK, RouterTest, made_lines
from router_page import SENT_BYTES, SENT_PACKETS


class PacketTest(RouterTest):
    """Every datagram that a node gets, for several values of mtu."""

    def check_packets(self, node, mtu, sent):
        """Whole lines of `sent`; no packet over the mtu, but a line that alone is longer."""
        known = set(sent)
        for packet in node.data.datagrams:
            self.assertTrue(packet.endswith(b"\n"), packet[-40:])
            lines = packet[:-1].split(b"\n")
            self.assertLessEqual(set(lines), known)
            if len(packet) > mtu:
                self.assertEqual(len(lines), 1, f"{len(packet)} bytes in {len(lines)} lines")

    def lines(self, seed, count, longest):
        generator = random.Random(seed)
        made = []
        for i in range(count):
            head = b"len%d.x" % i
            made.append(head.ljust(generator.randrange(12, longest), b"y") + b":1|c")
        return made

    def test_packets_hold_whole_lines_and_keep_to_the_mtu(self):
        for mtu in (1, 64, 512, 1432, 8932, 65507):
            with self.subTest(mtu=mtu):
                nodes = self.start_nodes(2)
                self.start_before(nodes, mtu=mtu, threads=1)
                lines = self.lines(mtu, 2000, 200)
                self.send_and_check(lines)
                for node in nodes:
                    self.check_packets(node, mtu, lines)

    def test_a_line_at_the_edge_of_the_mtu_shares_a_packet_or_goes_alone(self):
        nodes = self.start_nodes(1)
        self.start_before(nodes, mtu=100, flush_interval="50ms")
        # With its LF: exactly the mtu, one less, one more; then two that fit together to the byte.
        lines = [(b"edge%d:1|c|#" % size).ljust(size - 1, b"x") for size in (100, 99, 101, 50, 50)]
        lines[4] = lines[4][:-1] + b"y"
        self.sender().send(lines)
        self.wait_arrived(len(lines))
        self.assertEqual(
            [len(packet) for packet in nodes[0].data.datagrams], [100, 99, 101, 100]
        )

    def test_packets_are_filled(self):
        # 30-byte lines: 47 of them in a packet of 1432.
        nodes = self.start_nodes(2)
        self.start_before(nodes, threads=1, flush_interval="5s")
        lines = [(b"fill.name%d:%d|c|#" % (i % 50, i)).ljust(29, b"t") for i in range(20_000)]
        self.send_and_check(lines, per_packet=30)
        page = self.page()
        for node in nodes:
            packets = node.data.datagrams
            self.assertEqual({len(packet) for packet in packets[:-20]}, {47 * 30})
            self.assertEqual(page.of(SENT_PACKETS, node.label), len(packets))
            self.assertEqual(
                page.of(SENT_BYTES, node.label),
                sum(len(packet) for packet in packets),
            )

    def test_lines_of_one_source_keep_their_order(self):
        nodes = self.start_nodes(3)
        self.start_before(nodes, threads=2)
        senders = [self.sender(kind) for kind in ("udp", "udp", "tcp")]
        sent = 0
        for number, sender in enumerate(senders):
            lines = [b"order%d.name%d:%d|g" % (number, i % 20, i) for i in range(3000)]
            self.send_all(lines, sender)
            sent += len(lines)
        self.wait_arrived(sent)
        for node in nodes:
            last = collections.defaultdict(lambda: -1)
            for line in node.lines():
                name, _, rest = line.partition(b":")
                number = int(rest.split(b"|")[0])
                self.assertLess(last[name], number, name)
                last[name] = number


class FlushTest(RouterTest):
    def test_a_line_waits_for_others_no_longer_than_the_flush_interval(self):
        nodes = self.start_nodes(1)
        self.start_before(nodes, flush_interval="3s", threads=1)
        with self.sender() as sender:
            # The interval begins with a line when none waits, and at the start.
            sender.send([b"before:1|c"])
            self.wait_arrived(1)
            begun = time.time()
            sender.send([b"first:1|c"])
            self.wait_received(2)
            sender.send([b"second:1|c"])
            self.wait_arrived(3)
        arrived, packet = nodes[0].data.arrivals[1]
        self.assertEqual(packet, b"first:1|c\nsecond:1|c\n")
        self.assertGreater(arrived - begun, 2)
        self.assertLess(arrived - begun, 3 + SLACK)

    def test_full_packets_do_not_wait(self):
        nodes = self.start_nodes(1)
        self.start_before(nodes, flush_interval="10s", threads=1)
        lines = made_lines(5000)
        self.send_all(lines)
        self.wait_arrived(4000)

    def test_what_waits_is_sent_at_the_end(self):
        nodes = self.start_nodes(2)
        router = self.start_before(nodes, flush_interval="10s")
        lines = made_lines(30)
        self.send_all(lines)
        self.wait_received(30)
        self.assertEqual(self.counts(), {"a": 0, "b": 0})
        router.end()
        self.wait_arrived_without_page(30)
        expected = self.owners(lines)
        self.assertEqual(self.received(), expected)

    def wait_arrived_without_page(self, count):
        wait_until(lambda: sum(self.counts().values()) >= count, f"{count} lines have arrived")
        self.assertEqual(sum(self.counts().values()), count)

    def test_what_waits_when_the_configuration_is_read_again_is_still_sent(self):
        nodes = self.start_nodes(2)
        router = self.start_before(nodes, flush_interval="500ms")
        lines = made_lines(30)
        self.send_all(lines)
        self.wait_received(30)
        self.assertEqual(router.reload().status, 200)
        # Nothing more comes that would start the timer.
        self.check_placed(lines)

    def test_a_shorter_flush_interval_comes_into_force_with_a_reload(self):
        nodes = self.start_nodes(1)
        router = self.start_before(nodes, flush_interval="100s")
        self.send_all(made_lines(5))
        self.wait_received(5)
        self.assertEqual(router.reload({**self.config, "flush_interval": "5ms"}).status, 200)
        self.send_all(made_lines(5, "m"))
        self.wait_arrived(10)
