"""The process: how it starts, in place of another router too, and how it ends without losing a line."""

import json
import os
import re
import signal
import socket
import subprocess

from harness import DEADLINE_SECONDS, ROOT, ROUTER, Router, free_port, start, stop, wait_until
from router_case import RouterTest, made_lines
from router_page import OPEN_CONNECTIONS, OWN_LINES
from senders import UdpSender

SAMPLES = ROOT / "examples" / "router"


class StartTest(RouterTest):
    def test_it_starts_from_every_sample(self):
        flags = [*Router.DEFAULTS, "--console.listen-address=127.0.0.1:0"]
        for path in sorted(SAMPLES.iterdir()):
            with self.subTest(path.name):
                router = self.start_router(path.read_text(), *flags, name=path.name)
                self.assertEqual(router.get("/-/healthy").status, 200)
                router.endpoint("console")
                router.end()

    def test_it_starts_in_place_of_each_router_and_serves_its_clients(self):
        nodes = self.start_nodes(3)
        places = [
            (node.data.address.rpartition(":")[2], node.health.address.rpartition(":")[2])
            for node in nodes
        ]
        plain = [{"host": "127.0.0.1", "port": int(data), "adminport": int(health)}
                 for data, health in places]  # fmt: skip
        files = {
            "hulu": "data_port=1\ncontrol_port=2\ndownstream="
            + ",".join(f"127.0.0.1:{data}:{health}" for data, health in places)
            + "\ndownstream_flush_interval=0.01\n",
            "slots": json.dumps({"nodes": plain, "port": 1, "managementport": 2, "checkInterval": 2}),
            "etsy": "{nodes: " + json.dumps(plain) + ", port: 1, mgmt_port: 2, checkInterval: 2000}",
        }
        flags = [*Router.DEFAULTS, "--console.listen-address=127.0.0.1:0"]
        self.nodes = {node.label: node for node in nodes}
        for placement, text in files.items():
            with self.subTest(placement):
                self.router = self.start_router(text, *flags)
                addresses = [node.data.address for node in nodes]
                self.config = {"placement": placement, "downstreams": [
                    {"label": address, "address": address} for address in addresses]}  # fmt: skip
                by_address = {node.data.address: node for node in nodes}
                self.nodes = by_address
                self.send_and_check(made_lines(600, placement))
                by_address[addresses[1]].health.set("refused")
                self.wait_ring(addresses[0], addresses[2])
                self.send_and_check(
                    made_lines(300, placement + "2"), live=[addresses[0], addresses[2]]
                )
                by_address[addresses[1]].health.set("up")
                self.wait_ring(*addresses)
                self.router.end()

    def test_it_starts_without_a_file(self):
        nodes = self.start_nodes(2, health=None)
        self.nodes = {node.data.address: node for node in nodes}
        flags = [f"--downstream={node.data.address}" for node in nodes]
        self.router = self.start_router(None, *flags)
        self.config = {"downstreams": [
            {"label": label, "address": label} for label in self.nodes]}  # fmt: skip
        self.send_and_check(made_lines(300))

    def consecutive_ports(self, count):
        """The first of so many UDP ports in a row that were free a moment ago."""
        while True:
            first = free_port()
            try:
                held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
                for i, one in enumerate(held):
                    one.bind(("127.0.0.1", first + i))
                return first
            except (OSError, OverflowError):
                continue
            finally:
                for one in held:
                    one.close()

    def test_with_hulus_threads_num_the_ports_after_the_data_port_are_served_too(self):
        node = self.start_node("a")
        data, health = (address.rpartition(":")[2] for address in
                        (node.data.address, node.health.address))  # fmt: skip
        for _ in range(10):
            first = self.consecutive_ports(4)
            text = (
                f"data_port={first}\ncontrol_port={free_port()}\nthreads_num=4\n"
                f"downstream=127.0.0.1:{data}:{health}\ndownstream_flush_interval=0.01\n"
            )
            router = Router(text, defaults=["--web.listen-address=127.0.0.1:0"])
            try:
                router.wait_ready()
                break
            except AssertionError:  # somebody was faster
                self.assertNotEqual(router.stop(), 0)
        self.addCleanup(router.end)
        for i in range(4):
            with UdpSender(("127.0.0.1", first + i)) as sender:
                sender.send([b"to.port:%d|c" % i])
            node.data.wait_for(i + 1)
        self.assertEqual(node.lines(), [b"to.port:%d|c" % i for i in range(4)])

    def check_refused(self, config, *names):
        file = self.temp_dir() / "router.yml"
        file.write_text(Router.text_of(config))
        done = subprocess.run([ROUTER, file], capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        complaints = [line for line in done.stderr.splitlines() if "level=INFO" not in line]
        self.assertEqual(len(complaints), 1, done.stderr)
        for name in names:
            self.assertIn(name, complaints[0])

    def test_an_address_in_use_is_one_clear_line(self):
        node = {"downstreams": [{"address": "127.0.0.1:1", "health": "none"}]}
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            for config, key in (
                ({"listen": {"tcp": address}}, "listen.tcp"),
                ({"web": {"listen": address}}, "web.listen"),
                ({"console": {"listen": address}}, "console.listen"),
            ):
                with self.subTest(key):
                    self.check_refused({**node, **config}, key, address)

    def test_the_same_addresses_are_free_again_at_once(self):
        nodes = self.start_nodes(1)
        router = self.start_before(nodes, console={"listen": "127.0.0.1:0"})
        self.send_and_check(made_lines(50), sender=self.sender("tcp"))
        with socket.create_connection(router.endpoint("console")) as open_one:
            open_one.sendall(b"health\n")
            self.assertEqual(open_one.recv(100), b"health: up\n")
            keys = {
                "listen": {"udp": router.address("udp"), "tcp": router.address("tcp")},
                "web": {"listen": router.address("http")},
                "console": {"listen": router.address("console")},
            }
            router.end()
        self.start_before(nodes, **keys)
        self.send_and_check(made_lines(50, "again"), sender=self.sender("tcp"))


class EndTest(RouterTest):
    """What was accepted before SIGTERM reaches the nodes; the sockets hold most of it by then."""

    def start_everything(self, **keys):
        directory = self.temp_dir()
        listen = {"unixgram": str(directory / "datagram"), "unix": str(directory / "stream")}
        self.start_before(self.start_nodes(3), listen=listen, **keys)

    def check_end(self, send, sig=signal.SIGTERM):
        """Stops the router, has send() fill its sockets, and ends it."""
        process = self.router.process
        process.send_signal(signal.SIGSTOP)
        lines = send()
        process.send_signal(sig)
        process.send_signal(signal.SIGCONT)
        self.assertEqual(process.wait(DEADLINE_SECONDS), 0, self.router.tail())
        wait_until(
            lambda: sum(self.counts().values()) == len(lines),
            lambda: f"{len(lines)} lines: {self.counts()}\n{self.router.tail()}",
        )
        self.assertEqual(self.received(), self.owners(lines))
        line = self.router.wait_for_log("msg=Drained.*").group(0)
        told = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}
        self.assertEqual(told, {"lines": len(lines), "lines_sent": len(lines),
                                "lines_dropped": 0, "kernel_drops": 0})  # fmt: skip

    def fill(self, kinds=("udp", "tcp", "unixgram", "unix"), count=200):
        senders = [(kind, self.sender(kind)) for kind in kinds for _ in range(3)]

        def send():
            lines = []
            for number, (kind, sender) in enumerate(senders):
                # A unix datagram socket holds no more than some ten datagrams.
                some = made_lines(60 if kind == "unixgram" else count, f"end{number}")
                self.send_all(some, sender)
                lines += some
            return lines

        return send

    def test_what_waits_in_the_sockets_at_sigterm_is_sent(self):
        self.start_everything()
        self.check_end(self.fill())

    def test_sigint_ends_it_as_well(self):
        self.start_everything()
        self.check_end(self.fill(), signal.SIGINT)

    def test_more_than_the_packers_hold_is_sent_too(self):
        self.start_everything(threads=1, flush_interval="10s")
        self.check_end(self.fill(kinds=("udp",), count=30_000))

    def test_tcp_nodes_get_all_of_it(self):
        nodes = self.start_nodes(3, transport="tcp")
        self.start_before(nodes, flush_interval="10s")
        self.check_end(self.fill(kinds=("udp", "tcp"), count=3000))

    def test_a_tcp_node_that_takes_nothing_holds_the_end_up_for_seconds_only(self):
        node = self.start_node("a", transport="tcp", health=None)
        node.data.close_port()
        self.start_before([node])
        self.send_all(made_lines(100))
        self.wait_received(100)
        self.router.end()
        self.router.wait_for_log("msg=Drained lines=100 lines_sent=0 lines_dropped=100")


