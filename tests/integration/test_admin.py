"""The text admin port, as StatsD routers probe it."""

import socket

from harness import IntegrationTest


class AdminTest(IntegrationTest):
    def setUp(self):
        self.exporter = self.start_exporter("--admin.listen-address=127.0.0.1:0")
        self.connection = self.connect()

    def connect(self):
        connection = socket.create_connection(self.exporter.endpoint("admin"), timeout=60)
        self.addCleanup(connection.close)
        return connection

    def ask(self, request, expected, connection=None):
        """Sends the bytes; the answer must begin with exactly these."""
        connection = connection or self.connection
        connection.sendall(request)
        answer = b""
        while len(answer) < len(expected):
            part = connection.recv(len(expected) - len(answer))
            if not part:
                break
            answer += part
        self.assertEqual(answer, expected)

    def read_to(self, end):
        answer = b""
        while not answer.endswith(end):
            part = self.connection.recv(4096)
            self.assertTrue(part, answer)
            answer += part
        return answer.decode()

    def test_health_is_answered_with_every_line_end_and_with_none(self):
        for request in (b"health\n", b"health\r\n", b"health", b"HEALTH\n"):
            with self.subTest(request):
                self.ask(request, b"health: up\n", self.connect())

    def test_a_connection_may_ask_again_and_again(self):
        for _ in range(100):
            self.ask(b"health\n", b"health: up\n")

    def test_several_commands_in_one_write_are_answered_in_order(self):
        self.ask(b"health\nping\r\nnonsense\nhealth\n", b"health: up\npong\nERROR\nhealth: up\n")

    def test_ping(self):
        self.ask(b"ping\n", b"pong\n")

    def test_stats_are_lines_of_key_and_value(self):
        self.connection.sendall(b"stats\n")
        lines = self.read_to(b"END\n\n").splitlines()[:-2]
        stats = dict(line.split(": ", 1) for line in lines)
        self.assertEqual(float(stats["statsd_exporter_lines_total"]), 0)
        self.assertEqual(list(stats)[:2], ["time running in seconds", "packets_received"])
        self.assertEqual(stats["packets_received"], "0.000000")

    def test_help_names_every_command(self):
        self.connection.sendall(b"help\n")
        text = self.read_to(b"\n\n")
        for command in ("health", "ping", "stats", "help", "quit"):
            self.assertIn(command, text)

    def test_quit_closes_the_connection_and_nothing_else(self):
        self.ask(b"quit\n", b"")
        self.assertEqual(self.connection.recv(1), b"")
        self.ask(b"health\n", b"health: up\n", self.connect())

    def test_a_command_without_end_is_bounded(self):
        try:
            self.connection.sendall(b"x" * 1_000_000)
        except OSError:
            pass  # It may close before all is sent.
        self.ask(b"health\n", b"health: up\n", self.connect())

    def test_many_idle_connections_are_harmless(self):
        for _ in range(500):
            self.connect()
        self.ask(b"health\n", b"health: up\n", self.connect())

    def test_there_is_no_admin_port_unless_it_is_asked_for(self):
        exporter = self.start_exporter()
        self.assertFalse(any("protocol=admin" in line for line in exporter.log))
