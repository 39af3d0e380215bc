"""What the model test knows of the router at each moment: its configuration, who is alive, and so
where a line may go. While something is changing there are several possibilities."""

import dataclasses

from model_ledger import BLOCKED, DOWN, LOST
from placement_oracle import Placement


@dataclasses.dataclass(frozen=True)
class View:
    """One possible state of the router."""

    placement: Placement
    ring: frozenset  # labels
    down: frozenset  # labels whose lines are dropped or held
    crashed: frozenset  # labels whose data port refuses
    blocking: frozenset  # labels whose socket may be full
    drops: bool  # on_down is drop

    def outcomes(self, key):
        labels = [label for label, _, _ in self.placement.nodes]
        live = frozenset(labels.index(label) for label in self.ring)
        owner = labels[self.placement.owner(key, live)]
        if owner in self.down and self.drops:
            return {DOWN}
        others = {LOST} if owner in self.crashed else set()
        return {owner} | others | ({BLOCKED} if owner in self.blocking else set())


class World:
    """Nodes by label, in the order of the configuration; alive and drained as the router sees them."""

    def __init__(self, kind, on_down, nodes, labels):
        self.kind = kind
        self.on_down = on_down
        self.nodes = nodes  # every fake node there is
        self.order = list(labels)
        self.weights = {label: 1 for label in nodes}
        self.alive = set(labels)
        self.drained = set()
        self.crashed = set()
        self.blocking = {
            label for label, node in nodes.items() if node.data.transport == "unixgram"
        }
        self.ring = frozenset(labels)
        self.transitions = 0  # log lines of deaths and returns
        self._placements = {}

    @property
    def weighted(self):
        return self.kind in ("slots", "ketama")

    def placement(self):
        nodes = tuple(
            (label, self.nodes[label].data.address, self.weights[label]) for label in self.order
        )
        if nodes not in self._placements:
            self._placements[nodes] = Placement(self.kind, nodes)
        return self._placements[nodes]

    def ring_of(self, alive):
        """As docs/router-config.md has it: when nobody is left, the ring stays as it was."""
        if self.on_down == "rehash":
            ring = frozenset(alive) - self.drained
        else:
            ring = frozenset(self.order) - self.drained
        return ring or self.ring

    def view(self, alive=None):
        """The state once these nodes are alive; those of now by default."""
        alive = self.alive if alive is None else alive
        down = frozenset() if self.on_down == "rehash" else frozenset(self.order) - frozenset(alive)
        return View(
            self.placement(), self.ring_of(alive), down, frozenset(self.crashed),
            frozenset(self.blocking), self.on_down == "drop",
        )  # fmt: skip

    def settle(self):
        """What was to come has come."""
        self.ring = self.ring_of(self.alive)

    def key_of(self, line):
        """A line's key; `slots` has names with tags in them, which only their maker can tell."""
        return line.key if self.kind == "slots" else self.placement().key_of(line.sent)

    def serving(self, without=()):
        """Nodes that are alive and not drained."""
        return sorted(self.alive - self.drained - set(without))

    def configured(self, label, **more):
        entry = self.nodes[label].config(**more)
        if self.weighted:
            entry["weight"] = self.weights[label]
        return entry