class LimitTest(RouterTest):
    def test_a_small_limit_of_open_files_leaves_probes_and_datagrams_working(self):
        nodes = self.start_nodes(2)
        self.nodes = {node.label: node for node in nodes}
        self.config = self.config_of(nodes)
        self.router = self.start_router(self.config, prefix=["prlimit", "--nofile=80:80"])
        connections = [socket.socket() for _ in range(150)]
        for connection in connections:
            self.addCleanup(connection.close)
            connection.setblocking(False)
            connection.connect_ex(self.router.endpoint("tcp"))
        self.wait_page(lambda page: page.page.sum(OPEN_CONNECTIONS) > 10, "connections")
        for node in nodes:
            node.health.wait_for_probes(3, since=nodes[0].health.probes[-1][0])
        self.send_and_check(made_lines(200))
        self.assertEqual(self.page().in_ring(), {"a", "b"})
        for connection in connections:
            connection.close()
        self.send_and_check(made_lines(200, "tcp"), sender=self.sender("tcp"))

    def test_a_log_that_nobody_reads_stops_nothing(self):
        nodes = self.start_nodes(2)
        check = {"interval": "20ms", "timeout": "20ms", "fall": 1, "rise": 1}
        self.nodes = {node.label: node for node in nodes}
        udp, web = free_port(), free_port()
        self.config = self.config_of(
            nodes, listen={"udp": f"127.0.0.1:{udp}", "tcp": ""},
            web={"listen": f"127.0.0.1:{web}"}, health_check=check,
        )  # fmt: skip
        file = self.temp_dir() / "router.yml"
        file.write_text(Router.text_of(self.config))
        read, write = os.pipe()
        self.addCleanup(os.close, read)
        os.set_blocking(write, False)
        try:
            while True:
                os.write(write, b"x" * 4096)
        except BlockingIOError:
            pass
        os.set_blocking(write, True)
        process = start([ROUTER, file, "--log.level=debug"], stderr=write)
        os.close(write)
        self.addCleanup(stop, process)
        nodes[1].health.set("flapping")  # each change is a line
        nodes[1].health.wait_for_probes(30)
        with UdpSender(("127.0.0.1", udp)) as sender:
            self.send_all(made_lines(300), sender)
        wait_until(lambda: sum(self.counts().values()) == 300, "all lines arrive")
        self.assertEqual(stop(process), 0)


