"""The accounts of the model test: what was sent and where it may go, against what arrived.

Every line differs from all others, so each is found again by its bytes. All that is wrong is an
AssertionError that says which line, which node and what was allowed.
"""

import collections
import dataclasses

# Outcomes beside the labels of nodes.
LOST = "lost on the way"  # by a node that crashed
DOWN = "dropped as down"  # by a router that drops the lines of the dead
BLOCKED = "dropped as would_block"  # by a unix socket, which holds ten datagrams


@dataclasses.dataclass
class Entry:
    line: bytes
    source: str
    key: bytes
    number: int
    allowed: frozenset  # labels of nodes and other outcomes
    at: str = None  # where it arrived


class Ledger:
    def __init__(self, mtu):
        self.mtu = mtu
        self.entries = {}
        self.lines = 0
        self.empty = 0
        self.malformed = collections.Counter()  # by reason
        self.arrived = 0
        self._last = {}  # (node, connection, source, key) -> number
        self._cursors = {}

    @property
    def routed(self):
        return len(self.entries)

    def send(self, line, source, allowed):
        """Writes down a Line that is about to be sent; returns its entry if it is to be routed."""
        self.lines += 1
        if line.key is None:
            if line.reason is None:
                self.empty += 1
            else:
                self.malformed[line.reason] += 1
            return None
        if line.sent in self.entries:
            raise AssertionError(f"the model sends {line.sent!r} twice")
        entry = Entry(line.sent, source, line.key, line.number, frozenset(allowed))
        self.entries[line.sent] = entry
        return entry

    def read(self, label, sink):
        """Takes what has newly arrived at a node."""
        packets, self._cursors[label] = sink.packets_since(self._cursors.get(label))
        for connection, packet in packets:
            self.take(label, connection, packet, sink.transport != "tcp")

    def take(self, label, connection, packet, is_datagram=True):
        if not packet.endswith(b"\n"):
            raise AssertionError(f"{label} got a packet that ends within a line: {packet[-60:]!r}")
        lines = packet[:-1].split(b"\n")
        if is_datagram and len(packet) > self.mtu and len(lines) > 1:
            raise AssertionError(f"{label} got {len(lines)} lines in {len(packet)} bytes")
        for line in lines:
            self._take_line(label, connection, line)

    def _take_line(self, label, connection, line):
        entry = self.entries.get(line)
        if entry is None:
            raise AssertionError(f"{label} got a line that nobody sent: {line!r}")
        if entry.at is not None:
            raise AssertionError(f"{line!r} came twice: to {entry.at} and to {label}")
        if label not in entry.allowed:
            raise AssertionError(f"{label} got {line!r}, allowed was {sorted(entry.allowed)}")
        thread = (label, connection, entry.source, entry.key)
        if self._last.get(thread, -1) > entry.number:
            raise AssertionError(f"{label} got {line!r} after line {self._last[thread]} of its name")
        self._last[thread] = entry.number
        entry.at = label
        self.arrived += 1

    def missing(self):
        return [entry for entry in self.entries.values() if entry.at is None]

    def check_page(self, page):
        """Every line is received, and counted for what it is; nothing is lost before the router."""
        expected = {
            "lines": self.lines, "routed": self.routed, "empty": self.empty,
            "malformed": sum(self.malformed.values()), "kernel_drops": 0,
        }  # fmt: skip
        told = {
            "lines": page.lines(), "routed": page.lines("routed"), "empty": page.lines("empty"),
            "malformed": page.lines("malformed"), "kernel_drops": page.kernel_drops,
        }  # fmt: skip
        if told != expected:
            raise AssertionError(f"the page tells {told}, sent was {expected}")
        if page.errors() != self.malformed:
            raise AssertionError(f"the page tells {page.errors()}, sent was {dict(self.malformed)}")

    def check_drops(self, dropped, held=0):
        """Each line that is missing was one that could be, and the counters say how many."""
        problem = drop_problem(self.missing(), dropped, held)
        if problem:
            raise AssertionError(problem)


def drop_problem(missing, dropped, held):
    """What is wrong with the lines that did not arrive, by the router's counters; None: nothing."""
    facts = f"{len(missing)} lines are missing, dropped: {dropped}, held: {held:.0f}"
    if set(dropped) - {"down", "refused", "would_block"}:
        return f"drops for no reason; {facts}"
    had_to_come = [entry for entry in missing if not entry.allowed & {LOST, DOWN, BLOCKED}]
    if len(had_to_come) > held:
        return f"{had_to_come[0].line!r}, for {sorted(had_to_come[0].allowed)}, is missing; {facts}"
    # A network need not tell of all that it loses; what it told the router is lost.
    untold = len(missing) - sum(dropped.values()) - held
    lost = sum(1 for entry in missing if LOST in entry.allowed)
    if not 0 <= untold <= lost:
        return f"{untold:.0f} lines are not accounted for, {lost} may be; {facts}"
    for reason, outcome in (("down", DOWN), ("would_block", BLOCKED)):
        most = sum(1 for entry in missing if outcome in entry.allowed)
        if dropped.get(reason, 0) > most:
            return f"more dropped as {reason} than the {most} that could be; {facts}"
    return None
