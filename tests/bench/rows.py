"""The rows: loads of the specification, and what is read of them.

A row runs its subjects in turn, slice by slice and round by round, so that all of them meet the same
machine. It returns `Figure`s.
"""

import dataclasses
import mmap
import os
import struct
import tempfile
import time

import load
import machine
import subjects
from figure import Figure
from http_rows import http_rows

LOAD = subjects.harness.LOAD
SLICES = 10  # of a paced load, in turn with the other programs of a row


@dataclasses.dataclass
class Run:
    cpu: float  # seconds, until everything was shown
    sent: int  # lines
    outcome: subjects.Outcome


def run_together(makes, lines, slices=1, **options):
    """Subjects under the same load: name -> Run.

    All are started; then each gets a slice of its load in turn, so that they meet the machine in the
    same mood. Only the time of its own slices counts.
    """
    started = {}
    cpu = dict.fromkeys(makes, 0.0)
    loads = {name: [] for name in makes}
    outcomes = {}
    try:
        for name, make in makes.items():
            started[name] = make()
        for number in range(slices):
            for name, subject in started.items():
                before = machine.cpu_seconds(subject.pid)
                seeded = {**options, "lines": lines // slices, "seed": number + 1}
                loads[name].append(load.Load(LOAD, subject.target, **seeded))
                machine.wait_idle(subject.pid)
                cpu[name] += machine.cpu_seconds(subject.pid) - before
        for name, subject in started.items():
            before = machine.cpu_seconds(subject.pid)
            outcomes[name] = subject.settle(loads[name])
            cpu[name] += machine.cpu_seconds(subject.pid) - before
    finally:
        for name, subject in started.items():
            outcomes[name] = subject.stop() or outcomes.get(name)
    sent = {name: sum(one.lines for one in loads[name]) for name in makes}
    return {name: Run(cpu[name], sent[name], outcomes[name]) for name in makes}


class CpuRow:
    """CPU for each line, with what arrived of them."""

    def __init__(self, name, title, makes, lines, targets=(), whole=False, **options):
        self.name = name
        self.title = title
        self._makes = makes  # subject's name -> how it is started
        self._lines = lines
        self._whole = whole  # never shortened
        self._targets = dict(targets)  # (subject, what) -> text
        self._options = options

    def measure(self, rounds, shorter):
        lines = self._lines if self._whole else self._lines // shorter
        runs = {name: [] for name in self._makes}
        for _ in range(rounds):
            # A burst comes whole, to a program that has seen nothing yet.
            groups = [{name: make} for name, make in self._makes.items()] if self._whole else [self._makes]
            for group in groups:
                slices = 1 if self._whole else SLICES
                for name, one in run_together(group, lines, slices, **self._options).items():
                    runs[name].append(one)
        figures = []
        for name, all_of_it in runs.items():
            add = lambda what, unit, values: figures.append(
                Figure(self.name, name, what, unit, values, self._targets.get((name, what), ""))
            )
            cpu = [one.cpu / max(one.outcome.lines, 1) * 1e6 for one in all_of_it]
            add("CPU a line", "us", cpu)
            add("CPU a run", "s", [one.cpu for one in all_of_it])
            if name != "floor" and "floor" in runs:
                floor = [one.cpu / max(one.outcome.lines, 1) * 1e6 for one in runs["floor"]]
                add("of the floor", "x", [a / b for a, b in zip(cpu, floor)])
            add("arrived", "%", [100 * one.outcome.lines / one.sent for one in all_of_it])
            add("dropped by the kernel", "datagrams", [one.outcome.kernel_drops for one in all_of_it])
            for what in ("exact", "accounted"):
                said = [getattr(one.outcome, what) for one in all_of_it]
                if None not in said:
                    add(what, f"runs of {rounds}", [sum(said)])
        for figure in figures:
            if figure.what == "CPU a line" and figure.subject.startswith("weir-"):
                figures += self._of_peers(figure, figures)
        return figures

    def _of_peers(self, ours, figures):
        """How often the peers' CPU holds ours, round by round."""
        for other in list(figures):
            if other.what == "CPU a line" and not other.subject.startswith(("weir-", "floor")):
                ratios = [theirs / mine for theirs, mine in zip(other.values, ours.values)]
                what = f"cheaper than {other.subject}"
                target = self._targets.get((ours.subject, "cheaper than peer"), "")
                yield Figure(self.name, ours.subject, what, "x", ratios, target)


class PageRow:
    """300,000 series: first sights, memory, and scrapes cold and warm, plain and packed."""

    name = "page"
    title = "300,000 series, 3 samples each: first sight, memory, scrapes"
    TARGETS = {
        "memory before scrapes": "<= 150",
        "memory after scrapes": "<= 250",
        "first scrape": "<= 0.15",
        "first scrape, CPU": "<= 0.20",
        "next scrapes": "<= 0.15",
        "next scrapes, CPU": "<= 0.20",
        "scrape with gzip": "<= 0.6",
    }

    def __init__(self, makes, series=300_000, rate=60_000):
        self._makes = makes
        self._series = series
        self._rate = rate

    def measure(self, rounds, shorter):
        rounds = min(rounds, 3)
        series = max(self._series // shorter, 3000)
        seen = {}
        for _ in range(rounds):
            for name, make in self._makes.items():
                for what, (unit, value) in self._run(make, series).items():
                    seen.setdefault((name, what, unit), []).append(value)
        return [
            Figure(self.name, name, what, unit, values,
                   self.TARGETS.get(what, "") if name.startswith("weir-") else "")
            for (name, what, unit), values in seen.items()
        ]  # fmt: skip

    def _run(self, make, series):
        subject = make()
        found = {}
        try:
            before = machine.cpu_seconds(subject.pid)
            options = {"series": series, "rate": self._rate}
            first = load.Load(LOAD, subject.target, lines=series, **options)
            machine.wait_idle(subject.pid)
            cpu = machine.cpu_seconds(subject.pid) - before
            found["CPU a first sight"] = ("us", cpu / series * 1e6)
            again = load.Load(LOAD, subject.target, lines=2 * series, seed=2, **options)
            machine.wait_idle(subject.pid)
            found["memory before scrapes"] = ("MB", machine.memory_megabytes(subject.pid))
            page = self._scrapes(subject, found)
            wrong = load.differences(page, load.expected([first, again]))
            found["series missing or wrong"] = ("series", wrong)
            found["memory after scrapes"] = ("MB", machine.memory_megabytes(subject.pid))
        finally:
            subject.stop()
        return found

    def _scrapes(self, subject, found):
        def timed(count, packed=False):
            before = machine.cpu_seconds(subject.pid)
            all_of_it = [subject.scrape(packed) for _ in range(count)]
            cpu = (machine.cpu_seconds(subject.pid) - before) / count
            return all_of_it[-1], machine.median([one.seconds for one in all_of_it]), cpu

        page, wall, cpu = timed(1)
        found["size of the page"] = ("MB", page.size / 1e6)
        found["first scrape"], found["first scrape, CPU"] = ("s", wall), ("s", cpu)
        page, wall, cpu = timed(5)
        found["next scrapes"], found["next scrapes, CPU"] = ("s", wall), ("s", cpu)
        _, wall, cpu = timed(3, packed=True)
        found["scrape with gzip"], found["scrape with gzip, CPU"] = ("s", wall), ("s", cpu)
        return page.body()


class MillionRow:
    """Memory of a million series, before and after a scrape."""

    name = "million"
    title = "1,000,000 series, one sample each"

    def __init__(self, makes):
        self._makes = makes

    def measure(self, rounds, shorter):
        series = 1_000_000 // shorter
        seen = {}
        for _ in range(min(rounds, 2)):
            for name, make in self._makes.items():
                subject = make()
                try:
                    sent = load.Load(LOAD, subject.target, lines=series, series=series, rate=60_000)
                    machine.wait_idle(subject.pid)
                    before = machine.memory_megabytes(subject.pid)
                    page = subject.scrape()
                    after = machine.memory_megabytes(subject.pid)
                    wrong = load.differences(page.body(), load.expected([sent]))
                finally:
                    subject.stop()
                seen.setdefault((name, "memory before a scrape", "MB", "<= 600"), []).append(before)
                seen.setdefault((name, "memory after a scrape", "MB", "<= 600"), []).append(after)
                seen.setdefault((name, "scrape", "s", ""), []).append(page.seconds)
                seen.setdefault((name, "series missing or wrong", "series", ""), []).append(wrong)
        return [
            Figure(self.name, name, what, unit, values, target if name.startswith("weir-") else "")
            for (name, what, unit, target), values in seen.items()
        ]


class GapRow:
    """How long a scrape keeps a shard from its sockets, by the thread's CPU clock (tests/bench/gap.cc)."""

    name = "gap"
    title = "300,000 series, 100,000 lines/s going on: longest time away from the sockets"

    def measure(self, rounds, shorter):
        series = 300_000 // shorter
        quiet, scraped = [], []
        for _ in range(min(rounds, 5)):
            with tempfile.NamedTemporaryFile(prefix="weir-gap-") as file:
                library = subjects.harness.BUILD / "libweir-gap.so"
                subject = subjects.Exporter(
                    environment={"LD_PRELOAD": library, "WEIR_GAP_FILE": file.name}
                )
                try:
                    load.Load(LOAD, subject.target, series=series, lines=series, rate=60_000)
                    gaps = Gaps(file.name)
                    gaps.reset()
                    with BackgroundLoad(subject.target, series):
                        time.sleep(2)
                        quiet.append(gaps.longest_ms())
                        gaps.reset()
                        for packed in (False, False, False, True):
                            subject.scrape(packed)
                        scraped.append(gaps.longest_ms())
                finally:
                    subject.stop()
        return [
            Figure(self.name, "weir-exporter", "longest without a scrape", "ms", quiet),
            Figure(self.name, "weir-exporter", "longest while scraped", "ms", scraped, "<= 1"),
        ]


class Gaps:
    """What libweir-gap.so writes, read while the program runs."""

    def __init__(self, path):
        size = 8 * 65
        with open(path, "r+b") as file:
            assert os.fstat(file.fileno()).st_size >= size, "no thread came to its sockets"
            self._memory = mmap.mmap(file.fileno(), size)

    def reset(self):
        self._memory[:] = bytes(len(self._memory))

    def longest_ms(self):
        return struct.unpack_from("=Q", self._memory)[0] / 1e6


class BackgroundLoad:
    """Lines for known series, at 100,000 a second, for as long as the block runs."""

    def __init__(self, target, series):
        flags = ["--lines=1000000000", f"--series={series}", "--rate=100000", "--seed=3"]
        self._process = subjects.harness.start(
            [LOAD, f"--target={target}", *flags], stdout=subjects.subprocess.DEVNULL
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subjects.harness.stop(self._process)


def all_rows(peer_exporter=None, peer_router=None):
    exporters = {"floor": subjects.Floor, "weir-exporter": subjects.Exporter}
    routers = {"floor": subjects.Floor, "weir-router": subjects.Router}
    if peer_exporter:
        exporters["statsd_exporter"] = lambda: subjects.PeerExporter(peer_exporter)
    if peer_router:
        path, config = peer_router
        routers[os.path.basename(path)] = lambda: subjects.PeerRouter(path, config)
    pages = {name: make for name, make in exporters.items() if name != "floor"}
    unprivileged = ("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")
    bounded = {"weir-exporter": lambda: subjects.Exporter(prefix=unprivileged)}
    if peer_exporter:
        bounded["statsd_exporter"] = lambda: subjects.PeerExporter(peer_exporter, same_buffer=False)

    single = {("weir-exporter", "CPU a line"): "<= 0.75", ("weir-exporter", "of the floor"): "<= 1.15",
              ("weir-exporter", "cheaper than peer"): ">= 4"}  # fmt: skip
    packed = {("weir-exporter", "CPU a line"): "<= 0.08", ("weir-exporter", "cheaper than peer"): ">= 20"}
    burst = {("weir-exporter", "arrived"): ">= 90"}
    routed_single = {("weir-router", "of the floor"): "<= 1.10", ("weir-router", "cheaper than peer"): "> 1"}
    routed_packed = {("weir-router", "CPU a line"): "<= 0.09", ("weir-router", "cheaper than peer"): ">= 1.4"}
    return [
        CpuRow("single-100k", "1 line a datagram, 100,000 lines/s, 1,000 series", exporters, 3_000_000,
               single, series=1000, lines_per_datagram=1, rate=100_000),
        CpuRow("single-200k", "1 line a datagram, 200,000 lines/s, 1,000 series", exporters, 4_000_000,
               single, series=1000, lines_per_datagram=1, rate=200_000),
        CpuRow("packed-500k", "30 lines a datagram, 500,000 lines/s, 1,000 series", exporters,
               10_000_000, packed, series=1000, lines_per_datagram=30, rate=500_000),
        CpuRow("packed-1500k", "30 lines a datagram, 1,500,000 lines/s, 1,000 series", exporters,
               37_500_000, packed, series=1000, lines_per_datagram=30, rate=1_500_000),
        CpuRow("burst", "unpaced burst of 3,000,000 lines, 30 a datagram, 10,000 tagged series",
               exporters, 3_000_000, burst, True, series=10_000, lines_per_datagram=30, tags=True),
        CpuRow("burst-unprivileged", "the same without CAP_NET_ADMIN, within net.core.rmem_max", bounded,
               3_000_000, (), True, series=10_000, lines_per_datagram=30, tags=True),
        PageRow(pages),
        GapRow(),
        MillionRow(pages),
        CpuRow("route-single", "router, 1 line a datagram, 200,000 lines/s, 10,000 names, 3 downstreams",
               routers, 4_000_000, routed_single, series=10_000, lines_per_datagram=1, rate=200_000),
        CpuRow("route-packed", "router, 30 lines a datagram, 1,000,000 lines/s, 10,000 names",
               routers, 30_000_000, routed_packed, series=10_000, lines_per_datagram=30, rate=1_000_000),
        CpuRow("route-burst", "router, unpaced burst of 6,000,000 lines, 30 a datagram", routers,
               6_000_000, (), True, series=10_000, lines_per_datagram=30),
        *http_rows(),
    ]  # fmt: skip
