"""The test case for routers that discover their downstreams: a real DNS server, nodes like pods."""

import os
import socket

from fake_dns import A, SRV, FakeDns
from harness import Router
from router_case import HEALTH_CHECK, RouterTest

FOUND = "weir_discovered_downstreams"
ANSWERS = "weir_discoveries_total"
SERVICE = "_statsd._udp.nodes.test"
NAME = "nodes.test"
# The DNS client of the C library waits 5 s and asks twice by default.
HASTY_DNS = "timeout:1 attempts:1"


class DiscoveryTest(RouterTest):
    def setUp(self):
        self.dns = self.start_dns()
        os.environ["RES_OPTIONS"] = HASTY_DNS
        self.addCleanup(os.environ.pop, "RES_OPTIONS")

    def start_dns(self, **options):
        dns = FakeDns(**options)
        self.addCleanup(dns.end)
        return dns

    def start_hosts(self, names):
        """Nodes that differ in their addresses only, as pods do; by name."""
        while True:
            ports = self.ports()
            hosts = {name: f"127.0.0.{number}" for number, name in enumerate(names, 2)}
            nodes = {}
            try:
                for name, host in hosts.items():
                    nodes[name] = self.start_node(name, at=(host, *ports))
                return nodes
            except OSError:  # another program has the port at one of the addresses
                continue

    @staticmethod
    def ports():
        with socket.socket(type=socket.SOCK_DGRAM) as data, socket.socket() as health:
            for one in (data, health):
                one.bind(("127.0.0.2", 0))
            return data.getsockname()[1], health.getsockname()[1]

    @staticmethod
    def port(node, side="data"):
        return int(getattr(node, side).address.rpartition(":")[2])

    def entry(self, nodes, **where):
        node = next(iter(nodes.values()))
        return {**where, "health": f":{self.port(node, 'health')}"}

    def start_with(self, *entries, wait=True, **keys):
        config = {
            "flush_interval": "10ms",
            "health_check": HEALTH_CHECK,
            "threads": 2,
            "resolver": {"address": self.dns.address, "interval": "50ms"},
            "downstreams": list(entries),
            **keys,
        }
        self.router = self.start_router(config) if wait else self.start_unready(config)
        return self.router

    def start_unready(self, config):
        """A router that works, and does not say that it is ready as long as it finds nobody."""
        router = Router(config)
        self.addCleanup(router.end)
        router.wait_for_log("msg=\"?Ready")
        return router

    def expect(self, nodes, labels):
        """From now on these are all the nodes; `labels`: node name -> label."""
        self.nodes = {labels[name]: node for name, node in nodes.items()}
        self.config = {
            "downstreams": [{"label": label, "address": label} for label in sorted(self.nodes)]
        }

    def wait_found(self, *labels):
        return self.wait_page(
            lambda page: {one["downstream"] for one in page.page.series("weir_downstream_up")}
            == set(labels),
            f"the downstreams are {labels}",
        )

    def answers(self, outcome, page=None):
        samples = (page or self.page()).page.samples.items()
        return sum(
            value for (name, labels), value in samples
            if name == ANSWERS and ("outcome", outcome) in labels
        )  # fmt: skip

    def wait_answers(self, outcome, more=2):
        """Until so many more answers of a kind were counted: all of them began after this call but
        for the first."""
        enough = self.answers(outcome) + more
        return self.wait_page(
            lambda page: self.answers(outcome, page) >= enough, f"{enough} answers: {outcome}"
        )

    # SRV

    def publish(self, nodes, names=None):
        """As a headless service: SRV records that lead to names, and their addresses."""
        for name, node in nodes.items():
            self.dns.set(f"{name}.{NAME}", A, [node.data.address.rpartition(":")[0]])
        some = nodes if names is None else names
        self.dns.set(SERVICE, SRV, [(f"{name}.{NAME}", self.port(nodes[name])) for name in some])

    def srv_labels(self, nodes):
        return {name: f"{name}.{NAME}:{self.port(node)}" for name, node in nodes.items()}

    def start_srv(self, names="abc", published=None, **options):
        nodes = self.start_hosts(names)
        self.publish(nodes, published)
        self.start_with(self.entry(nodes, srv=SERVICE), **options)
        return nodes, self.srv_labels(nodes)
