"""Reads a Prometheus text page, strictly: what is not a sound page is a PageError."""

import re

# Families of the exporter itself, as opposed to what clients sent.
OWN = ("statsd_exporter_", "statsd_metric_mapper_", "weir_", "process_", "promhttp_", "go_")

_NAME = r"[a-zA-Z_][a-zA-Z0-9_]*"
_VALUE = r'"((?:[^"\\\n]|\\[\\"n])*)"'
_TYPES = {"counter", "gauge", "summary", "histogram", "untyped"}
_SUFFIXES = {
    "summary": ("", "_sum", "_count"),
    "histogram": ("_bucket", "_sum", "_count"),
}
_LABEL = re.compile(rf"({_NAME})={_VALUE}(,|$)")
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (\S+)$", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)")
_UNESCAPED = {"n": "\n", "\\": "\\", '"': '"'}


class PageError(AssertionError):
    pass


class Page:
    def __init__(self, text):
        self.text = text
        self.types = {}
        self.samples = {}

    def get(self, name, **labels):
        """The value of exactly this series, or None."""
        return self.samples.get((name, frozenset(labels.items())))

    def value(self, name, **labels):
        found = self.get(name, **labels)
        if found is None:
            raise AssertionError(f"no series {name}{labels or ''} on the page:\n{self.user_text()[:4000]}")
        return found

    def sum(self, name):
        """The sum over all series of a name; 0 when there are none."""
        return sum(value for (one, _), value in self.samples.items() if one == name)

    def series(self, name):
        """The label sets of a name, as a list of dicts."""
        return [dict(labels) for (one, labels) in self.samples if one == name]

    def user_families(self):
        return {name: kind for name, kind in self.types.items() if not name.startswith(OWN)}

    def user_samples(self):
        return {key: value for key, value in self.samples.items() if not key[0].startswith(OWN)}

    def user_text(self):
        lines = self.text.splitlines()
        return "\n".join(
            line for line in lines if not line.startswith("#") and not line.startswith(OWN)
        )


def _labels(text, line):
    labels = {}
    position = 0
    while position < len(text):
        match = _LABEL.match(text, position)
        if not match:
            raise PageError(f"labels do not parse: {line!r}")
        name, value, _ = match.groups()
        if name in labels:
            raise PageError(f"label {name} twice: {line!r}")
        if name.startswith("__"):
            raise PageError(f"reserved label {name}: {line!r}")
        labels[name] = _ESCAPE.sub(lambda escape: _UNESCAPED[escape.group(1)], value)
        position = match.end()
    return labels


def _number(text, line):
    try:
        return float(text.replace("Inf", "inf").replace("NaN", "nan"))
    except ValueError:
        raise PageError(f"value does not parse: {line!r}") from None


def _comment(page, line, helped, family):
    """Takes a HELP or TYPE line; returns the family that is open after it."""
    parts = line.split(" ", 3)
    if len(parts) < 3 or parts[1] not in ("HELP", "TYPE"):
        raise PageError(f"not HELP or TYPE: {line!r}")
    _, keyword, name, *rest = parts
    if keyword == "HELP":
        if name in helped:
            raise PageError(f"HELP of {name} twice")
        helped.add(name)
        return name
    if name in page.types:
        raise PageError(f"TYPE of {name} twice")
    if rest not in ([kind] for kind in _TYPES):
        raise PageError(f"unknown type: {line!r}")
    if name in helped and family != name:
        raise PageError(f"HELP and TYPE of {name} are apart")
    page.types[name] = rest[0]
    return name


def _belongs(page, name, family):
    suffixes = _SUFFIXES.get(page.types.get(family), ("",))
    return any(name == family + suffix for suffix in suffixes)


def parse(text):
    """The Page of a text 0.0.4 exposition."""
    page = Page(text)
    helped = set()
    family = None
    if text and not text.endswith("\n"):
        raise PageError("the last line is not ended")
    for line in text.split("\n")[:-1]:
        if line.startswith("#"):
            family = _comment(page, line, helped, family)
            continue
        match = _SAMPLE.match(line)
        if not match:
            raise PageError(f"not a sample: {line!r}")
        name, labels, value = match.groups()
        if not _belongs(page, name, family):
            raise PageError(f"{name} stands in the family {family}: {line!r}")
        key = (name, frozenset(_labels(labels or "", line).items()))
        if key in page.samples:
            raise PageError(f"series twice: {line!r}")
        page.samples[key] = _number(value, line)
    if list(page.types) != sorted(page.types):
        raise PageError("the families are not in the order of their names")
    return page
