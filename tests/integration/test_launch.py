"""Starting: the argument lists of real deployments, and the one clear line when it cannot start."""

import os
import re
import socket
import subprocess

from harness import EXPORTER, Exporter, IntegrationTest, free_port
from senders import TcpSender, UdpSender, UnixgramSender


def run(*flags, prefix=(), **options):
    """Runs the exporter to its end."""
    return subprocess.run(
        [*prefix, EXPORTER, *flags], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL,
        **options,
    )


class ArgumentListTest(IntegrationTest):
    """Charts, operators and compose files pass these lists; only ports and paths differ here."""

    def setUp(self):
        self.directory = self.temp_dir()
        self.mapping = self.directory / "statsd-mapping.conf"
        self.mapping.touch()
        self.statsd = free_port()
        self.web = free_port()

    def check_started(self, *flags, udp=True, tcp=True):
        exporter = self.start_exporter(*flags)
        expected = 0
        if udp:
            with UdpSender(("127.0.0.1", self.statsd)) as sender:
                sender.send([b"launched:1|c"])
            expected += 1
        if tcp:
            with TcpSender(("127.0.0.1", self.statsd)) as sender:
                sender.send([b"launched:1|c"])
            expected += 1
        if expected:
            exporter.wait_for_value(expected, "launched")
        return exporter

    def community_chart(self, udp, tcp):
        return (
            f"--web.listen-address=:{self.web}",
            "--web.telemetry-path=/metrics",
            f"--statsd.listen-udp={udp}",
            f"--statsd.listen-tcp={tcp}",
            "--statsd.cache-size=1000",
            "--statsd.event-queue-size=10000",
            "--statsd.event-flush-threshold=1000",
            "--statsd.event-flush-interval=200ms",
            f"--statsd.mapping-config={self.mapping}",
        )

    def test_the_community_chart_with_both_ports(self):
        self.check_started(*self.community_chart(f":{self.statsd}", f":{self.statsd}"))

    def test_the_community_chart_without_udp(self):
        exporter = self.check_started(*self.community_chart("", f":{self.statsd}"), udp=False)
        self.assertFalse(any("protocol=udp" in line for line in exporter.log))

    def test_the_community_chart_without_tcp(self):
        exporter = self.check_started(*self.community_chart(f":{self.statsd}", ""), tcp=False)
        self.assertFalse(any("protocol=tcp" in line for line in exporter.log))

    def test_the_airflow_chart(self):
        self.check_started(
            f"--statsd.mapping-config={self.mapping}",
            f"--statsd.listen-udp=:{self.statsd}",
            "--statsd.listen-tcp=",
            f"--web.listen-address=:{self.web}",
            tcp=False,
        )

    def test_the_sentry_chart(self):
        self.check_started(
            f"--statsd.listen-udp=:{self.statsd}", f"--web.listen-address=:{self.web}", tcp=False
        )

    def test_emissary_ships_an_empty_mapping_file(self):
        self.check_started(
            f"--statsd.listen-udp=:{self.statsd}",
            f"--web.listen-address=:{self.web}",
            f"--statsd.mapping-config={self.mapping}",
            tcp=False,
        )

    def test_a_mapping_file_with_nothing_but_its_key_loads(self):
        for content in ("mappings:", "---\n", "defaults:\n  timer_type: summary\n"):
            with self.subTest(content):
                self.mapping.write_text(content)
                self.start_exporter(f"--statsd.mapping-config={self.mapping}")

    def test_a_nomad_job_with_a_telemetry_path_of_its_own(self):
        exporter = self.start_exporter(
            "--web.telemetry-path=/v1/metrics",
            f"--statsd.listen-tcp=127.0.0.1:{self.statsd}",
            f"--statsd.listen-udp=127.0.0.1:{self.statsd}",
        )
        self.assertEqual(exporter.get("/v1/metrics").status, 200)
        self.assertEqual(exporter.get("/metrics").status, 404)

    def test_kong_asks_for_a_buffer_and_no_unix_socket(self):
        self.check_started(
            f"--statsd.listen-udp=:{self.statsd}",
            "--statsd.listen-unixgram=",
            "--statsd.read-buffer=30000000",
            tcp=False,
        )

    def test_kongpose_passes_two_quote_characters_as_a_path(self):
        exporter = self.start_exporter(
            "--statsd.listen-unixgram=''", prefix=("env", f"--chdir={self.directory}")
        )
        with UnixgramSender(str(self.directory / "''")) as sender:
            sender.send([b"quoted:1|c"])
        exporter.wait_for_value(1, "quoted")

    def test_a_sidecar_that_listens_on_a_unix_socket_only(self):
        path = str(self.directory / "statsd.sock")
        exporter = self.start_exporter(
            "--statsd.listen-udp=",
            "--statsd.listen-tcp=",
            f"--statsd.listen-unixgram={path}",
            "--statsd.unixsocket-mode=660",
            "--no-statsd.parse-influxdb-tags",
            "--no-statsd.parse-librato-tags",
            "--no-statsd.parse-signalfx-tags",
        )
        with UnixgramSender(path) as sender:
            sender.send([b"over,a=b:1|c"])
        exporter.wait_for_value(1, "over_a_b")

    def test_every_flag_of_statsd_exporter_is_accepted(self):
        self.check_started(
            *self.community_chart(f":{self.statsd}", f":{self.statsd}"),
            "--web.enable-lifecycle",
            f"--statsd.listen-unixgram={self.directory / 'datagram'}",
            "--statsd.unixsocket-mode=755",
            "--statsd.read-buffer=0",
            "--statsd.cache-type=random",
            "--statsd.udp-packet-queue-size=10000",
            "--statsd.parse-dogstatsd-tags",
            "--statsd.parse-influxdb-tags",
            "--statsd.parse-librato-tags",
            "--statsd.parse-signalfx-tags",
            "--statsd.relay.address=",
            "--statsd.relay.packet-length=1400",
            "--debug.dump-fsm=",
            "--log.level=info",
            "--log.format=logfmt",
        )

    def test_a_value_may_be_an_argument_of_its_own(self):
        self.check_started("--statsd.listen-udp", f"127.0.0.1:{self.statsd}", tcp=False)

    def test_arguments_may_come_from_a_file(self):
        arguments = self.directory / "arguments"
        arguments.write_text(f"# where clients send\n\n--statsd.listen-udp=127.0.0.1:{self.statsd}\n")
        exporter = self.start_exporter(f"@{arguments}", defaults=Exporter.DEFAULTS[1:])
        self.assertEqual(exporter.endpoint("udp"), ("127.0.0.1", self.statsd))


