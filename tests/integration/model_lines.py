"""Lines for the model test, each different from all others, with what must become of each."""

import dataclasses


@dataclasses.dataclass
class Line:
    number: int
    sent: bytes  # as a client writes it, without its end
    key: bytes = None  # what decides where it goes; None: not routed
    reason: str = None  # why it is malformed; None: it is not


_TAILS = (
    b"", b"", b"", b"|@0.5", b"|#env:prod", b"|#env:prod,zone:\xff\xfe", b"|@2e-1|#a:b", b"|#a:b|@0.1",
    b"|#a:b|c:abc|T1656581409", b"|x:future|!!", b"|#a:b|#c:d",
)  # fmt: skip
# A value holds the number of its line; `structure` does not look at the rest.
_TYPES = (b"c", b"g", b"ms", b"s", b"h", b"d", b"zzz")
_BROKEN = (
    (b"nocolon%d", "malformed_line"),
    (b":%d|c", "malformed_line"),
    (b"foo:%d", "not_enough_parts_after_colon"),
    (b"foo%d:", "not_enough_parts_after_colon"),
    (b"foo%d:|c", "malformed_value"),
    (b"foo:%d|", "malformed_component"),
    (b"foo:%d||@0.1", "malformed_component"),
    (b"_e{9,9}:%d|short", "illegal_event"),
)
_TAG_FORMS = (b",%s=%d", b"#%s=%d", b"[%s=%d]")


class LineMaker:
    """`placement` is the kind: only `slots` knows names with tags in them, events and checks."""

    def __init__(self, generator, placement, validation):
        self._random = generator
        self._slots = placement == "slots"
        self._strict = validation != "off"
        self._next = 0
        self._names = [self._name(i) for i in range(120)]

    def _name(self, i):
        kind = i % 8
        if kind == 0:
            return b"caf\xe9.%d" % i  # not UTF-8
        if kind == 1:
            return "h\u00e9llo.w\u00f6rld{}".format(i).encode()
        if kind == 2:
            return b"nul\0.%d" % i
        if kind == 3:
            return (b"long.%d." % i).ljust(self._random.randrange(20, 400), b"n")
        if kind == 4:
            return b"%%s%%n %d*" % i
        return b"service%d.requests.%d" % (i % 5, i)

    def make(self):
        """One line; seven of eight are good."""
        self._next += 1
        if self._random.randrange(8) == 0:
            return self._broken()
        if self._slots and self._random.randrange(10) == 0:
            return self._special()
        name = self._random.choice(self._names)
        value = self._random.choice((b"%d", b"-%d", b"+%d", b"1:%d:3", b"text%d")) % self._next
        line = b"%s:%s|%s%s" % (
            name, value, self._random.choice(_TYPES), self._random.choice(_TAILS)
        )  # fmt: skip
        return Line(self._next, line, key=name)

    def _broken(self):
        if self._random.randrange(4) == 0:
            return Line(self._next, b"")
        # Whether a broken event has a key of its own is nobody's business.
        form, reason = self._random.choice(_BROKEN if self._strict else _BROKEN[:-1])
        line = form % self._next
        if self._strict:
            return Line(self._next, line, reason=reason)
        return Line(self._next, line, key=line.split(b":")[0])

    def _special(self):
        kind = self._random.randrange(3)
        name = b"special%d" % self._random.randrange(40)
        if kind == 0:
            text = b"text %d" % self._next
            line = b"_e{%d,%d}:%s|%s|#a:b" % (len(name), len(text), name, text)
        elif kind == 1:
            line = b"_sc|%s|%d|m:%d" % (name, self._random.randrange(4), self._next)
        else:
            tags = self._random.choice(_TAG_FORMS) % (b"host", self._random.randrange(100))
            line = b"%s%s:%d|c" % (name, tags, self._next)
        return Line(self._next, line, key=name)
