"""Every way in and every way out."""

import collections
import socket
import subprocess

from harness import wait_until
from router_case import RouterTest, made_lines
from router_page import HELD, TOO_LONG_LINES, WAITING, WAITING_BYTES
from senders import FramedSender, TcpSender, UdpSender


class IntakeTest(RouterTest):
    def start(self, **keys):
        directory = self.temp_dir()
        listen = {"unixgram": str(directory / "datagram"), "unix": str(directory / "stream")}
        return self.start_before(self.start_nodes(3), listen=listen, **keys)

    def test_every_transport_is_taken(self):
        self.start()
        for kind in ("udp", "tcp", "unixgram", "unix"):
            with self.subTest(kind):
                self.send_and_check(made_lines(500, kind), sender=self.sender(kind))

    def test_all_transports_at_once_lose_nothing(self):
        self.start()
        senders = [(kind, self.sender(kind)) for kind in ("udp", "tcp", "unixgram", "unix") * 3]
        lines = []
        for part in range(20):
            for number, (kind, sender) in enumerate(senders):
                some = made_lines(30, f"{kind}{number}.{part}")
                sender.send(some)
                lines += some
        self.check_placed(lines)

    def test_frames_of_dogstatsd_over_a_unix_stream_are_taken(self):
        router = self.start()
        sender = FramedSender(router.address("unix"))
        self.addCleanup(sender.close)
        self.send_and_check(made_lines(200, "framed"), sender=sender)

    def test_a_line_that_comes_byte_by_byte_is_one(self):
        self.start()
        sender = self.sender("tcp")
        sender.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"slow.line:1|c\r\nnext:2|c\n":
            sender.socket.sendall(bytes([byte]))
        self.check_placed([b"slow.line:1|c", b"next:2|c"])

    def test_the_unended_last_line_of_a_connection_counts_when_it_closes(self):
        self.start()
        with TcpSender(self.router.endpoint("tcp")) as sender:
            sender.socket.sendall(b"one:1|c\nlast:2|c")
        self.check_placed([b"one:1|c", b"last:2|c"])

    def test_a_line_over_64_kib_is_skipped_and_the_connection_goes_on(self):
        self.start()
        self.sender("tcp").socket.sendall(b"x" * 70_000 + b":1|c\nafter:1|c\n")
        self.check_placed([b"after:1|c"])
        self.assertEqual(self.page().page.sum(TOO_LONG_LINES), 1)

    def test_abstract_sockets_are_taken(self):
        name = "@weir-test-" + self.temp_dir().name
        self.start_before(self.start_nodes(2), listen={"unixgram": name, "unix": name + "-stream"})
        for kind in ("unixgram", "unix"):
            self.send_and_check(made_lines(100, kind), sender=self.sender(kind))

    def test_ipv6_is_taken(self):
        listen = {"udp": "[::1]:0", "tcp": "[::1]:0"}
        self.start_before(self.start_nodes(2), listen=listen)
        for kind in ("udp", "tcp"):
            self.send_and_check(made_lines(100, kind), sender=self.sender(kind))

    def test_several_udp_ports_are_taken(self):
        self.start_before(self.start_nodes(2), listen={"udp": ["127.0.0.1:0", "127.0.0.1:0"]})
        addresses = {
            match.group(1) for match in self.router.logged(r"Listening.*protocol=udp address=(\S+)")
        }
        self.assertEqual(len(addresses), 2)
        for address in addresses:
            host, _, port = address.rpartition(":")
            with UdpSender((host, int(port))) as sender:
                self.send_and_check(made_lines(50, port), sender=sender)