class DefaultPortsTest(IntegrationTest):
    def test_without_flags_it_listens_where_statsd_exporter_does(self):
        unshare = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--user", "--net")
        if subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
            self.skipTest("this machine lets nobody make a network of its own")
        exporter = Exporter(defaults=(), prefix=unshare)
        self.addCleanup(exporter.stop)
        for protocol, port in (("udp", 9125), ("tcp", 9125), ("http", 9102)):
            self.assertEqual(exporter.endpoint(protocol)[1], port)


class RefusalTest(IntegrationTest):
    """One clear line on stderr, nothing on stdout, exit status 1."""

    def check_refused(self, *flags, names):
        given = {flag.split("=", 1)[0] for flag in flags}
        free = [flag for flag in Exporter.DEFAULTS if flag.split("=", 1)[0] not in given]
        done = run(*free, *flags)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stdout, "")
        complaints = [line for line in done.stderr.splitlines() if "level=INFO" not in line]
        self.assertEqual(len(complaints), 1, done.stderr)
        self.assertIn(names, complaints[0])

    def test_an_unknown_flag(self):
        self.check_refused("--no-such-flag", names="--no-such-flag")

    def test_a_flag_without_its_value(self):
        self.check_refused("--statsd.mapping-config", names="--statsd.mapping-config")

    def test_a_value_that_is_no_number(self):
        self.check_refused("--statsd.read-buffer=large", names="large")

    def test_a_value_that_is_no_duration(self):
        self.check_refused("--statsd.event-flush-interval=soon", names="soon")

    def test_a_switch_with_a_value(self):
        self.check_refused("--web.enable-lifecycle=true", names="true")

    def test_a_flag_given_twice(self):
        self.check_refused("--log.level=info", "--log.level=warn", names="log.level")

    def test_a_word_that_is_no_flag(self):
        self.check_refused("serve", names="serve")

    def test_an_unknown_choice(self):
        for flag, value in (("log.level", "loud"), ("log.format", "xml"), ("statsd.cache-type", "mru"),
                            ("statsd.gauge-sign", "both"), ("statsd.container-id", "maybe")):
            with self.subTest(flag):
                self.check_refused(f"--{flag}={value}", names=value)

    def test_an_address_that_is_none(self):
        for flag in ("statsd.listen-udp", "statsd.listen-tcp", "web.listen-address"):
            with self.subTest(flag):
                self.check_refused(f"--{flag}=nowhere", names="nowhere")

    def test_no_listener_at_all(self):
        self.check_refused("--statsd.listen-udp=", "--statsd.listen-tcp=", names="listen")

    def test_a_busy_port(self):
        for flag, kind in (("statsd.listen-udp", socket.SOCK_DGRAM),
                           ("statsd.listen-tcp", socket.SOCK_STREAM),
                           ("web.listen-address", socket.SOCK_STREAM)):
            with self.subTest(flag), socket.socket(socket.AF_INET, kind) as taken:
                taken.bind(("127.0.0.1", 0))
                if kind == socket.SOCK_STREAM:
                    taken.listen()
                address = f"127.0.0.1:{taken.getsockname()[1]}"
                self.check_refused(f"--{flag}={address}", names=address)

    def test_a_port_that_another_exporter_serves(self):
        # SO_REUSEPORT would let a second process take a share of the first one's datagrams.
        first = self.start_exporter("--threads=2")
        for flag, protocol in (("statsd.listen-udp", "udp"), ("statsd.listen-tcp", "tcp"),
                               ("web.listen-address", "http")):
            with self.subTest(flag):
                address = first.address(protocol)
                self.check_refused(f"--{flag}={address}", names=address)

    def test_a_unix_socket_that_another_process_serves(self):
        directory = self.temp_dir()
        for flag, kind in (("unixgram", socket.SOCK_DGRAM), ("unix", socket.SOCK_STREAM)):
            path = str(directory / flag)
            with self.subTest(flag), socket.socket(socket.AF_UNIX, kind) as live:
                live.bind(path)
                if kind == socket.SOCK_STREAM:
                    live.listen()
                self.check_refused(f"--statsd.listen-{flag}={path}", names=path)
                self.assertTrue(os.path.exists(path))

    def test_a_file_in_the_place_of_the_socket(self):
        path = self.temp_dir() / "statsd.sock"
        path.write_text("precious")
        self.check_refused(f"--statsd.listen-unixgram={path}", names=str(path))
        self.assertEqual(path.read_text(), "precious")

    def test_a_mapping_file_that_cannot_be_read(self):
        path = self.temp_dir() / "missing.yml"
        self.check_refused(f"--statsd.mapping-config={path}", names=str(path))

    def test_a_file_of_arguments_that_cannot_be_read(self):
        path = self.temp_dir() / "missing"
        self.check_refused(f"@{path}", names=str(path))


class HelpTest(IntegrationTest):
    def test_help_names_every_flag_on_stdout(self):
        for flag in ("--help", "-h"):
            done = run(flag)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for name in ("statsd.listen-udp", "statsd.listen-tcp", "statsd.listen-unixgram",
                         "statsd.listen-unix", "web.listen-address", "web.enable-lifecycle",
                         "web.enable-openmetrics", "web.telemetry-path", "admin.listen-address",
                         "statsd.set-window", "statsd.gauge-sign", "statsd.container-id", "threads",
                         "statsd.mapping-config", "log.level", "log.format"):
                self.assertRegex(done.stdout, rf"--(\[no-\])?{re.escape(name)}\b")

    def test_version_goes_to_stdout(self):
        done = run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("weir-exporter", done.stdout)

    def test_check_config_opens_no_port(self):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            done = run("--check-config", f"--statsd.listen-tcp={address}", f"--web.listen-address={address}")
        self.assertEqual(done.returncode, 0, done.stderr)
