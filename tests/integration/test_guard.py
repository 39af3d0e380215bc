"""Who may send: allowed addresses, for both programs."""

import collections
import socket
import subprocess

import program
from harness import EXPORTER, Exporter, IntegrationTest
from router_case import RouterTest


def send_from(source, endpoint, datagram):
    """A datagram from this address of the loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((source, 0))
        client.sendto(datagram, endpoint)


def connect_from(source, endpoint):
    return socket.create_connection(endpoint, program.DEADLINE_SECONDS, (source, 0))


class AllowedSourcesTest(IntegrationTest):
    ALLOW = ("--auth.allow=udp=127.0.0.2,127.1.0.0/16", "--auth.allow=tcp=127.0.0.3")

    def test_only_allowed_addresses_are_heard_and_the_others_counted(self):
        exporter = self.start_exporter(*self.ALLOW)
        udp, tcp = exporter.endpoint("udp"), exporter.endpoint("tcp")
        for source in ("127.0.0.1", "127.0.0.3", "127.2.0.1"):
            send_from(source, udp, b"bad.udp:1|c")
        for source in ("127.0.0.2", "127.1.2.3"):
            send_from(source, udp, b"good.udp:1|c")
        with connect_from("127.0.0.2", tcp) as stranger:
            self.assertEqual(stranger.recv(1), b"")
        with connect_from("127.0.0.3", tcp) as client:
            client.sendall(b"good.tcp:1|c\n")
        exporter.wait_for_value(1, "good_tcp")
        page = exporter.wait_for_value(2, "good_udp")
        self.assertFalse([name for name, _ in page.samples if name.startswith("bad")])
        self.assertEqual(
            page.value("weir_rejected_datagrams_total", listener="udp", reason="source"), 3
        )
        self.assertEqual(
            page.value("weir_rejected_connections_total", listener="tcp", reason="source"), 1
        )
        self.assertEqual(page.value("statsd_exporter_udp_packets_total"), 2)
        self.assertEqual(page.value("statsd_exporter_tcp_connections_total"), 1)

    def test_a_wrong_network_ends_the_start(self):
        done = subprocess.run(
            [EXPORTER, *Exporter.DEFAULTS, "--auth.allow=udp=10.0.0.1/8"],
            capture_output=True, text=True, timeout=program.DEADLINE_SECONDS,
        )  # fmt: skip
        self.assertEqual(done.returncode, 1)
        self.assertIn("--auth.allow: '10.0.0.1/8' has bits beyond its length", done.stderr)


class RouterAllowedSourcesTest(RouterTest):
    def test_only_allowed_addresses_are_routed(self):
        nodes = self.start_nodes(2)
        router = self.start_before(nodes, "--auth.allow=udp=127.0.0.2")
        udp = router.endpoint("udp")
        send_from("127.0.0.3", udp, b"bad.udp:1|c")
        send_from("127.0.0.2", udp, b"good.udp:1|c")
        self.wait_arrived(1)
        self.assertEqual(sum(self.received().values(), collections.Counter()), {b"good.udp:1|c": 1})
        page = router.scrape()
        self.assertEqual(
            page.value("weir_rejected_datagrams_total", listener="udp", reason="source"), 1
        )