class OutputTest(RouterTest):
    def test_every_transport_is_sent_to(self):
        path = self.temp_dir() / "node"
        nodes = [
            self.start_node("a"),
            self.start_node("b", transport="tcp"),
            self.start_node("c", path=path),
            self.start_node("d", path="@weir-test-" + path.parent.name),
        ]
        self.start_before(nodes)
        self.send_and_check(made_lines(4000))
        self.check_conserved(4000)

    def test_ipv6_is_sent_to(self):
        receiver = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.addCleanup(receiver.close)
        receiver.bind(("::1", 0))
        receiver.settimeout(10)
        address = "[::1]:%d" % receiver.getsockname()[1]
        router = self.start_router(
            {"flush_interval": "5ms", "downstreams": [{"address": address, "health": "none"}]}
        )
        with UdpSender(router.endpoint("udp")) as sender:
            sender.send([b"six:6|c"])
        self.assertEqual(receiver.recv(100), b"six:6|c\n")

    def test_names_are_sent_to(self):
        node = self.start_node("a")
        port = node.data.address.rpartition(":")[2]
        self.nodes = {"a": node}
        self.config = self.config_of([node])
        self.config["downstreams"][0]["address"] = f"localhost:{port}"
        self.router = self.start_router(self.config)
        self.send_and_check(made_lines(100))

    def test_a_name_that_is_not_known_yet_is_sent_to_once_it_is(self):
        """In a file system of its own, where /etc/hosts learns the name later."""
        directory = self.temp_dir()
        hosts, switch = directory / "hosts", directory / "nsswitch.conf"
        hosts.write_text("127.0.0.1 localhost\n")
        switch.write_text("hosts: files\n")
        script = f'mount --bind {hosts} /etc/hosts && mount --bind {switch} /etc/nsswitch.conf && exec "$@"'
        unshare = ("unshare", "--mount", "sh", "-c", script, "sh")
        if subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
            self.skipTest("this machine lets nobody make a file system of its own")
        node = self.start_node("a", health=None)
        self.nodes = {"a": node}
        self.config = self.config_of([node])
        port = node.data.address.rpartition(":")[2]
        self.config["downstreams"][0]["address"] = f"late-node.test:{port}"
        self.router = self.start_router(self.config, prefix=unshare)
        self.send_all(made_lines(10, "early"))
        self.wait_page(lambda page: page.dropped() == {"unreachable": 10}, "10 lines dropped")
        with hosts.open("a") as file:
            file.write("127.0.0.1 late-node.test\n")
        self.router.wait_for_log("late-node.test.*127.0.0.1")
        self.send_and_check(made_lines(10))
        self.check_conserved(20, {"unreachable": 10})

    def test_tcp_keeps_lines_until_the_connection_comes_about(self):
        node = self.start_node("a", transport="tcp", health=None)
        node.data.close_port()
        self.start_before([node])
        lines = made_lines(1000)
        self.send_all(lines)
        self.wait_page(lambda page: page.of(WAITING, "a") == 1000, "1000 lines that wait")
        node.data.open_port()
        self.check_placed(lines)
        self.check_conserved(1000)

    def test_a_full_tcp_queue_drops_the_newest_and_counts_them(self):
        node = self.start_node("a", transport="tcp", health=None)
        node.data.close_port()
        self.nodes = {"a": node}
        self.config = self.config_of([node])
        self.config["downstreams"][0]["queue"] = "64KiB"
        self.router = self.start_router(self.config)
        lines = made_lines(20_000)
        self.send_all(lines, per_packet=50)
        self.wait_received(len(lines))
        # What waits to be packed waits too, until it finds no room in the queue.
        page = self.wait_page(
            lambda page: page.of(WAITING_BYTES, "a") <= 64 << 10, "what waits fits the queue"
        )
        kept = int(page.of(WAITING, "a"))
        node.data.open_port()
        self.wait_arrived(kept)
        got = node.lines()
        self.assertEqual(len(set(got)), kept)
        self.assertLessEqual(sum(len(line) + 1 for line in got), 64 << 10)
        self.assertGreater(kept, 1000)
        self.assertEqual(got[:1000], lines[:1000])
        self.check_conserved(len(lines), {"queue_full": len(lines) - kept})

    def test_a_half_sent_line_is_never_continued_on_a_new_connection(self):
        node = self.start_node("a", transport="tcp", health=None)
        self.start_before([node])
        self.send_and_check(made_lines(1, "hello"))
        node.data.pause()
        # More than the sockets' buffers hold, so that the break comes within a line.
        lines = [(b"big.%d:1|c|#" % i).ljust(1400, b"z") for i in range(9000)]
        self.send_all(lines, sender=self.sender("tcp"), per_packet=40)
        self.wait_received(len(lines) + 1)
        node.data.break_connections()
        node.data.resume()
        known = set(lines) | set(made_lines(1, "hello"))
        page = self.wait_page(lambda page: page.of(WAITING, "a") == 0, "an empty queue")
        wait_until(
            lambda: node.lines() and node.lines()[-1] == lines[-1], "the last line has arrived"
        )
        self.assertLessEqual(set(node.lines()), known, "a piece of a line arrived")
        self.assertEqual(len(node.lines()), len(set(node.lines())), "a line arrived twice")
        # The line that was cut, and nothing else, is what the router may know to be lost.
        self.assertLessEqual(set(page.dropped()), {"cut"})
        self.assertLessEqual(page.dropped().get("cut", 0), 2)

    def test_tcp_comes_back_after_every_break(self):
        node = self.start_node("a", transport="tcp", health=None)
        self.start_before([node], threads=1)
        for part in range(3):
            since = self.counts()
            self.send_all(made_lines(50, f"part{part}"))
            self.wait_arrived(50, since)
            connections = len(node.data.connections)
            node.data.break_connections()
            wait_until(lambda: len(node.data.connections) > connections, "a new connection")
        self.check_conserved(150)

    def test_a_unix_socket_that_goes_and_comes_back_is_found_again(self):
        node = self.start_node("a", path=self.temp_dir() / "node", health=None)
        self.start_before([node], threads=1)
        self.send_and_check(made_lines(20))
        node.data.close_port()
        self.send_all(made_lines(20, "lost"))
        page = self.wait_page(lambda page: sum(page.dropped().values()) == 20, "20 drops")
        self.assertLessEqual(set(page.dropped()), {"refused", "unreachable"})
        node.data.open_port()
        self.send_and_check(made_lines(20, "again"))
        self.assertEqual(sum(page.dropped().values()), 20)

    def test_a_refused_udp_port_loses_what_the_router_counts(self):
        # One packet at a time, each of which comes back before the next: the count is exact.
        node = self.start_node("a", health=None)
        self.start_before([node], threads=1, flush_interval="1ms", health_check={"fall": 1000})
        node.data.close_port()
        sender = self.sender()
        for sent in range(1, 21):
            sender.send([b"refused:%d|c" % sent])
            self.wait_page(
                lambda page: page.dropped().get("refused", 0) == sent, f"{sent} lines refused"
            )
        node.data.open_port()
        self.send_and_check(made_lines(20))
        self.check_conserved(40, {"refused": 20})

    def test_packets_that_begin_alike_and_come_back_are_counted_by_what_they_held(self):
        # Names of one application often have their first bytes in common.
        node = self.start_node("a", health=None)
        self.start_before([node], threads=1, flush_interval="1ms", health_check={"fall": 1000})
        head = b"company.product.service.instance.requests"
        sender, refused = self.sender(), 0
        for number, lines in enumerate((1, 5, 2, 9, 3)):
            # Delivered, so that the router remembers it when the next one comes back.
            self.send_and_check([b"%s:%d|c" % (head, number)], sender=sender)
            node.data.close_port()
            sender.send([b"%s:%d|c|#%d" % (head, number, i) for i in range(lines)])
            refused += lines
            self.wait_page(
                lambda page: page.dropped() == {"refused": refused}, f"{refused} lines refused"
            )
            node.data.open_port()

    def test_a_slow_unix_socket_loses_nothing_that_is_not_counted(self):
        path = self.temp_dir() / "slow"
        slow = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(slow.close)
        slow.bind(str(path))
        self.nodes = {}
        entry = {"address": str(path), "transport": "unixgram", "label": "slow", "health": "none"}
        self.router = self.start_router({"downstreams": [entry], "threads": 1, "flush_interval": "1ms"})
        lines = made_lines(30_000)
        self.send_all(lines, per_packet=30)
        self.wait_received(len(lines))
        self.assertGreater(self.page().dropped().get("would_block", 0), 0)
        slow.settimeout(10)
        got = []

        def settled():
            page = self.page()
            while page.of(WAITING, "slow") or len(got) + page.dropped()["would_block"] < len(lines):
                got.extend(slow.recv(65536)[:-1].split(b"\n"))
                page = self.page()
            return page

        page = settled()
        self.assertEqual(page.of(HELD, "slow"), 0)
        self.assertEqual(len(got) + page.dropped()["would_block"], len(lines))
        self.assertEqual(collections.Counter(got) - collections.Counter(lines), collections.Counter())
