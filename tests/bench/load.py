"""weir-load, and what a page must show after it."""

import json
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAPPING = ROOT / "tests" / "bench" / "mapping.yml"
MAPPED_SERVICES = 17  # mapping.yml takes the names of app.service0 to app.service16
TAGS = {"env": "prod", "region": "eu-west-1", "code": "200"}


class Load:
    """One run of weir-load: what it sent in all, and to each series."""

    def __init__(self, program, target, tags=False, **options):
        self.tags = tags
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        with tempfile.NamedTemporaryFile(prefix="weir-sums-") as sums:
            done = subprocess.run(
                [program, f"--target={target}", f"--sums={sums.name}", *flags, *["--tags"] * tags],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            self.sent = json.loads(done.stdout)
            self._sums = pathlib.Path(sums.name).read_text()

    @property
    def lines(self):
        return self.sent["lines"]

    @property
    def datagrams(self):
        return self.sent["datagrams"]

    def series(self):
        """Yields name, type, count, sum and last of every series."""
        for row in self._sums.splitlines():
            name, kind, count, total, last = row.split("\t")
            yield name, kind, int(count), int(total), int(last)


def _key(name, tags, mapped):
    """Family and label text of a series under mapping.yml."""
    labels = dict(TAGS) if tags else {}
    _, service, endpoint, kind = name.split(".")
    if mapped and int(service.removeprefix("service")) < MAPPED_SERVICES:
        labels |= {"service": service.removeprefix("service"), "endpoint": endpoint}
        family = f"app_{kind}"
    else:
        family = name.replace(".", "_")
    text = ",".join(f'{label}="{labels[label]}"' for label in sorted(labels))
    return family, f"{{{text}}}" if text else ""


def expected(loads, mapped=True):
    """Series, as a page spells them, and their values after these loads."""
    values = {}
    for load in loads:
        for name, kind, count, total, last in load.series():
            family, labels = _key(name, load.tags, mapped)
            if kind == "g":
                values[family + labels] = last
            elif kind == "c":
                values[family + labels] = values.get(family + labels, 0) + total
            else:
                for suffix, value in (("_count", count), ("_sum", total / 1000)):
                    key = family + suffix + labels
                    values[key] = values.get(key, 0) + value
    return values


def differences(page, values):
    """How many series of the load are missing on the page (bytes) or have another value."""
    left = dict(values)
    wrong = 0
    for line in page.decode().splitlines():
        if not line.startswith("app_") or 'quantile="' in line:
            continue
        key, _, value = line.rpartition(" ")
        wanted = left.pop(key, None)
        if wanted is None or abs(float(value) - wanted) > 1e-9 * max(1, abs(wanted)):
            wrong += 1
    return wrong + len(left)
