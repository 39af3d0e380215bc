"""What the model test does to a router and its nodes, one operation after another.

Each operation runs to its end, with traffic beside it, and waits until the router shows that it is
done; it returns what it was, or None where it is not possible now. Which one comes and what it
does depends on the seed and on the world alone, never on time.
"""

import itertools
import signal
import time

from fake_health import DOWN as ILL
from fake_health import UP as WELL
from program import log_time

INTERVAL = 0.5
TIMEOUT = 0.5
# Three, as a busy machine may keep a healthy node from answering twice.
FALL, RISE = 3, 2
DEATH_BOUND = FALL * INTERVAL + TIMEOUT
RETURN_BOUND = (RISE + 1) * INTERVAL + TIMEOUT
# For the machine: it may be busy.
SLACK = 10.0
POOL = "abcdefg"
# Styles that fail as soon as they are asked.
AT_ONCE = ("fin", "reset", "down", "updog", "huge", "no_colon")
CHANGE = r'msg="A downstream is {}" downstream={} '
LOADED = "Loaded the configuration"


class ModelError(AssertionError):
    pass


class Operations:
    """A part of router_model.Model, which has the router, the world, the traffic and the ledger."""

    WEIGHTS = {
        "burst": 4, "settle": 2, "kill": 4, "crash": 1, "revive": 4, "flap": 1, "drain": 1,
        "undrain": 2, "reload": 5, "bad_config": 1, "hang_up": 1,
    }  # fmt: skip

    def _seen(self):
        """What is logged and probed so far: from where to look."""
        return len(self.router.log), {
            label: len(node.health.probes) for label, node in self.world.nodes.items()
        }

    def _wait_changes(self, changed, word, bound, seen):
        """Each label of {label: when} is logged as up or down, in time and after enough probes."""
        lines, probes = seen
        for label, when in changed.items():
            found = self.router.wait_for_log(CHANGE.format(word, label), start=lines)
            at = log_time(found.string)
            if at - when > bound + SLACK:
                raise ModelError(f"{label} was {word} after {at - when:.3f} s")
            self.world.transitions += 1
            health = self.world.nodes[label].health
            # The log is cut to milliseconds.
            asked = sum(
                1 for time, style in health.probes[probes[label] :]
                if style == health.style and time < at + 0.002
            )  # fmt: skip
            # A busy machine may add a failure of its own, which makes a death sooner and a return
            # later, and never the other way round.
            if word == "down" and health.style in AT_ONCE and not FALL - 1 <= asked <= FALL:
                raise ModelError(f"{label} was down after {asked} probes")
            if word == "up" and asked < RISE:
                raise ModelError(f"{label} was up after {asked} probes")

    def op_burst(self):
        count = self._random.randrange(1, 1200)
        self._send(count)
        return f"burst {count}"

    def op_settle(self):
        self._settle()
        return "settle"

    def _bring_down(self, labels, crash=False, styles=None):
        world = self.world
        since = self._seen()
        left = world.alive - set(labels)
        subsets = [
            world.alive - set(some)
            for size in range(1, len(labels) + 1)
            for some in itertools.combinations(labels, size)
        ]
        if crash:
            world.crashed |= set(labels)
        with self._grace(world.view(), *(world.view(alive) for alive in subsets)):
            changed = {}
            for label in labels:
                node = world.nodes[label]
                if crash:
                    node.crash()
                elif styles:
                    node.health.set(styles[label])
                changed[label] = time.time()
            self._until(
                lambda page: not any(page.is_up(label) for label in labels), f"{labels} are down"
            )
            self._wait_changes(changed, "down", DEATH_BOUND, since)
            world.alive = left

    def op_kill(self):
        most = len(self.world.serving()) - 1
        if self.world.on_down == "rehash" and len(self.world.alive) == 1:
            most = 1  # the last one may die as well
        if most < 1 or not self.world.alive:
            return None
        candidates = sorted(self.world.alive)
        if len(candidates) > 1:
            # One that serves stays.
            candidates.remove(self._random.choice(self.world.serving()))
        labels = self._random.sample(candidates, min(len(candidates), self._random.choice((1, 1, 2))))
        styles = {label: self._random.choice(ILL) for label in labels}
        self._bring_down(labels, styles=styles)
        return f"kill {styles}"

    def op_crash(self):
        """A process that is killed: its data port refuses, and what is on its way is lost."""
        world = self.world
        labels = [
            label for label in world.serving()
            if world.nodes[label].data.transport == "udp" and len(world.serving()) > 1
        ]  # fmt: skip
        # A peer without failover would lose its lines for ever.
        if not labels or world.on_down != "rehash" or world.kind == "statsrelay":
            return None
        label = self._random.choice(labels)
        self._settle()
        self._bring_down([label], crash=True)
        return f"crash {label}"

    def op_revive(self):
        world = self.world
        dead = [label for label in world.order if label not in world.alive]
        if not dead:
            return None
        label, style = self._random.choice(dead), self._random.choice(WELL)
        self._revive(label, style)
        return f"revive {label} {style}"

    def _revive(self, label, style="up"):
        world, since = self.world, self._seen()
        if label in world.crashed:
            world.nodes[label].data.open_port()
            world.crashed.discard(label)
        with self._grace(world.view(world.alive | {label})):
            changed = {label: world.nodes[label].health.set(style)}
            self._until(lambda page: page.is_up(label), f"{label} is up")
            self._wait_changes(changed, "up", RETURN_BOUND, since)
            world.alive = world.alive | {label}

    def op_flap(self):
        """Up and down with each probe, which is never two of a kind in a row: nothing changes."""
        label = self._random.choice(self.world.order)
        health = self.world.nodes[label].health
        before = health.style
        if before in ("refused", "blackhole"):  # a probe that hangs there would be a third of a kind
            return None

        def asked(style, since):
            return sum(1 for _, one in health.probes[since:] if one == style)

        begun = len(health.probes)
        health.set("flapping")
        self._until(lambda page: asked("flapping", begun) >= 4, f"{label} flaps")
        begun = len(health.probes)
        health.set(before)
        # The last one may have begun a row of the other kind.
        self._until(lambda page: asked(before, begun) >= 1, f"{label} does as before")
        return f"flap {label}"

    def op_drain(self):
        world = self.world
        candidates = [
            label for label in world.order if label not in world.drained and world.serving([label])
        ]
        if not candidates:
            return None
        label = self._random.choice(candidates)
        self._set_drained(label, True)
        return f"drain {label}"

    def op_undrain(self):
        drained = sorted(self.world.drained)
        if not drained:
            return None
        label = self._random.choice(drained)
        self._set_drained(label, False)
        return f"undrain {label}"

    def _set_drained(self, label, drained):
        world = self.world
        before = world.view()
        (world.drained.add if drained else world.drained.discard)(label)
        with self._grace(before, world.view()):
            word = "drain" if drained else "undrain"
            answer = self.router.request("POST", f"/api/v1/{word}?node={label}")
            if answer.status != 200:
                raise ModelError(f"{word} {label}: {answer.status} {answer.text}")
            # The workers are told after the answer is given; a page is asked of them after that.
            self._page()

    def op_reload(self):
        world = self.world
        if not world.serving():
            return None
        before = world.view()
        what, added = self._change_config()
        ring = world.ring | added
        world.ring = frozenset(label for label in ring if label in world.order)
        trigger = self._random.choice(("post", "hang up", "watch"))
        with self._grace(before, world.view()):
            self._send(100)
            written = time.time()
            self.router.write(self._config())
            if trigger == "post":
                answer = self.router.reload()
                if answer.status != 200:
                    raise ModelError(f"reload: {answer.status} {answer.text}")
            else:
                if trigger == "hang up":
                    self.router.process.send_signal(signal.SIGHUP)
                # A file is watched too: whatever was read that late was read anew.
                self._until(
                    lambda page: any(
                        log_time(match.string) > written + 0.05 for match in self.router.logged(LOADED)
                    ),
                    "the configuration is read",
                )
            self._page()
        return f"reload by {trigger}: {what}"

    def _change_config(self):
        """Changes the world; says what it did, and which nodes are new."""
        world, choose = self.world, self._random
        what, added = [], set()
        if choose.random() < 0.5:
            choose.shuffle(world.order)
            what.append("order")
        if world.weighted and choose.random() < 0.5:
            label = choose.choice(world.order)
            world.weights[label] = choose.choice((1, 2, 3, 7))
            what.append(f"{label} weighs {world.weights[label]}")
        spare = [label for label in POOL if label not in world.order]
        if spare and choose.random() < 0.5:
            label = choose.choice(spare)
            world.nodes[label].health.set(choose.choice(WELL))
            world.order.insert(choose.randrange(len(world.order) + 1), label)
            world.alive = world.alive | {label}
            added.add(label)
            what.append(f"{label} added")
        removable = [label for label in world.order if world.serving([label]) and label not in added]
        if len(world.order) > 2 and removable and choose.random() < 0.5:
            label = choose.choice(removable)
            if world.on_down == "hold" and label not in world.alive:
                return ", ".join(what) or "nothing", added  # what is held for it would be lost
            world.order.remove(label)
            world.alive = world.alive - {label}
            world.drained.discard(label)
            if label in world.crashed:
                world.nodes[label].come_back()
                world.crashed.discard(label)
            what.append(f"{label} removed")
        return ", ".join(what) or "nothing", added

    def op_bad_config(self):
        text = self._random.choice(("downstreams: [", "placement: x\n", "{}", "nodes: 7", "\0"))
        answer = self.router.reload(text)
        if answer.status != 500:
            raise ModelError(f"a bad configuration is taken: {answer.status} {answer.text}")
        self._send(200)
        self.router.write(self._config())
        return f"bad configuration {text!r}"

    def op_hang_up(self):
        self.router.process.send_signal(signal.SIGHUP)
        self._send(300)
        return "hang up"
