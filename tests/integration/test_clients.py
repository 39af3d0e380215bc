"""Real clients: Debian's python3-statsd, Ruby with its standard library, and nc."""

import os
import subprocess

import statsd

from harness import HERE, IntegrationTest, split_address


class PythonStatsdTest(IntegrationTest):
    """Each transport of the `statsd` package sends the same calls."""

    def check_client(self, exporter, client):
        with client.timer("py.block"):
            pass
        for value in range(100):
            client.incr("py.hits", value)
            client.timing("py.latency", value)
        client.decr("py.refused")
        client.gauge("py.temperature", 20)
        client.gauge("py.temperature", 5, delta=True)
        client.gauge("py.temperature", -3, delta=True)
        client.gauge("py.negative", -3)
        client.set("py.users", "alice")
        with client.pipeline() as pipeline:
            for value in range(100):
                pipeline.incr("py.piped", value)
            pipeline.gauge("py.last", 1)
        page = exporter.wait_for_value(1, "py_last")
        self.assertEqual(page.value("py_hits"), 4950)
        self.assertEqual(page.value("py_piped"), 4950)
        self.assertEqual(page.value("py_latency_count"), 100)
        self.assertAlmostEqual(page.value("py_latency_sum"), 4.95, places=9)
        self.assertEqual(page.value("py_latency", quantile="0.5"), 0.049)
        self.assertEqual(page.value("py_block_count"), 1)
        self.assertEqual(page.value("py_temperature"), 22)
        self.assertEqual(page.value("py_negative"), -3)
        self.assertIsNone(page.get("py_refused"))
        self.assertEqual(
            page.value("statsd_exporter_events_error_total", reason="illegal_negative_counter"), 1
        )

    def test_python_statsd_over_udp(self):
        exporter = self.start_exporter()
        self.check_client(exporter, statsd.StatsClient(*exporter.endpoint("udp")))

    def test_python_statsd_over_tcp(self):
        exporter = self.start_exporter()
        client = statsd.TCPStatsClient(*exporter.endpoint("tcp"))
        self.addCleanup(client.close)
        self.check_client(exporter, client)

    def test_python_statsd_over_a_unix_stream(self):
        path = str(self.temp_dir() / "statsd.sock")
        exporter = self.start_exporter(f"--statsd.listen-unix={path}")
        client = statsd.UnixSocketStatsClient(path)
        self.addCleanup(client.close)
        self.check_client(exporter, client)

    def test_the_members_of_a_set_become_a_gauge(self):
        exporter = self.start_exporter("--statsd.set-window=1s")
        client = statsd.StatsClient(*exporter.endpoint("udp"))
        # Members are sent again in every window, so whichever window is complete holds all three.
        def three_members(page):
            for member in ("alice", "bob", "carol", "alice"):
                client.set("py.users", member)
            return page.get("py_users") == 3

        exporter.wait_for(three_members, "py_users = 3")


class RubyTest(IntegrationTest):
    def check_script(self, exporter, *arguments):
        done = subprocess.run(
            ["ruby", HERE / "client.rb", *map(str, arguments)], capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        sent = {name: float(value) for name, value in map(str.split, done.stdout.splitlines())}
        self.assertEqual(sent["ruby_packed_count"], 1500)

        def seen(page):
            return {name: page.sum(name) for name in sent} == sent

        page = exporter.wait_for(seen, f"{sent}")
        self.assertEqual(page.value("ruby_huge"), 1e20)
        self.assertEqual(page.value("ruby_tiny", env="prod"), 1e-7)
        self.assertEqual(page.value("ruby_hits", env="prod", dc="1"), sent["ruby_hits"])
        self.assertEqual(page.value("ruby_solo", env="prod"), 1)
        self.assertAlmostEqual(page.value("ruby_large_sum", env="prod"), 31.375, places=9)

    def test_a_ruby_client_over_udp(self):
        exporter = self.start_exporter()
        self.check_script(exporter, "udp", *exporter.endpoint("udp"))

    def test_a_ruby_client_over_unix_datagrams(self):
        path = str(self.temp_dir() / "statsd.sock")
        exporter = self.start_exporter(f"--statsd.listen-unixgram={path}")
        self.check_script(exporter, "unixgram", path)


class NetcatTest(IntegrationTest):
    def netcat(self, line, *arguments):
        # With -w0 nc ends as soon as its input has nothing to read, so it must be there before.
        reading, writing = os.pipe()
        os.write(writing, line)
        os.close(writing)
        with os.fdopen(reading, "rb") as lines:
            subprocess.run(["nc", *map(str, arguments)], stdin=lines, check=True)

    def test_echo_and_nc_over_udp(self):
        exporter = self.start_exporter()
        host, port = split_address(exporter.address("udp"))
        self.netcat(b"hits:1|c\n", "-u", "-w0", host, port)
        exporter.wait_for_value(1, "hits")
        self.assertIn("\nhits 1\n", exporter.get("/metrics").text)

    def test_echo_and_nc_over_tcp(self):
        exporter = self.start_exporter()
        self.netcat(b"hits:1|c\n", "-N", *exporter.endpoint("tcp"))
        exporter.wait_for_value(1, "hits")

    def test_echo_and_nc_over_unix_sockets(self):
        directory = self.temp_dir()
        exporter = self.start_exporter(
            f"--statsd.listen-unixgram={directory / 'datagram'}",
            f"--statsd.listen-unix={directory / 'stream'}",
        )
        self.netcat(b"hits:1|c\n", "-uU", "-w0", directory / "datagram")
        self.netcat(b"hits:1|c\n", "-NU", directory / "stream")
        exporter.wait_for_value(2, "hits")
