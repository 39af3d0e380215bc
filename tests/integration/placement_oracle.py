"""Says where a key belongs, apart from the router: in another language, from its documents alone.

The peers' placements are made from descriptions of what hulu's router, etsy's proxy, libketama and
statsrelay do; `slots` from the contract in common/slot_table.h and common/fixed_log.h. Nodes are
known by their index in the configuration.
"""

import bisect
import functools
import hashlib
import math

from xxh3 import xxh3_64

PLACEMENTS = ("slots", "ketama", "etsy", "etsy-0.7", "hulu", "statsrelay")

_MASK = (1 << 64) - 1
_STATSRELAY_SEED = 0xACCD3D34
_LOG_BITS = 40
_LOG_STEPS = 1024


def murmur3_32(data, seed):
    """MurmurHash3_x86_32."""

    def scramble(word):
        word = word * 0xCC9E2D51 & 0xFFFFFFFF
        word = (word << 15 | word >> 17) & 0xFFFFFFFF
        return word * 0x1B873593 & 0xFFFFFFFF

    result = seed
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        result ^= scramble(int.from_bytes(data[i : i + 4], "little"))
        result = (result << 13 | result >> 19) & 0xFFFFFFFF
        result = (result * 5 + 0xE6546B64) & 0xFFFFFFFF
    if whole < len(data):
        result ^= scramble(int.from_bytes(data[whole:], "little"))
    result ^= len(data)
    result ^= result >> 16
    result = result * 0x85EBCA6B & 0xFFFFFFFF
    result ^= result >> 13
    result = result * 0xC2B2AE35 & 0xFFFFFFFF
    return result ^ result >> 16


def sdbm_64(data):
    """hulu's hash: its bytes are signed."""
    result = 0
    for byte in data:
        result = (result * 65599 + (byte - 256 if byte > 127 else byte)) & _MASK
    return result


def md5_words(data):
    digest = hashlib.md5(data).digest()
    return [int.from_bytes(digest[i : i + 4], "little") for i in (0, 4, 8, 12)]


def mix_64(value):
    """The finalizer of SplitMix64."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return value ^ value >> 31


@functools.cache
def _log_table():
    """log2(1 + i/1024) in fixed point, exactly cut: by squaring, in integers far wider than needed."""
    precision = 128
    table = []
    for step in range(_LOG_STEPS):
        mantissa = ((_LOG_STEPS + step) << precision) // _LOG_STEPS
        entry = 0
        for _ in range(_LOG_BITS):
            mantissa = mantissa * mantissa >> precision
            entry <<= 1
            if mantissa >> (precision + 1):
                entry |= 1
                mantissa >>= 1
        table.append(entry)
    return table + [1 << _LOG_BITS]


def below_1(number):
    """-log2(number / 2^64) in fixed point, by straight lines between 1024 steps."""
    number = max(number, 1)
    high = number.bit_length() - 1
    fraction = (number << (64 - high)) & _MASK  # of the mantissa, without its first bit
    step, within = fraction >> 54, (fraction & (1 << 54) - 1) >> 22
    table = _log_table()
    log = table[step] + ((table[step + 1] - table[step]) * within >> 32)
    return (64 << _LOG_BITS) - ((high << _LOG_BITS) + log)


def etsy_points(nodes):
    """Digests of each node in a ring of so many: 40 as a rule, in doubles as proxy.js reckons."""
    return math.floor((100 / (100 * nodes)) * 40 * nodes)


class Placement:
    """`nodes` are (label, address, weight); `shard_map` has indices of nodes."""

    def __init__(self, kind, nodes, shard_map=(), name_end="first"):
        assert kind in PLACEMENTS, kind
        self.kind = kind
        self.nodes = list(nodes)
        self.shard_map = list(shard_map) or list(range(len(self.nodes)))
        self.name_end = name_end
        self._ids = [xxh3_64(label.encode()) for label, _, _ in self.nodes]
        self._equal = len({weight for _, _, weight in self.nodes}) == 1
        self._find = {
            "slots": self._slots,
            "hulu": self._hulu,
            "statsrelay": self._statsrelay,
        }.get(kind, self._ring)
        self.owner = functools.lru_cache(1 << 18)(self._owner)
        self._points = functools.lru_cache(64)(self._make_points)

    @property
    def everyone(self):
        return frozenset(range(len(self.nodes)))

    def _owner(self, key, live):
        """The index of the node that has this key while those of `live` (a frozenset) are alive."""
        return self._find(key, live)

    def key_of(self, line):
        """The bytes of a line that decide, for names that hold no tags of their own."""
        if self.kind == "slots":
            if line.startswith(b"_e{"):
                head, _, rest = line.partition(b":")
                return rest[: int(head[3:].split(b",")[0])]
            if line.startswith(b"_sc|"):
                return line.split(b"|")[1]
        if self.kind == "statsrelay" and self.name_end == "last":
            head = line.split(b"|")[0]
            return head[: head.rindex(b":")] if b":" in head else line
        key = line.split(b":")[0]
        return key.split(b"\0")[0] if self.kind == "statsrelay" and b":" in line else key

    # slots

    def _slots(self, key, live):
        return self._slot_owner(xxh3_64(key) >> 46, live)

    def _slot_owner(self, slot, live):
        bids = {i: mix_64(self._ids[i] ^ slot * 0x9E3779B97F4A7C15 & _MASK) for i in live}
        if self._equal:
            return min(live, key=lambda i: (-bids[i], self.nodes[i][0].encode()))
        # Fractions are compared by a common denominator.
        product = math.prod(self.nodes[i][2] for i in live)
        return min(
            live,
            key=lambda i: (
                below_1(bids[i]) * (product // self.nodes[i][2]),
                -bids[i],
                self.nodes[i][0].encode(),
            ),
        )

    # ketama, etsy, etsy-0.7

    def _make_points(self, live):
        points = {}
        for i in sorted(live):
            _, address, weight = self.nodes[i]
            digests = 40 * weight if self.kind == "ketama" else etsy_points(len(live))
            for k in range(digests):
                words = md5_words(f"{address}-{k}".encode())
                for word in words[:1] if self.kind == "etsy" else words:
                    points.setdefault(word, i)
        values = sorted(points)
        return values, [points[value] for value in values]

    def _ring(self, key, live):
        if self.kind != "ketama":
            key = key.decode("utf-8", "replace").encode()
        values, owners = self._points(live)
        return owners[bisect.bisect_left(values, md5_words(key)[0]) % len(values)]

    # hulu

    def _hulu(self, key, live):
        value = sdbm_64(key)
        order = list(range(len(self.nodes)))
        for i in range(len(order), 0, -1):
            j = value % i
            if order[j] in live:
                return order[j]
            order[j], order[i - 1] = order[i - 1], order[j]
            value = (value * 7 + 5 & _MASK) // 3
        raise AssertionError("nobody lives")

    # statsrelay: a dead node keeps its shards

    def _statsrelay(self, key, _):
        return self.shard_map[murmur3_32(key, _STATSRELAY_SEED) % len(self.shard_map)]
