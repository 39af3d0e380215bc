"""What grows with what: points of curves, measured, kept in a file, and drawn."""

import csv
import dataclasses
import itertools
import json
import pathlib
import subprocess
import tempfile

import load
import machine
import rows
import subjects
import svg

DIRECTORY = load.ROOT / "docs" / "benchmarks"
DATA = DIRECTORY / "growth.tsv"
BENCH = subjects.harness.BUILD / "weir-growth-bench"
HEADER = ("curve", "line", "x", "median", "least", "most", "rounds", "load")


@dataclasses.dataclass
class Plot:
    """A chart: its file's name, its words, and the curve it shows."""

    curve: str
    title: str
    x_name: str
    y_name: str
    x_log: bool = True


PLOTS = (
    Plot("line-by-series", "A line of a known series, by the number of series", "series", "ns CPU"),
    Plot("sight-by-series", "The first line of a series, by the number of series", "series", "ns CPU"),
    Plot("page-by-series", "A series on the page, by the number of series", "series", "ns CPU"),
    Plot("memory-by-series", "Memory of a series, by the number of series", "series", "bytes"),
    Plot("line-by-rules", "A line of a known series, by the number of rules", "rules", "ns CPU"),
    Plot("sight-by-rules", "The first line of a series, by the number of rules", "rules", "ns CPU"),
    Plot("line-by-labels", "A line of a known series, by its labels", "labels", "ns CPU", False),
    Plot("sight-by-labels", "The first line of a series, by its labels", "labels", "ns CPU", False),
    Plot("memory-by-labels", "Memory of a series, by its labels", "labels", "bytes", False),
    Plot("line-by-threads", "A line, by threads; eight clients, 30 lines a datagram", "threads",
         "us CPU", False),
    Plot("line-by-downstreams", "A line through the router, by downstreams", "downstreams", "us CPU"),
    Plot("memory-by-downstreams", "The router's memory, by downstreams", "downstreams", "MB"),
)  # fmt: skip


