"""The test case for weir-router: fake nodes behind it, the oracle beside it, and exact accounts."""

import collections
import threading

from fake_node import FakeNode
from harness import IntegrationTest, wait_until
from placement_oracle import Placement
from router_page import RouterPage
from senders import TcpSender, UdpSender, UnixgramSender, UnixStreamSender

SENDERS = {
    "udp": UdpSender, "tcp": TcpSender, "unixgram": UnixgramSender, "unix": UnixStreamSender,
}  # fmt: skip

# Short enough for a test, long enough for a machine that is busy with something else.
INTERVAL = 0.5
FALL = 2
RISE = 2
# What the machine may add to a bound on time: a probe begins late, a log line is written late.
SLACK = 10.0
HEALTH_CHECK = {"kind": "statsd", "interval": "500ms", "timeout": "500ms", "fall": FALL, "rise": RISE}
# For tests that a death too many would fail.
LONG_INTERVAL = 1.0
LONG_HEALTH_CHECK = {**HEALTH_CHECK, "interval": "1s", "timeout": "1s"}


def batches(items, size):
    return [items[i : i + size] for i in range(0, len(items), size)]


def placement_of(config):
    """The oracle for a configuration."""
    nodes = [
        (entry["label"], entry["address"], entry.get("weight", 1)) for entry in config["downstreams"]
    ]
    labels = [label for label, _, _ in nodes]
    return Placement(
        config.get("placement", "slots"),
        nodes,
        [labels.index(label) for label in config.get("shard_map", [])],
        config.get("name_end", "first"),
    )


class RouterTest(IntegrationTest):
    def start_nodes(self, count=3, **options):
        """Nodes a, b, c... that end with the test."""
        return [self.start_node(label, **options) for label in "abcdefghijklmnop"[:count]]

    def start_node(self, label, **options):
        node = FakeNode(label, **options)
        self.addCleanup(node.end)
        return node

    def config_of(self, nodes, **keys):
        return {
            "flush_interval": "10ms",
            "health_check": HEALTH_CHECK,
            "threads": 2,
            "downstreams": [node.config() for node in nodes],
            **keys,
        }

    def start_before(self, nodes, *flags, **keys):
        """A router in front of these nodes; sets self.nodes, self.config, self.router."""
        self.nodes = {node.label: node for node in nodes}
        self.config = self.config_of(nodes, **keys)
        self.router = self.start_router(self.config, *flags)
        return self.router

    def page(self):
        return RouterPage(self.router)

    def sender(self, transport="udp"):
        """A client of the router, which ends with the test."""
        if transport in ("udp", "tcp"):
            sender = SENDERS[transport](self.router.endpoint(transport))
        else:
            sender = SENDERS[transport](self.router.address(transport))
        self.addCleanup(sender.close)
        return sender

    def send_all(self, lines, sender=None, per_packet=20):
        sender = sender or self.sender()
        for some in batches(lines, per_packet):
            sender.send(some)

    def wait_page(self, condition, what):
        """Scrapes until condition(RouterPage) holds, and returns that page."""
        last = []

        def check():
            last[:] = [self.page()]
            return condition(last[0]) and last[0]

        return wait_until(check, lambda: f"{what}:\n{last[0].brief()}\n{self.router.tail()}")

    def wait_received(self, count):
        """Until the router has counted so many lines in all."""
        return self.wait_page(lambda page: page.lines() >= count, f"{count} lines received")

    def wait_up(self, label, up=True):
        """Until the router counts the node as alive or dead, all its workers included."""
        return self.wait_page(lambda page: page.is_up(label) == up, f"{label} up: {up}")

    def wait_ring(self, *labels):
        return self.wait_page(lambda page: page.in_ring() == set(labels), f"ring of {labels}")

    # What is expected

    def owners(self, lines, live=None, config=None):
        """Label -> Counter of lines, as the oracle places them; `live` are labels."""
        placement = placement_of(config or self.config)
        alive = placement.everyone
        if live is not None:
            alive = frozenset(i for i in alive if placement.nodes[i][0] in live)
        expected = {label: collections.Counter() for label in self.nodes}
        for line in lines:
            owner = placement.owner(placement.key_of(line), alive)
            expected[placement.nodes[owner][0]][line] += 1
        return expected

    def received(self, since=None):
        """Label -> Counter of the lines that came, after those of an earlier `counts()`."""
        since = since or {}
        return {
            label: collections.Counter(node.lines()[since.get(label, 0) :])
            for label, node in self.nodes.items()
        }

    def counts(self):
        return {label: node.data.count for label, node in self.nodes.items()}

    def wait_arrived(self, count, since=None):
        """Until so many lines have come, after those of an earlier `counts()`."""
        before = sum((since or {}).values())
        wait_until(
            lambda: sum(self.counts().values()) - before >= count,
            lambda: f"{count} lines at the nodes, which have {self.counts()} after {since}:\n"
            + self.page().brief(),
        )

    def check_placed(self, lines, since=None, live=None):
        """Each line has come exactly once, to the node where the oracle has it."""
        self.wait_arrived(len(lines), since)
        expected, got = self.owners(lines, live), self.received(since)
        for label in self.nodes:
            missing, alien = expected[label] - got[label], got[label] - expected[label]
            if missing or alien:
                self.fail(
                    f"node {label}: {missing.total()} lines missing, as {list(missing)[:5]}; "
                    f"{alien.total()} too many, as {list(alien)[:5]}\n{self.router.tail()}"
                )

    def send_and_check(self, lines, live=None, **options):
        since = self.counts()
        self.send_all(lines, **options)
        self.check_placed(lines, since, live)

    def check_conserved(self, sent, lost=None):
        """`sent` good lines: those at the nodes and those in the drop counters make them up."""
        dropped = self.page().dropped()
        self.assertEqual(dropped, lost or {})
        arrived = sum(self.counts().values())
        self.assertEqual(arrived + sum(dropped.values()), sent)
        for node in self.nodes.values():
            if node.data.transport != "tcp":
                self.assertEqual(node.data.kernel_drops(), 0, "the fake node itself lost datagrams")


def made_lines(count, tag="n", names=200, kind=b"c"):
    """Lines that are all different, of so many names."""
    return [b"%s.name%d:%d|%s" % (tag.encode(), i % names, i, kind) for i in range(count)]


class Load:
    """A client that sends without pause in a thread of its own, until told to stop."""

    def __init__(self, sender, tag="load"):
        self.lines = []
        self._sender, self._tag = sender, tag
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        part = 0
        while not self._stop.is_set():
            some = made_lines(30, f"{self._tag}{part}", names=30)
            self._sender.send(some)
            self.lines += some
            part += 1
            self._stop.wait(0.001)

    def stop(self):
        """Ends it; all that was sent."""
        self._stop.set()
        self._thread.join()
        return self.lines