class PingTest(RouterTest):
    def test_each_worker_sends_hulus_lines_about_itself(self):
        nodes = self.start_nodes(2)
        host, port = socket.gethostname(), free_port()
        self.start_before(
            nodes, threads=2, ping={"interval": "100ms", "prefix": "weir.self"},
            listen={"udp": f"127.0.0.1:{port}"},
        )  # fmt: skip
        places = {node.label: node.data.address.replace(".", "_").replace(":", "-") for node in nodes}
        for node in nodes:
            node.data.wait_for(20)
        got = [line.decode() for node in nodes for line in node.lines()]
        for node in nodes:
            lines = [line.decode() for line in node.lines()]
            for worker in (port, port + 1):
                self.assertIn(
                    f"weir.self.{host}-{worker}-{places[node.label]}.connections:1|c", lines
                )
            self.assertIn(f"weir.self.{places[node.label]}.connections:1|c", lines)
            traffic = re.compile(rf"weir\.self\.{places[node.label]}\.(traffic|packets):(\d+)\|c$")
            kinds = {match.group(1) for line in got if (match := traffic.match(line))}
            self.assertEqual(kinds, {"traffic", "packets"})
        healthy = re.compile(rf"weir\.self\.{re.escape(host)}-\d+\.healthy_downstreams:2\|g$")
        self.assertTrue(any(healthy.match(line) for line in got), got[:10])
        # By placement: what is not `connections` stands where the oracle has its name.
        for label, node in self.nodes.items():
            for line in node.lines():
                if b".healthy_downstreams" in line or b".traffic" in line:
                    self.assertEqual(self.owners([line])[label].total(), 1, line)

    def test_own_lines_are_counted_apart_from_received_ones(self):
        nodes = self.start_nodes(2)
        self.start_before(nodes, ping={"interval": "50ms"})
        nodes[0].data.wait_for(10)
        self.send_all(made_lines(100))
        page = self.wait_received(100)
        self.assertEqual(page.lines(), 100)
        self.assertGreater(page.total(OWN_LINES), 10)
        self.router.end()
        drained = self.router.wait_for_log(r"msg=Drained lines=(\d+) lines_sent=(\d+)")
        self.assertEqual(drained.group(1), "100")
        sent = int(drained.group(2))
        wait_until(lambda: sum(self.counts().values()) == sent, lambda: f"{sent}: {self.counts()}")

    def test_without_ping_it_says_nothing_about_itself(self):
        nodes = self.start_nodes(1)
        self.start_before(nodes)
        nodes[0].health.wait_for_probes(3)
        self.assertEqual(nodes[0].data.count, 0)