def _bench(**flags):
    words = [f"--{name}={value}" if value is not True else f"--{name}" for name, value in flags.items()]
    done = subprocess.run([BENCH, *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _series_points(quick):
    """Yields tasks: a function that returns {(curve, line): y} for one x."""
    names = {"line_ns": "line-by-series", "first_sight_ns": "sight-by-series",
             "render_ns": "page-by-series", "bytes": "memory-by-series"}  # fmt: skip

    def measure(line, flags):
        found = _bench(**flags)
        return {(curve, line): found[key] for key, curve in names.items()}

    sizes = [10**3, 10**4, 10**5] if quick else [10**3, 10**4, 10**5, 10**6]
    for size in sizes:
        yield size, lambda size=size: measure("mixed", {"series": size})
        yield size, lambda size=size: measure("counters", {"series": size, "counters": True})
    if not quick:
        yield 10**7, lambda: measure("counters", {"series": 10**7, "counters": True})


# The names of 3 N services, of which N have a rule: a third is mapped, as in the other benchmarks.
def _rules_points(quick):
    def measure(rules):
        with tempfile.NamedTemporaryFile("w", prefix="weir-", suffix=".yml") as file:
            file.write("mappings:\n" if rules else "mappings: []\n")
            for i in range(rules):
                file.write(
                    f"- match: app.service{i}.*.*\n  name: app_$2\n"
                    f"  labels: {{service: '{i}', endpoint: $1}}\n"
                )
            file.flush()
            found = _bench(series=30_000, services=max(3 * rules, 50), mapping=file.name)
        return {("line-by-rules", "30,000 series"): found["line_ns"],
                ("sight-by-rules", "30,000 series"): found["first_sight_ns"]}  # fmt: skip

    for rules in (0, 1, 10, 100, 1000) if quick else (0, 1, 10, 100, 1000, 10_000):
        yield rules, lambda rules=rules: measure(rules)


def _labels_points(quick):
    def measure(labels):
        found = _bench(series=30_000, labels=labels)
        return {("line-by-labels", "30,000 series"): found["line_ns"],
                ("sight-by-labels", "30,000 series"): found["first_sight_ns"],
                ("memory-by-labels", "30,000 series"): found["bytes"]}  # fmt: skip

    for labels in (0, 3, 10) if quick else (0, 1, 3, 5, 10, 20, 30):
        yield labels, lambda labels=labels: measure(labels)


def _cost(make, quick, **options):
    lines = (1_000_000 if quick else 10_000_000) // (5 if options["lines_per_datagram"] == 1 else 1)
    done = rows.run_together({"it": make}, lines, **options)["it"]
    return done.cpu / max(done.outcome.lines, 1) * 1e6


def _threads_points(quick):
    load_of = {"series": 10_000, "lines_per_datagram": 30, "rate": 1_000_000, "sockets": 8}
    for threads in (1, 2, 3, 4):
        flags = f"--threads={threads}"
        yield threads, lambda threads=threads, flags=flags: {
            ("line-by-threads", "exporter"): _cost(lambda: subjects.Exporter(flags), quick, **load_of),
            ("line-by-threads", "router"): _cost(
                lambda: subjects.Router(threads=threads), quick, **load_of
            ),
        }


def _downstreams_points(quick):
    def memory(count):
        router = subjects.Router(count)
        try:
            sent = load.Load(rows.LOAD, router.target, lines=600_000, series=10_000, rate=300_000)
            machine.wait_idle(router.pid)
            used = machine.memory_megabytes(router.pid)
            router.settle([sent])
        finally:
            router.stop()
        return used

    packed = {"series": 10_000, "lines_per_datagram": 30, "rate": 500_000}
    single = {"series": 10_000, "lines_per_datagram": 1, "rate": 100_000}
    for count in (3, 30, 300) if quick else (3, 10, 30, 100, 300, 1000):
        yield count, lambda count=count: {
            ("line-by-downstreams", "30 lines a datagram"): _cost(
                lambda: subjects.Router(count), quick, **packed
            ),
            ("line-by-downstreams", "1 line a datagram"): _cost(
                lambda: subjects.Router(count), quick, **single
            ),
            ("memory-by-downstreams", "router"): memory(count),
        }


GROUPS = {
    "series": _series_points,
    "rules": _rules_points,
    "labels": _labels_points,
    "threads": _threads_points,
    "downstreams": _downstreams_points,
}


def measure(groups, rounds, quick, say):
    """Measures every point of the groups, round by round, and replaces their curves in the file."""
    found = {}
    for group in groups:
        points = list(GROUPS[group](quick))
        for number in range(rounds):
            for x, task in points:
                # The largest take minutes each.
                if x >= 10**7 and number >= 2:
                    continue
                say(f"{group}, round {number + 1} of {rounds}: {x:,}")
                for (curve, line), y in task().items():
                    found.setdefault((curve, line, x), []).append((y, machine.load_average()))
    kept = [row for row in read() if (row[0], row[1]) not in {key[:2] for key in found}]
    for (curve, line, x), values in found.items():
        ys = [y for y, _ in values]
        load_then = machine.median([load_then for _, load_then in values])
        kept.append((curve, line, x, machine.median(ys), min(ys), max(ys), len(ys), load_then))
    write(kept)


def read():
    if not DATA.exists():
        return []
    with DATA.open() as file:
        return [
            (curve, line, int(x), float(y), float(least), float(most), int(rounds), float(then))
            for curve, line, x, y, least, most, rounds, then in itertools.islice(
                csv.reader(file, delimiter="\t"), 1, None
            )
        ]


def write(points):
    DIRECTORY.mkdir(exist_ok=True)
    order = {plot.curve: number for number, plot in enumerate(PLOTS)}
    with DATA.open("w") as file:
        file.write("\t".join(HEADER) + "\n")
        for curve, line, x, *values in sorted(points, key=lambda row: (order[row[0]], row[1], row[2])):
            median, least, most, rounds, then = values
            file.write(
                f"{curve}\t{line}\t{x}\t{median:.4g}\t{least:.4g}\t{most:.4g}\t{rounds}\t{then:.1f}\n"
            )


def draw():
    """Writes a chart for every curve of the file."""
    points = read()
    for plot in PLOTS:
        lines = {}
        for curve, line, x, y, least, most, _, _ in points:
            if curve == plot.curve:
                lines.setdefault(line, []).append((x, y, least, most))
        if not lines:
            continue
        chart = svg.Chart(plot.title, plot.x_name, plot.y_name, lines, plot.x_log)
        pathlib.Path(DIRECTORY, f"{plot.curve}.svg").write_text(chart.text())
