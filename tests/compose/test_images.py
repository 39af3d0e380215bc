"""The images do what deployments of statsd_exporter rely on, as the charts and files have it."""

import json
import pathlib
import tempfile
import unittest
import urllib.request

from engine import Container, docker, wait_until
from senders import UdpSender

COMMUNITY_CHART = (
    "--web.listen-address=:9102",
    "--web.telemetry-path=/metrics",
    "--statsd.listen-udp=:9125",
    "--statsd.listen-tcp=:9125",
    "--statsd.cache-size=1000",
    "--statsd.event-queue-size=10000",
    "--statsd.event-flush-threshold=1000",
    "--statsd.event-flush-interval=200ms",
    "--statsd.mapping-config=/etc/prometheus-statsd-exporter/statsd-mapping.conf",
)
MAPPING = "mappings:\n- {match: image.*.hits, name: image_hits, labels: {kind: $1}}\n"
HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")


class ImageTest(unittest.TestCase):
    def start(self, *arguments, image="weir-exporter", options=()):
        container = Container(image, *arguments, options=options)
        self.addCleanup(container.remove)
        return container.wait_ready()

    def mount(self, inside):
        """Options that put a mapping file there."""
        directory = tempfile.TemporaryDirectory(prefix="weir-")
        self.addCleanup(directory.cleanup)
        file = pathlib.Path(directory.name) / "mapping"
        file.write_text(MAPPING)
        pathlib.Path(directory.name).chmod(0o755)
        file.chmod(0o644)
        return ("--volume", f"{file}:{inside}:ro")

    def check(self, container, *paths, statsd=9125, web=9102, metrics="/metrics"):
        """Its probes are answered, and a line sent to its port is on its page."""
        url = f"http://localhost:{web}"
        for path in paths:
            container.run("wget", "-q", "-O", "/dev/null", url + path)
        if statsd:
            with UdpSender((container.address(), statsd)) as sender:
                sender.send([b"launched:1|c"])
        else:
            container.run("sh", "-c", "echo 'launched:1|c' | nc 127.0.0.1 9125")
        wait_until(
            lambda: "\nlaunched 1\n" in container.run("wget", "-q", "-O", "-", url + metrics),
            "the line is on the page",
        )

    def test_the_community_chart_sets_only_arguments(self):
        mapping = self.mount("/etc/prometheus-statsd-exporter/statsd-mapping.conf")
        container = self.start(*COMMUNITY_CHART, options=mapping)
        self.check(container, "/health", "/metrics")

    def test_the_community_chart_leaves_ports_empty(self):
        mapping = self.mount("/etc/prometheus-statsd-exporter/statsd-mapping.conf")
        for empty in ("udp", "tcp"):
            words = [
                f"--statsd.listen-{empty}=" if f"listen-{empty}" in word else word
                for word in COMMUNITY_CHART
            ]
            with self.subTest(empty):
                log = self.start(*words, options=mapping).log()
                self.assertNotIn(f"protocol={empty}", log)

    def test_the_airflow_chart_probes_the_metrics(self):
        container = self.start(
            "--statsd.mapping-config=/etc/statsd-exporter/mappings.yml",
            options=(*self.mount("/etc/statsd-exporter/mappings.yml"), *HARDENED),
        )
        self.check(container, "/metrics")

    def test_the_sentry_chart(self):
        container = self.start("--statsd.listen-udp=:9125", "--web.listen-address=:9102")
        self.check(container, "/metrics")

    def test_emissary_moves_the_port(self):
        container = self.start(
            "--statsd.listen-udp=:8125",
            "--web.listen-address=:9102",
            "--statsd.mapping-config=/statsd-exporter/mapping-config.yaml",
            options=self.mount("/statsd-exporter/mapping-config.yaml"),
        )
        self.check(container, "/metrics", statsd=8125)

    def test_sf_operator_relays(self):
        container = self.start(
            "--statsd.mapping-config=/tmp/mapping.yml",
            "--statsd.relay.address=127.0.0.1:9999",
            options=self.mount("/tmp/mapping.yml"),
        )
        self.check(container, "/metrics")

    def test_a_nomad_job_has_a_path_of_its_own(self):
        container = self.start(
            "--web.telemetry-path=/v1/metrics",
            "--statsd.listen-tcp=127.0.0.1:9125",
            "--statsd.listen-udp=127.0.0.1:9125",
        )
        self.check(container, "/v1/metrics", statsd=None, metrics="/v1/metrics")

    def test_kong_has_no_unix_socket_and_a_large_buffer(self):
        container = self.start("--statsd.listen-unixgram=", "--statsd.read-buffer=30000000")
        self.check(container, "/metrics")

    def test_kongpose_runs_as_root_with_two_quote_characters_as_a_socket(self):
        container = self.start("--statsd.listen-unixgram=''", options=("--user=root",))
        self.check(container, "/metrics")
        container.run("test", "-S", "/''")

    def test_a_sidecar_listens_on_a_unix_socket_only(self):
        container = self.start(
            "--statsd.listen-udp=",
            "--statsd.listen-tcp=",
            "--statsd.listen-unixgram=/run/x/statsd.sock",
            "--statsd.unixsocket-mode=660",
            "--no-statsd.parse-influxdb-tags",
            options=("--tmpfs=/run/x:mode=1777", *HARDENED),
        )
        self.assertEqual(container.run("stat", "-c", "%a", "/run/x/statsd.sock").strip(), "660")

    def test_probes_of_others_are_answered(self):
        self.check(self.start(), "/", "/-/healthy", "/-/ready", "/health", "/metrics")

    def test_manifests_name_the_old_path_of_the_program(self):
        container = self.start(
            "--web.listen-address=:9112", options=("--entrypoint=/bin/statsd_exporter",)
        )
        self.check(container, "/metrics", web=9112)

    def test_a_shell_may_wrap_the_program(self):
        container = self.start(
            "-c", "exec /bin/statsd_exporter --statsd.listen-udp=:8125", options=("--entrypoint=/bin/sh",)
        )
        self.check(container, "/metrics", statsd=8125)

    def test_any_user_without_a_right_and_with_nothing_to_write_to_will_do(self):
        for user in ("65534", "1000680000:0", "65532:65532"):
            with self.subTest(user):
                self.check(self.start(options=(*HARDENED, f"--user={user}")), "/-/ready")

    def test_a_stop_is_a_clean_end(self):
        for image, words in (("weir-exporter", ()), ("weir-router", ("--downstream=127.0.0.1:1",))):
            for variant in ("", "-distroless"):
                with self.subTest(image + variant):
                    self.assertEqual(self.start(*words, image=image + variant).stop(), 0)

    def test_docker_sees_that_it_is_healthy(self):
        container = self.start(options=("--health-interval=1s",))
        wait_until(lambda: container.health() == "healthy", container.health)

    def test_the_images_say_what_charts_read(self):
        for variant in ("", "-distroless"):
            exporter = json.loads(docker("inspect", "weir-exporter" + variant))[0]["Config"]
            router = json.loads(docker("inspect", "weir-router" + variant))[0]["Config"]
            with self.subTest(variant):
                self.assertEqual((exporter["User"], router["User"]), ("65534", "65534"))
                self.assertEqual(exporter["Entrypoint"], ["/bin/weir-exporter"])
                self.assertEqual(router["Entrypoint"], ["/bin/weir-router"])
                self.assertEqual(set(exporter["ExposedPorts"]), {"9102/tcp", "9125/tcp", "9125/udp"})
                self.assertEqual(set(router["ExposedPorts"]), {"8125/tcp", "8125/udp", "9145/tcp"})

    def test_distroless_images_have_no_shell_and_work_as_well(self):
        container = self.start(image="weir-exporter-distroless", options=HARDENED)
        with self.assertRaisesRegex(AssertionError, "sh"):
            container.run("/bin/sh", "-c", "true")
        url = f"http://{container.address()}:9102/-/ready"
        self.assertEqual(urllib.request.urlopen(url, timeout=10).status, 200)

    def test_the_images_are_small(self):
        for image in ("weir-exporter", "weir-router"):
            size = int(docker("inspect", "--format", "{{.Size}}", image))
            self.assertLess(size, 25_000_000, image)
