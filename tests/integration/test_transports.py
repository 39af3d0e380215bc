"""Framing and sockets: what a transport must take, and what it may refuse."""

import os
import secrets
import socket
import unittest

from harness import IntegrationTest
from senders import FramedSender, TcpSender, UdpSender, UnixgramSender, UnixStreamSender

MAX_DATAGRAM = 65507


def have_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


class UdpTest(IntegrationTest):
    def test_a_datagram_of_65507_bytes_arrives_whole(self):
        exporter = self.start_exporter()
        line = b"big.datagram:1|c\n"
        whole, rest = divmod(MAX_DATAGRAM, len(line))
        datagram = line * (whole - 1)
        # The last line is padded so that every byte of the datagram counts.
        tail = b"big.last.%s:1|c"
        datagram += tail % (b"x" * (MAX_DATAGRAM - len(datagram) - len(tail) + 2))
        self.assertEqual(len(datagram), MAX_DATAGRAM)
        with UdpSender(exporter.endpoint("udp")) as sender:
            sender.socket.send(datagram)
        page = exporter.wait_for_value(whole - 1, "big_datagram")
        self.assertEqual(
            [value for (name, _), value in page.samples.items() if name.startswith("big_last_x")], [1]
        )

    def test_the_last_line_needs_no_end(self):
        exporter = self.start_exporter()
        with UdpSender(exporter.endpoint("udp")) as sender:
            sender.socket.send(b"first:1|c\nlast:1|c")
        exporter.wait_for_value(1, "last")

    def test_lines_that_end_in_cr_lf_are_lines(self):
        exporter = self.start_exporter()
        with UdpSender(exporter.endpoint("udp")) as sender:
            sender.socket.send(b"first:1|c\r\nsecond:2|c|#a:b\r\nlast:3|c\r")
        page = exporter.wait_for_value(3, "last")
        self.assertEqual(page.value("first"), 1)
        self.assertEqual(page.value("second", a="b"), 2)

    def test_empty_datagrams_are_harmless(self):
        exporter = self.start_exporter()
        with UdpSender(exporter.endpoint("udp")) as sender:
            for datagram in (b"", b"\n", b"\n\n", b"\r\n", b"after:1|c"):
                sender.socket.send(datagram)
        exporter.wait_for_value(1, "after")

    def test_good_lines_survive_among_bad_ones(self):
        exporter = self.start_exporter()
        bad = b"\n".join([b"no colon at all"] * 500)
        with UdpSender(exporter.endpoint("udp")) as sender:
            sender.socket.send(bad + b"\ngood:1|c\n" + bad)
        page = exporter.wait_for_value(1, "good")
        self.assertEqual(page.value("statsd_exporter_sample_errors_total", reason="malformed_line"), 1000)

    @unittest.skipUnless(have_ipv6(), "this machine has no IPv6")
    def test_ipv6_is_served_on_every_port(self):
        exporter = self.start_exporter(
            "--statsd.listen-udp=[::1]:0", "--statsd.listen-tcp=[::1]:0", "--web.listen-address=[::1]:0"
        )
        with UdpSender(exporter.endpoint("udp")) as sender:
            sender.send([b"over.udp6:1|c"])
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send([b"over.tcp6:1|c"])
        exporter.wait_for_value(1, "over_udp6")
        exporter.wait_for_value(1, "over_tcp6")

    @unittest.skipUnless(have_ipv6(), "this machine has no IPv6")
    def test_an_address_without_a_host_serves_both_families(self):
        exporter = self.start_exporter("--statsd.listen-udp=:0", "--statsd.listen-tcp=:0")
        udp, tcp = exporter.endpoint("udp")[1], exporter.endpoint("tcp")[1]
        for host in ("127.0.0.1", "::1"):
            with UdpSender((host, udp)) as sender:
                sender.send([b"both.udp:1|c"])
            with TcpSender((host, tcp)) as sender:
                sender.send([b"both.tcp:1|c"])
        exporter.wait_for_value(2, "both_udp")
        exporter.wait_for_value(2, "both_tcp")


class TcpTest(IntegrationTest):
    def test_a_line_that_is_too_long_is_dropped_and_the_connection_lives(self):
        exporter = self.start_exporter()
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send([b"before:1|c", b"long." + b"x" * 70_000 + b":1|c", b"after:1|c"])
            page = exporter.wait_for_value(1, "after")
            self.assertEqual(page.value("before"), 1)
            self.assertEqual(page.value("statsd_exporter_tcp_too_long_lines_total"), 1)
            self.assertFalse([name for name, _ in page.samples if name.startswith("long")])
            sender.send([b"after:1|c"])
            exporter.wait_for_value(2, "after")

    def test_a_line_of_almost_64_kib_is_taken(self):
        exporter = self.start_exporter()
        values = b":".join([b"1"] * 32_000)
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.send([b"packed:" + values + b"|ms"])
        page = exporter.wait_for_value(32_000, "packed_count")
        self.assertEqual(page.value("statsd_exporter_tcp_too_long_lines_total"), 0)

    def test_a_line_may_arrive_byte_by_byte(self):
        exporter = self.start_exporter()
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in b"slow:1|c\r\nslow:2|c\nslow:4|c\n":
                sender.socket.send(bytes([byte]))
            exporter.wait_for_value(7, "slow")

    def test_the_end_of_the_connection_ends_the_last_line(self):
        exporter = self.start_exporter()
        with TcpSender(exporter.endpoint("tcp")) as sender:
            sender.socket.send(b"first:1|c\nlast:1|c")
        exporter.wait_for_value(1, "last")

    def test_connections_are_counted(self):
        exporter = self.start_exporter()
        for _ in range(5):
            with TcpSender(exporter.endpoint("tcp")) as sender:
                sender.send([b"connected:1|c"])
        page = exporter.wait_for_value(5, "connected")
        self.assertEqual(page.value("statsd_exporter_tcp_connections_total"), 5)


