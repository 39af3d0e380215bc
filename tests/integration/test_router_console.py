"""The text console: the answers of each router it takes the place of, and those who abuse it."""

import socket

from harness import wait_until
from router_case import RouterTest, made_lines


class ConsoleTest(RouterTest):
    STYLE = "own"

    def setUp(self):
        self.start_before(
            self.start_nodes(2), console={"listen": "127.0.0.1:0", "style": self.STYLE}
        )

    def connect(self):
        connection = socket.create_connection(self.router.endpoint("console"), timeout=30)
        self.addCleanup(connection.close)
        return connection

    def ask(self, request, expected, connection=None):
        """Sends the bytes; the answer must be exactly these, and for b"" the end."""
        connection = connection or self.connect()
        connection.sendall(request)
        answer = b""
        while len(answer) < max(1, len(expected)):
            part = connection.recv(65536)
            if not part:
                break
            answer += part
        self.assertEqual(answer, expected)
        return connection

    def text(self, request, end):
        connection = self.connect()
        connection.sendall(request)
        answer = b""
        while not answer.endswith(end):
            part = connection.recv(65536)
            self.assertTrue(part, answer)
            answer += part
        return answer.decode()


class OwnTest(ConsoleTest):
    def test_health_is_answered_with_every_line_end_and_with_none(self):
        for request in (b"health\n", b"health\r\n", b"health", b"HEALTH\n", b"  health  \n"):
            with self.subTest(request):
                self.ask(request, b"health: up\n")

    def test_several_commands_at_once_are_answered_in_turn(self):
        self.ask(b"health\nping\r\nnonsense\n\nhealth\n",
                 b"health: up\npong\nERROR\nERROR\nhealth: up\n")  # fmt: skip

    def test_stats_begin_as_go_statsd_proxys_do(self):
        self.send_and_check(made_lines(7), per_packet=1)
        text = self.text(b"stats\n", b"END\n\n")
        self.assertRegex(
            text, r"^time running in seconds: \d+\npackets_received: 7\.000000\n(\S[^:\n]*: .*\n)+END\n\n$"
        )

    def test_status_shows_every_node_and_the_fingerprint(self):
        self.nodes["b"].health.set("fin")
        page = self.wait_ring("a")
        text = self.text(b"status\n", b"END\n\n")
        self.assertIn(f"fingerprint: {page.fingerprint}\n", text)
        self.assertIn("in_ring: 1 of 2\n", text)
        for node in self.nodes.values():
            self.assertIn(node.data.address, text)

    def test_the_configuration_can_be_read_back(self):
        text = self.text(b"config\nping\n", b"pong\n").removesuffix("pong\n")
        self.assertEqual(self.router.reload(text).status, 200)
        self.send_and_check(made_lines(100))

    def test_help_names_every_command(self):
        text = self.text(b"help\n", b"\n\n")
        for command in ("health", "ping", "stats", "memstats", "status", "config", "drain", "undrain",
                        "help", "quit"):  # fmt: skip
            self.assertIn(command, text)

    def test_quit_closes_the_connection_and_nothing_else(self):
        self.ask(b"quit\n", b"")
        self.ask(b"health\n", b"health: up\n")

    def test_whatever_is_sent_it_answers_the_next_one(self):
        for request in (
            b"", b"\n", b"\n" * 3000, b"x" * 32, b"x" * 33, b"x" * 4096, b"x" * 4097, b"x" * 1_000_000,
            b"\0", b"\xff\xfe\n", b"%s%n%s\n", b"health " + b"y" * 4000 + b"\n", b"drain \xff\n",
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", bytes(range(256)),
        ):  # fmt: skip
            with self.subTest(request[:20], size=len(request)):
                connection = self.connect()
                try:
                    connection.sendall(request)
                except OSError:
                    pass  # it may close before all is sent
                connection.close()
                self.ask(b"health\n", b"health: up\n")

    def test_a_client_that_ends_its_half_is_still_answered(self):
        connection = self.connect()
        connection.sendall(b"health\nping")
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(100):
            answer += part
        self.assertEqual(answer, b"health: up\npong\n")

    def test_idle_connections_lock_nobody_out(self):
        self.allow_connections(5_000)
        idle = [self.connect() for _ in range(5_000)]
        self.ask(b"health\n", b"health: up\n")
        self.assertEqual(self.router.get("/-/ready").status, 200)
        self.send_and_check(made_lines(100))
        for connection in idle:
            connection.close()

    def test_a_client_that_reads_nothing_stops_nobody(self):
        before = self.router.memory_kilobytes()
        slow = self.connect()
        slow.setblocking(False)
        try:
            for _ in range(10_000):
                slow.send(b"stats\n" * 100)
        except BlockingIOError:
            pass
        self.ask(b"health\n", b"health: up\n")
        probes = len(self.nodes["a"].health.probes)
        wait_until(lambda: len(self.nodes["a"].health.probes) > probes + 2, "probes go on")
        self.send_and_check(made_lines(200))
        self.assertLess(self.router.memory_kilobytes() - before, 150_000)

    def test_there_is_no_console_unless_it_is_asked_for(self):
        router = self.start_router(self.config_of([]) | {"downstreams": self.config["downstreams"]})
        self.assertEqual(router.logged("protocol=console"), [])


