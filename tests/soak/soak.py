"""Keeps a cluster under load, makes things happen to it, and looks whether all is accounted for."""

import http.client
import random
import threading
import time
import traceback

from cluster import LABELS
from harness import wait_until
from traffic import CHURN

# Each way a page may be asked for.
ACCEPTED = (
    {},
    {"Accept-Encoding": "gzip"},
    {"Accept": "application/openmetrics-text; version=1.0.0"},
    {"Accept": "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"},
)  # fmt: skip


class Background:
    """A thread that repeats a step until it is told to stop. A step that fails ends it."""

    def __init__(self, step):
        self.failure = None
        self._step = step
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            while not self._stop.is_set():
                self._step()
        except Exception:
            self.failure = traceback.format_exc()

    def stop(self):
        self._stop.set()
        self._thread.join()


class Resources:
    """Kilobytes resident, descriptors and threads of each process, looked at again and again."""

    KINDS = ("kilobytes resident", "descriptors", "threads")
    # By so much, in all, may the last quarter of the looks be above the second.
    SLACK = (16 << 10, 16, 0)
    FEWEST_LOOKS = 40

    def __init__(self):
        self._looks = {}

    def look(self, programs):
        for name, program in programs.items():
            # A process that took another's place begins anew.
            looks = self._looks.setdefault((name, program.process.pid), [])
            looks.append((program.memory_kilobytes(), program.descriptors(), program.threads()))

    def report(self):
        """A line for each process that was looked at for long, and those that are not flat."""
        lines, grown = [], []
        for (name, _), looks in self._looks.items():
            if len(looks) < self.FEWEST_LOOKS:
                continue
            quarter = len(looks) // 4
            for kind, slack, column in zip(self.KINDS, self.SLACK, zip(*looks)):
                early, late = max(column[quarter : 2 * quarter]), max(column[-quarter:])
                lines.append(f"{name:8} {kind:18} {early:>8} -> {late:>8}")
                if late > early + slack:
                    grown.append(f"{name}: {kind} grew from {early} to {late}")
        return lines, grown


class Soak:
    def __init__(self, cluster, crowd, seed):
        self._cluster = cluster
        self._crowd = crowd
        self._dice = random.Random(seed)
        self._sent_before = 0
        self._scrapes = 0
        self._happened = {}
        self._resources = Resources()

    def run(self, seconds, say):
        """The last line, and what went wrong, in words."""
        background = [Background(self._burst), Background(self._scrape)]
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end and not any(one.failure for one in background):
                self._resources.look(self._cluster.programs())
                self._something_happens()
                say(self._progress())
        finally:
            for one in background:
                one.stop()
        return self._settle(say, [one.failure for one in background if one.failure])

    def _burst(self):
        """One burst is on its way while the next is sent, and no third."""
        self._crowd.burst()
        self._wait_for(self._sent_before)
        self._sent_before = self._crowd.account().lines

    def _wait_for(self, sent):
        def there():
            _, applied, refused, _ = self._cluster.totals()
            return applied + sum(refused.values()) >= sent

        wait_until(there, lambda: f"{sent} lines accounted for, not {self._cluster.totals()[:3]}")

    def _scrape(self):
        """A page that is answered by a process that is being replaced may fail."""
        for program in self._cluster.exporters() + [self._cluster.router]:
            try:
                status = program.get("/metrics", self._dice.choice(ACCEPTED)).status
            except (OSError, http.client.HTTPException):
                status = None
            if status != 200 and program in self._cluster.exporters():
                raise AssertionError(f"/metrics answers {status}")
            self._scrapes += 1

    def _something_happens(self):
        what, do = self._dice.choice((
            ("exporters killed", lambda: self._cluster.replace(self._dice.choice(LABELS[:-1]))),
            ("takeovers", lambda: self._cluster.take_over(self._dice.choice(LABELS[:-1]))),
            ("mappings reloaded", self._cluster.reload_mapping),
            ("weights changed",
             lambda: self._cluster.reweigh(self._dice.choice(LABELS), self._dice.randint(1, 3))),
            ("drains", lambda: self._cluster.drain(self._dice.choice(LABELS), self._dice.random())),
            ("rests", lambda: time.sleep(self._dice.random())),
        ))  # fmt: skip
        do()
        self._happened[what] = self._happened.get(what, 0) + 1

    def _progress(self):
        _, applied, refused, _ = self._cluster.totals()
        events = ", ".join(f"{count} {what}" for what, count in sorted(self._happened.items()))
        dropped = sum(refused.values())
        return f"applied {applied:,.0f}, dropped {dropped:,.0f}, {self._scrapes} scrapes, {events}"

    def _settle(self, say, wrong):
        account = self._crowd.account()
        try:
            self._wait_for(account.lines)
            wait_until(self._churn_is_gone, "the names that came and went are forgotten")
        except AssertionError as error:
            wrong.append(str(error))
        lines, grown = self._resources.report()
        for line in lines:
            say(line)
        received, applied, refused, sums = self._cluster.totals()
        dropped = sum(refused.values())
        wrong += grown
        wrong += [f"dropped, {reason}: {count:.0f}" for reason, count in refused.items() if count]
        if received != account.lines:
            wrong.append(f"the router received {received:.0f} lines of {account.lines}")
        if account.lines != applied + dropped:
            wrong.append("what was sent is not what was applied or dropped")
        wrong += [
            f"{name} is {sums[name]}, not {value}"
            for name, value in account.expected().items()
            if name.endswith("_count") or name in account.counters
            if sums[name] != value
        ]
        return f"sent {account.lines} = applied {applied:.0f} + dropped {dropped:.0f}", wrong

    def _churn_is_gone(self):
        return not any(
            name == CHURN
            for exporter in self._cluster.exporters()
            for name, _ in exporter.scrape().samples
        )
