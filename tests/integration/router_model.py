#!/usr/bin/python3
"""The monkey, made strict: random operations on a router and its nodes, each line of the traffic
held against an oracle that knows where it may go.

usage: router_model.py [--seed N] [--ops N]

A seed decides the configuration and the operations; the traffic beside them varies with time. What
goes wrong is told with the seed and the operation, so that `--seed` plays it again.
"""

import argparse
import contextlib
import itertools
import pathlib
import random
import sys
import tempfile

from fake_node import FakeNode
from harness import Router
from model_ledger import Ledger, drop_problem
from model_lines import LineMaker
from model_operations import FALL, POOL, RISE, ModelError, Operations
from model_world import World
from program import wait_until
from router_case import SENDERS
from router_page import HELD, WAITING, RouterPage

class Model(Operations):
    def __init__(self, seed, say=lambda text: None):
        self.seed = seed
        self.history = []
        self._say = say
        self._random = random.Random(seed)
        self._traffic = random.Random(f"traffic {seed}")
        self._stack = contextlib.ExitStack()
        self._pending = []  # entries that may not have arrived
        self._parked = []  # and those that need not
        self._operation = "start"
        self.router = None

    # Setting up

    def _set_up(self):
        choose = self._random.choice
        directory = pathlib.Path(
            self._stack.enter_context(tempfile.TemporaryDirectory(prefix="weir-"))
        )
        nodes = {}
        for label in POOL:
            transport = choose(("udp", "udp", "udp", "tcp", "unixgram"))
            path = directory / label if transport == "unixgram" else None
            nodes[label] = FakeNode(label, "tcp" if transport == "tcp" else "udp", path)
            self._stack.callback(nodes[label].end)
        kind = choose(("slots", "slots", "slots", "ketama", "etsy", "etsy-0.7", "hulu", "statsrelay"))
        on_down = choose(("rehash", "rehash", "rehash", "rehash", "drop", "hold"))
        if kind == "statsrelay":
            on_down = "rehash"
        labels = self._random.sample(POOL, choose((3, 4, 5)))
        self.world = World(kind, on_down, nodes, labels)
        validation = choose(("structure", "structure", "off"))
        mtu = choose((60, 256, 1432))
        self._fixed = {
            "listen": {"udp": "127.0.0.1:0", "tcp": "127.0.0.1:0",
                       "unixgram": str(directory / "in"), "unix": str(directory / "stream")},
            "placement": kind, "on_down": on_down, "mtu": mtu, "validation": validation,
            "threads": choose((1, 2, 3)), "flush_interval": choose(("2ms", "10ms", "30ms")),
            "health_check": {"interval": "500ms", "timeout": "500ms", "fall": FALL, "rise": RISE},
        }  # fmt: skip
        self.ledger = Ledger(mtu)
        self.lines = LineMaker(random.Random(f"lines {self.seed}"), kind, validation)
        self.router = Router(self._config())
        self._stack.callback(self.router.stop)
        self.router.wait_ready()
        self._senders = {}
        for name in ("udp", "udp2", "tcp", "unixgram", "unix"):
            protocol = name.rstrip("2")
            where = self.router.endpoint if protocol in ("udp", "tcp") else self.router.address
            self._senders[name] = SENDERS[protocol](where(protocol))
            self._stack.callback(self._senders[name].close)
        self._views = [self.world.view()]
        facts = f"{kind}, {on_down}, mtu {mtu}, validation {validation}, nodes "
        self._note(facts + " ".join(f"{one}:{nodes[one].data.transport}" for one in labels))

    def _config(self):
        entries = [self.world.configured(label) for label in self.world.order]
        return {**self._fixed, "downstreams": entries}

    def _note(self, text):
        self.history.append(text)
        self._say(text)

    # Traffic

    def _outcomes(self, key):
        return frozenset().union(*(view.outcomes(key) for view in self._views))

    def _send(self, count):
        """So many lines, by one source after another, in packets of any size."""
        choose = self._traffic
        while count > 0:
            source = choose.choice(list(self._senders))
            size = min(count, choose.randrange(1, 30))
            count -= size
            packet = []
            for _ in range(size):
                line = self.lines.make()
                allowed = self._outcomes(self.world.key_of(line)) if line.key is not None else ()
                entry = self.ledger.send(line, source, allowed)
                if entry is not None:
                    entry.key = self.world.key_of(line)
                    self._pending.append(entry)
                packet.append(line.sent)
            end = choose.choice((b"\n", b"\n", b"\r\n"))
            data = end.join(packet) + (end if source in ("tcp", "unix") else b"")
            self._senders[source].socket.sendall(data)

    def _read(self):
        for label, node in self.world.nodes.items():
            self.ledger.read(label, node.data)
        self._pending = [entry for entry in self._pending if entry.at is None]

    def _page(self):
        return RouterPage(self.router)

    @contextlib.contextmanager
    def _grace(self, *views):
        """Within, lines may go by any of these views too, also those still under way."""
        self._views += [view for view in views if view not in self._views]
        self._read()
        for entry in self._pending:
            entry.allowed |= self._outcomes(entry.key)
        yield
        self.world.settle()
        # Lines sent so far may still be read by the router, but not before it had changed.
        self._views = [self.world.view()]

    def _until(self, condition, what):
        """Sends traffic until condition(page) holds."""

        def check():
            self._send(self._traffic.randrange(1, 60))
            self._read()
            page = self._page()
            return condition(page) and page

        return wait_until(check, lambda: f"{what}:\n{self._page().brief()}")

    # What must hold when nothing is changing

    def _settle(self):
        problem = None

        def arrived():
            nonlocal problem
            self._read()
            page = self._page()
            held = page.total(HELD)
            if page.lines() != self.ledger.lines or page.total(WAITING) != held:
                problem = f"{self.ledger.lines} lines were sent:\n{page.brief()}"
                return None
            missing = [entry for entry in self._pending + self._parked if entry.at is None]
            problem = drop_problem(missing, page.dropped(), held)
            self._parked = missing if problem is None else self._parked
            return problem is None and page

        page = wait_until(arrived, lambda: problem)
        self._pending = []
        self.ledger.check_page(page)
        for label in self.world.order:
            if page.is_up(label) != (label in self.world.alive):
                raise ModelError(f"{label} should be {'up' if label in self.world.alive else 'down'}")
        if page.in_ring() != self.world.ring:
            raise ModelError(f"in the ring are {page.in_ring()}, not {set(self.world.ring)}")
        changes = len(self.router.logged(r"msg=.A downstream is (up|down)"))
        if changes != self.world.transitions:
            raise ModelError(f"{changes} changes of state are logged, not {self.world.transitions}")
        for node in self.world.nodes.values():
            if node.data.transport != "tcp" and node.data.kernel_drops():
                raise ModelError(f"the fake node {node.label} itself lost datagrams")

    # Running

    def _one(self):
        while True:
            (name,) = self._random.choices(list(self.WEIGHTS), self.WEIGHTS.values())
            self._operation = name
            done = getattr(self, f"op_{name}")()
            if done is not None:
                self._note(done)
                return

    def _end(self):
        """All well again; then a last burst, which is on its way when the router is told to end."""
        for label in sorted(self.world.drained):
            self._set_drained(label, False)
        for label in list(self.world.order):
            if label not in self.world.alive:
                self._revive(label)
        self._settle()
        dropped = self._page().dropped()
        self._send(1000)
        status = self.router.stop()
        if status != 0:
            raise ModelError(f"exit status {status}:\n{self.router.tail()}")
        drained = r"msg=Drained lines=(\d+) lines_sent=(\d+) lines_dropped=(\d+) kernel_drops=(\d+)"
        told = self.router.wait_for_log(drained)
        lines, sent, lost, kernel_drops = (int(number) for number in told.groups())
        if (lines, kernel_drops) != (self.ledger.lines, 0):
            raise ModelError(f"{told.group(0)}, sent were {self.ledger.lines}")
        # The last burst may have overrun a unix socket.
        blocked = dropped.get("would_block", 0) + lost - sum(dropped.values())
        dropped = {**dropped, "would_block": blocked}

        def arrived():
            self._read()
            return drop_problem(self.ledger.missing(), dropped, 0) is None

        wait_until(arrived, lambda: drop_problem(self.ledger.missing(), dropped, 0))
        # What was lost without a word counts as sent.
        if sent != self.ledger.routed - lost:
            raise ModelError(f"{told.group(0)}, routed were {self.ledger.routed}")

    def run(self, ops):
        with self._stack:
            number = 0
            try:
                self._set_up()
                for number in range(1, ops + 1):
                    self._one()
                self._operation = "end"
                self._end()
            except (AssertionError, OSError) as error:
                past = "\n".join(f"  {i}: {text}" for i, text in enumerate(self.history))
                raise ModelError(
                    f"seed {self.seed}, operation {number} ({self._operation}): {error}\n"
                    f"{past}\n{self.router.tail() if self.router else ''}\n"
                    f"again: router_model.py --seed {self.seed} --ops {ops}"
                ) from error


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--ops", type=int, default=100)
    options = parser.parse_args()
    numbers = itertools.count()
    model = Model(options.seed, lambda text: print(f"{options.seed}/{next(numbers)} {text}", flush=True))
    try:
        model.run(options.ops)
    except ModelError as error:
        print(f"FAILED {error}")
        return 1
    print(f"seed {options.seed}: {model.ledger.lines} lines, {model.ledger.arrived} arrived")
    return 0


if __name__ == "__main__":
    sys.exit(main())
