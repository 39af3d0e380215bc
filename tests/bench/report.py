"""Tables of figures, for people and for docs/benchmarks.md."""

import datetime
import pathlib
import re
import subprocess

import subjects

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARK = "<!-- scripts/bench --append writes above this line -->\n"


def _commit():
    git = lambda *words: subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    changed = git("status", "--porcelain", "--untracked-files=no")
    return git("rev-parse", "--short=12", "HEAD") + (" with uncommitted changes" if changed else "")


def head(machine, rounds, quick):
    kind = "quick look, no result" if quick else f"{rounds} rounds"
    flags = " ".join(subjects.EXPORTER_FLAGS).replace(f"{ROOT}/", "")
    return (
        f"## {datetime.date.today()}, commit {_commit()}, {kind}\n\n{machine}.\n\n"
        f"Flags of weir-exporter besides its addresses: `{flags}`; weir-router has none.\n"
    )


def _number(value):
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _cell(figure):
    """The median and, behind it, the range of the rounds."""
    values = [value for value in figure.values if value is not None] if figure else []
    if not values:
        return ""
    least, most = _number(min(values)), _number(max(values))
    spread = f" ({least} - {most})" if least != most else ""
    missed = " **!**" if _misses(figure) else ""
    return f"{_number(figure.median)}{spread}{missed}"


def _misses(figure):
    wanted = re.match(r"(<=|>=|>)\s*([\d.]+)$", figure.target)
    if not wanted:
        return False
    limit = float(wanted.group(2))
    return figure.median > limit if wanted.group(1) == "<=" else figure.median < limit


def table(row, figures, load_before, load_after):
    """A row's figures: a column for each program."""
    programs = list(dict.fromkeys(figure.subject for figure in figures))
    kinds = list(dict.fromkeys((figure.what, figure.unit) for figure in figures))
    lines = [
        f"### {row.name}: {row.title}\n",
        f"Load average {load_before:.1f} before, {load_after:.1f} after.\n",
        f"| figure | unit | {' | '.join(programs)} | target |",
        f"|---|---|{'---:|' * len(programs)}---|",
    ]
    for what, unit in kinds:
        found = {one.subject: one for one in figures if (one.what, one.unit) == (what, unit)}
        target = " ".join(one.target for one in found.values() if one.target)
        cells = " | ".join(_cell(found.get(program)) for program in programs)
        lines.append(f"| {what} | {unit} | {cells} | {target} |")
    return "\n".join(lines) + "\n"


def append(page, text):
    """Puts `text` where the page says that it belongs."""
    old = page.read_text()
    if MARK not in old:
        raise SystemExit(f"{page} lacks the line {MARK!r}")
    page.write_text(old.replace(MARK, f"{text}\n{MARK}"))
