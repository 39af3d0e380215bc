"""The test case for both tiers as one: routers and exporters that follow one configuration file."""

import collections
import signal
import socket
import threading

from harness import Exporter, IntegrationTest, Router, free_port, wait_until
from router_case import batches, placement_of
from router_page import RouterPage
from senders import UdpSender

# Clients connect from 127.0.0.1: here no port of theirs is in the way of an exporter that returns.
HOST = "127.0.0.2"
# A death or a return is noticed within two seconds; a machine that is busy with something else does
# not look dead so soon.
HEALTH_CHECK = {"kind": "statsd", "interval": "500ms", "timeout": "500ms", "fall": 3, "rise": 2}
GRACE = "3s"
NAMES = 40


def free_address():
    """An address of HOST for TCP and UDP that was free a moment ago."""
    return f"{HOST}:{free_port(HOST)}"


class Node:
    """An exporter's place: it may end and return there."""

    def __init__(self, label):
        self.label = label
        self.udp, self.http, self.admin = (free_address() for _ in range(3))
        self.exporter = None

    def config(self):
        return {"label": self.label, "address": self.udp, "health": self.admin}

    def tell(self, line):
        """What the admin port answers to a line."""
        host, port = self.admin.split(":")
        with socket.create_connection((host, int(port)), timeout=10) as admin:
            admin.sendall(line + b"\n")
            return admin.recv(1000)


class Traffic:
    """Every name once a round, each packet through another router than the one before."""

    def __init__(self, routers, lines_of):
        self.senders = [UdpSender(router.endpoint("udp")) for router in routers]
        self._lines_of = lines_of
        self._stop = threading.Event()
        self._thread = None
        self.rounds = 0
        self._packets = 0

    def round(self):
        self.rounds += 1
        self.send(self._lines_of(self.rounds))

    def send(self, lines):
        for some in batches(lines, 7):
            self.senders[self._packets % len(self.senders)].send(some)
            self._packets += 1

    def start(self):
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.wait(0.1):
            self.round()

    def stop(self):
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for sender in self.senders:
            sender.close()


def lines_of_all_kinds(number):
    """Round `number`: a gauge, a counter, a timer and a set of each index, all of other names."""
    lines = []
    for i in range(NAMES):
        lines += [b"own.g%d:%d|g" % (i, number), b"own.c%d:1|c" % i]
        lines += [b"own.t%d:5|ms" % i, b"own.s%d:%d|s" % (i, number % 3)]
    return lines


class RingTest(IntegrationTest):
    def start_ring(self, labels="abc", routers=2, flags=(), **keys):
        """Exporters and routers that all read self.file; sets self.nodes, self.routers."""
        self.flags = flags
        self.keys = keys
        self.nodes = {label: Node(label) for label in labels}
        self.file = self.temp_dir() / "router.yml"
        self.write(self.config_of(labels))
        for label in labels:
            self.start_node(label)
        self.routers = [self.start_router(None, str(self.file)) for _ in range(routers)]
        self.wait_agreed(labels)

    def config_of(self, labels):
        return {
            "flush_interval": "10ms",
            "health_check": HEALTH_CHECK,
            "threads": 2,
            "downstreams": [self.nodes[label].config() for label in labels],
            **self.keys,
        }

    def write(self, config):
        """Replaces the file, which everybody will notice sooner or later."""
        self.config = config if isinstance(config, dict) else self.config
        new = self.file.with_suffix(".new")
        new.write_text(Router.text_of(config))
        new.rename(self.file)

    def start_node(self, label):
        node = self.nodes[label]
        node.exporter = Exporter(
            f"--statsd.listen-udp={node.udp}",
            "--statsd.listen-tcp=",
            f"--web.listen-address={node.http}",
            f"--admin.listen-address={node.admin}",
            f"--ring.config-file={self.file}",
            f"--ring.self={label}",
            f"--ring.grace={GRACE}",
            "--threads=2",
            *self.flags,
        )
        self.addCleanup(self.end_node, node.exporter)
        node.exporter.wait_ready()

    @staticmethod
    def end_node(exporter):
        """One that was killed has ended before."""
        if exporter.process.poll() != -signal.SIGKILL:
            exporter.end()

    def kill_node(self, label):
        self.nodes[label].exporter.process.kill()
        self.nodes[label].exporter.process.wait()

    def start_traffic(self, lines_of=lines_of_all_kinds):
        traffic = Traffic(self.routers, lines_of)
        self.addCleanup(traffic.stop)
        return traffic

    def running(self):
        return {
            label: node.exporter
            for label, node in self.nodes.items()
            if node.exporter is not None and node.exporter.process.poll() is None
        }

    def pages(self):
        return {label: exporter.scrape() for label, exporter in self.running().items()}

    def views(self):
        """What each program has for the ring: its fingerprint, and the labels that live."""
        views = []
        for router in self.routers:
            page = RouterPage(router)
            views.append((page.fingerprint, frozenset(page.in_ring())))
        for page in self.pages().values():
            nodes = (facts["node"] for facts in page.series("weir_ring_node_live"))
            live = frozenset(node for node in nodes if page.value("weir_ring_node_live", node=node))
            views.append((page.series("weir_ring_info")[0]["fingerprint"], live))
        return views

    def wait_agreed(self, labels):
        """Until every router and every exporter has these in the ring, and one fingerprint."""

        def agreed():
            views = self.views()
            return len(set(views)) == 1 and views[0][1] == set(labels)

        wait_until(agreed, lambda: f"all agree on {labels}: {self.views()}")

    def owner(self, key, live=None):
        """The label of the node that has a key, as the oracle places it."""
        placement = placement_of(self.config)
        alive = frozenset(
            i for i in placement.everyone if live is None or placement.nodes[i][0] in live
        )
        return placement.nodes[placement.owner(key, alive)][0]

    def names_of(self, label, kind):
        """Indexes of the names own.KIND0... that the node has while all live."""
        return {i for i in range(NAMES) if self.owner(b"own.%s%d" % (kind.encode(), i)) == label}

    def let_go(self, kind):
        return sum(
            page.value("weir_series_let_go_total", type=kind) for page in self.pages().values()
        )

    def homes(self, kind, pages=None):
        """Index -> labels of the nodes that show own_KIND<index>; of timers their quantiles."""
        found = collections.defaultdict(set)
        for label, page in (pages or self.pages()).items():
            for name, labels in page.samples:
                if kind == "t" and "quantile" not in dict(labels):
                    continue
                if name.startswith(f"own_{kind}") and name[5:].isdigit():
                    found[int(name[5:])].add(label)
        return dict(found)

    def owners(self, kind, live=None):
        """Index -> the one label that should have it."""
        return {i: {self.owner(b"own.%s%d" % (kind.encode(), i), live)} for i in range(NAMES)}

    def wait_homes(self, kind, expected):
        wait_until(
            lambda: self.homes(kind) == expected,
            lambda: f"own_{kind} at {expected}, they are at {self.homes(kind)}",
        )