class EtsyTest(ConsoleTest):
    STYLE = "etsy"

    def test_it_answers_as_proxy_js(self):
        self.ask(b"help\n", b"Commands: config, health, status, quit\n\n")
        for request in (b"health", b"health\n", b"health\r\n"):
            self.ask(request, b"health: up\n")
        connection = self.ask(b"health down\n", b"health: down\n")
        self.ask(b"health foo\n", b"health: down\n", connection)
        self.ask(b"health UP\n", b"health: up\n", connection)
        self.ask(b"nonsense\n", b"ERROR\n", connection)
        self.ask(b"quit\n", b"", connection)
        text = self.text(b"config\nhelp\n", b"quit\n\n")
        self.assertRegex(text, r"^\n(\S[^\n]*: .*\n)+Commands: ")

    def test_status_names_the_nodes_in_the_ring(self):
        addresses = [node.data.address for node in self.nodes.values()]
        text = self.text(b"status\n", b" \n")
        self.assertRegex(text, rf"^uptime: \d+\nnodes: {addresses[0]} {addresses[1]} \n$")
        self.nodes["a"].health.set("fin")
        self.wait_ring("b")
        text = self.text(b"status\n", b" \n")
        self.assertRegex(text, rf"^uptime: \d+\nnodes: {addresses[1]} \n$")


class GoTest(ConsoleTest):
    STYLE = "go"

    def test_it_answers_as_go_statsd_proxy(self):
        for request in (b"ping", b"ping\n", b"ping\r\n"):
            self.ask(request, b"pong\n")
        self.ask(b"nonsense\n", b"unknown command\n")
        self.send_and_check(made_lines(3), per_packet=1)
        connection = self.connect()
        connection.sendall(b"stats\nping\n")
        answer = b""
        while not answer.endswith(b"pong\n"):
            answer += connection.recv(4096)
        self.assertRegex(
            answer.decode(), r"^time running in seconds: \d+\npackets_received: 3\.000000\npong\n$"
        )
        lines = self.text(b"memstats\nping\n", b"pong\n").splitlines()[:-1]
        self.assertEqual(len(lines), 12)
        for line in lines:
            self.assertRegex(line, r"^[a-zA-Z -]+: \d+$")


class HuluTest(ConsoleTest):
    STYLE = "hulu"

    def test_it_answers_as_hulus_router(self):
        for request in (b"health", b"health\n", b"health\r\n"):
            self.ask(request, b"health: up\n")
        connection = self.ask(b"health maintenance\n", b"health: maintenance\n")
        self.ask(b"health\n", b"health: maintenance\n", connection)
        self.assertEqual(self.router.get("/-/healthy").status, 503)
        self.ask(b"health up\n", b"health: up\n", connection)
        self.assertEqual(self.router.get("/-/healthy").status, 200)
        for request in (b"ping\n", b"status\n", b"nonsense\n"):
            self.ask(request, b"")


del ConsoleTest  # not to be run by itself
