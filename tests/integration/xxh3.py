"""XXH3-64 with seed 0, after the public specification (Cyan4973/xxHash, doc/xxhash_spec.md).

For the placement oracle: slow, of any length, and of no line of the programs under test.
"""

import struct

_MASK = (1 << 64) - 1
_PRIME32_1 = 0x9E3779B1
_PRIME32_2 = 0x85EBCA77
_PRIME32_3 = 0xC2B2AE3D
_PRIME64_1 = 0x9E3779B185EBCA87
_PRIME64_2 = 0xC2B2AE3D27D4EB4F
_PRIME64_3 = 0x165667B19E3779F9
_PRIME64_4 = 0x85EBCA77C2B2AE63
_PRIME64_5 = 0x27D4EB2F165667C5
_MIX_1 = 0x165667919E3779F9
_MIX_2 = 0x9FB21C651E98DF25
_SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb"
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)
_STRIPES_PER_BLOCK = (len(_SECRET) - 64) // 8
_BLOCK = 64 * _STRIPES_PER_BLOCK

_words2 = struct.Struct("<2Q").unpack_from
_words8 = struct.Struct("<8Q").unpack_from


def _word(data, offset, size=8):
    return int.from_bytes(data[offset : offset + size], "little")


def _rotate(value, bits):
    return (value << bits | value >> (64 - bits)) & _MASK


def _fold(a, b):
    product = a * b
    return (product ^ product >> 64) & _MASK


def _avalanche(value):
    value ^= value >> 37
    value = value * _MIX_1 & _MASK
    return value ^ value >> 32


def _avalanche_xxh64(value):
    value ^= value >> 33
    value = value * _PRIME64_2 & _MASK
    value ^= value >> 29
    value = value * _PRIME64_3 & _MASK
    return value ^ value >> 32


def _up_to_3(data):
    size = len(data)
    if size == 0:
        return _avalanche_xxh64(_word(_SECRET, 56) ^ _word(_SECRET, 64))
    combined = data[-1] | size << 8 | data[0] << 16 | data[size >> 1] << 24
    return _avalanche_xxh64(_word(_SECRET, 0, 4) ^ _word(_SECRET, 4, 4) ^ combined)


def _4_to_8(data):
    size = len(data)
    combined = _word(data, size - 4, 4) | _word(data, 0, 4) << 32
    value = _word(_SECRET, 8) ^ _word(_SECRET, 16) ^ combined
    value ^= _rotate(value, 49) ^ _rotate(value, 24)
    value = value * _MIX_2 & _MASK
    value ^= (value >> 35) + size
    value = value * _MIX_2 & _MASK
    return value ^ value >> 28


def _9_to_16(data):
    size = len(data)
    low = _word(_SECRET, 24) ^ _word(_SECRET, 32) ^ _word(data, 0)
    high = _word(_SECRET, 40) ^ _word(_SECRET, 48) ^ _word(data, size - 8)
    swapped = int.from_bytes(low.to_bytes(8, "little"), "big")
    return _avalanche((size + swapped + high + _fold(low, high)) & _MASK)


def _mix(data, offset, secret_offset):
    first, second = _words2(data, offset)
    one, two = _words2(_SECRET, secret_offset)
    return _fold(first ^ one, second ^ two)


def _17_to_128(data):
    size = len(data)
    total = size * _PRIME64_1
    for i in range((size - 1) >> 5, -1, -1):
        total += _mix(data, 16 * i, 32 * i) + _mix(data, size - 16 * i - 16, 32 * i + 16)
    return _avalanche(total & _MASK)


def _129_to_240(data):
    size = len(data)
    total = size * _PRIME64_1 + sum(_mix(data, 16 * i, 16 * i) for i in range(8))
    total = _avalanche(total & _MASK)
    total += sum(_mix(data, 16 * i, 16 * (i - 8) + 3) for i in range(8, size >> 4))
    return _avalanche((total + _mix(data, size - 16, 119)) & _MASK)


def _accumulate(lanes, data, offset, secret_offset):
    stripe, secret = _words8(data, offset), _words8(_SECRET, secret_offset)
    for i in range(8):
        value = stripe[i] ^ secret[i]
        lanes[i ^ 1] += stripe[i]
        lanes[i] += (value & 0xFFFFFFFF) * (value >> 32)
    lanes[:] = [lane & _MASK for lane in lanes]


def _scramble(lanes):
    for i, secret in enumerate(_words8(_SECRET, len(_SECRET) - 64)):
        lanes[i] = (lanes[i] ^ lanes[i] >> 47 ^ secret) * _PRIME32_1 & _MASK


def _long(data):
    size = len(data)
    lanes = [_PRIME32_3, _PRIME64_1, _PRIME64_2, _PRIME64_3]
    lanes += [_PRIME64_4, _PRIME32_2, _PRIME64_5, _PRIME32_1]
    last_block = (size - 1) // _BLOCK * _BLOCK
    for block in range(0, last_block, _BLOCK):
        for i in range(_STRIPES_PER_BLOCK):
            _accumulate(lanes, data, block + 64 * i, 8 * i)
        _scramble(lanes)
    for i in range((size - last_block - 1) // 64):
        _accumulate(lanes, data, last_block + 64 * i, 8 * i)
    _accumulate(lanes, data, size - 64, len(_SECRET) - 71)
    secret = _words8(_SECRET, 11)
    total = size * _PRIME64_1
    for i in range(0, 8, 2):
        total += _fold(lanes[i] ^ secret[i], lanes[i + 1] ^ secret[i + 1])
    return _avalanche(total & _MASK)


def xxh3_64(data):
    """The hash of some bytes, as an integer."""
    for longest, function in ((3, _up_to_3), (8, _4_to_8), (16, _9_to_16), (128, _17_to_128)):
        if len(data) <= longest:
            return function(data)
    return _129_to_240(data) if len(data) <= 240 else _long(data)