class UnixTest(IntegrationTest):
    def test_datagrams_arrive_at_a_socket_file(self):
        path = str(self.temp_dir() / "statsd.sock")
        exporter = self.start_exporter(f"--statsd.listen-unixgram={path}")
        with UnixgramSender(path) as sender:
            sender.send([b"first:1|c\r", b"last:1|c"])
        page = exporter.wait_for_value(1, "last")
        self.assertEqual(page.value("first"), 1)
        self.assertGreaterEqual(page.value("statsd_exporter_unixgram_packets_total"), 1)

    def test_datagrams_arrive_at_an_abstract_name(self):
        name = f"@weir-test-{secrets.token_hex(8)}"
        exporter = self.start_exporter(f"--statsd.listen-unixgram={name}")
        with UnixgramSender(name) as sender:
            sender.send([b"abstract:1|c"])
        exporter.wait_for_value(1, "abstract")

    def test_the_socket_file_has_the_mode_asked_for_and_goes_at_the_end(self):
        path = self.temp_dir() / "statsd.sock"
        exporter = self.start_exporter(
            f"--statsd.listen-unixgram={path}", "--statsd.unixsocket-mode=660"
        )
        self.assertEqual(path.stat().st_mode & 0o777, 0o660)
        self.assertEqual(exporter.stop(), 0)
        self.assertFalse(path.exists())

    def test_a_stale_socket_file_is_replaced(self):
        directory = self.temp_dir()
        for flag, kind in (("unixgram", socket.SOCK_DGRAM), ("unix", socket.SOCK_STREAM)):
            with socket.socket(socket.AF_UNIX, kind) as dead:
                dead.bind(str(directory / flag))
        exporter = self.start_exporter(
            f"--statsd.listen-unixgram={directory / 'unixgram'}",
            f"--statsd.listen-unix={directory / 'unix'}",
        )
        with UnixgramSender(str(directory / "unixgram")) as sender:
            sender.send([b"datagram:1|c"])
        with UnixStreamSender(str(directory / "unix")) as sender:
            sender.send([b"stream:1|c"])
        exporter.wait_for_value(1, "datagram")
        exporter.wait_for_value(1, "stream")

    def test_a_stream_takes_lines_with_and_without_cr(self):
        path = str(self.temp_dir() / "statsd.sock")
        exporter = self.start_exporter(f"--statsd.listen-unix={path}")
        with UnixStreamSender(path) as sender:
            sender.socket.sendall(b"first:1|c\nsecond:1|c\r\nlast:1|c")
        page = exporter.wait_for_value(1, "last")
        self.assertEqual((page.value("first"), page.value("second")), (1, 1))

    def test_frames_may_arrive_byte_by_byte(self):
        path = str(self.temp_dir() / "statsd.sock")
        exporter = self.start_exporter(f"--statsd.listen-unix={path}")
        with FramedSender(path) as sender:
            for byte in sender.frame([b"framed:1|c", b"framed:2|c"]) + sender.frame([b"framed:4|c"]):
                sender.socket.send(bytes([byte]))
            exporter.wait_for_value(7, "framed")

    def test_one_socket_serves_lines_and_frames(self):
        path = str(self.temp_dir() / "statsd.sock")
        exporter = self.start_exporter(f"--statsd.listen-unix={path}")
        with UnixStreamSender(path) as text, FramedSender(path) as framed:
            for _ in range(10):
                text.send([b"text:1|c"])
                framed.send([b"framed:1|c"])
            exporter.wait_for_value(10, "text")
            exporter.wait_for_value(10, "framed")

    def test_no_socket_file_is_left_when_only_unix_sockets_listen(self):
        directory = self.temp_dir()
        exporter = self.start_exporter(
            "--statsd.listen-udp=",
            "--statsd.listen-tcp=",
            f"--statsd.listen-unixgram={directory / 'datagram'}",
            f"--statsd.listen-unix={directory / 'stream'}",
        )
        self.assertEqual(len(os.listdir(directory)), 2)
        self.assertEqual(exporter.stop(), 0)
        self.assertEqual(os.listdir(directory), [])
