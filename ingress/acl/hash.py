"""Hashes that are no matter of secrecy, by their public descriptions: numbers of 32 or 64 bits."""

from struct import iter_unpack
from typing import Final

_32: Final = 0xFFFFFFFF
_64: Final = 0xFFFFFFFFFFFFFFFF
_CASTAGNOLI: Final = 0x82F63B78


def mixed(number: int) -> int:
    """Jenkins' mix of 32 bits in six steps, and a multiplication: every bit depends on all others."""
    number = number + 0x7ED55D16 + (number << 12) & _32
    number = (number ^ 0xC761C23C ^ number >> 19) & _32
    number = number + 0x165667B1 + (number << 5) & _32
    number = (number + 0xD3A2646C ^ number << 9) & _32
    number = number + 0xFD7046C5 + (number << 3) & _32
    number = (number ^ 0xB55A4F09 ^ number >> 16) & _32
    return number * 3221225473 & _32


def djb2(data: bytes) -> int:
    """Bernstein's: 33 times what was, plus the byte."""
    number = 5381
    for byte in data:
        number = number * 33 + byte & _32
    return number


def sdbm(data: bytes) -> int:
    """That of the database library sdbm."""
    number = 0
    for byte in data:
        number = number * 65599 + byte & _32
    return number


def wt6(data: bytes) -> int:
    """WT6: two halves that turn each other, by as much as they say themselves."""
    left, right, one, other = 0xA53C965A, 0x5CA6953A, 6, 18
    for byte in data:
        left = ~(left ^ byte) & _32
        right = ~(right + byte) & _32
        left, right = _turned(right, one), _turned(left, other)
        mix = (left >> 16 ^ right) & 0xFFFF
        one, other = mix & 31, mix >> 11
    return left ^ right


def _turned(number: int, bits: int) -> int:
    return (number << bits | number >> 32 - bits) & _32


def _crc_row(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ _CASTAGNOLI * (byte & 1)
    return byte


_CRC: Final = tuple(map(_crc_row, range(256)))


def crc32c(data: bytes) -> int:
    """The cyclic redundancy check of iSCSI."""
    number = _32
    for byte in data:
        number = number >> 8 ^ _CRC[(number ^ byte) & 255]
    return number ^ _32


class _Kind:
    """What the two sizes of xxHash differ in."""

    def __init__(self, bits: int, primes: tuple[int, ...], turns: tuple[int, int, int, int]) -> None:
        self.bits = bits
        self.mask = (1 << bits) - 1
        self.primes = primes
        self.turns = turns
        self.stripe = bits // 2

    def turned(self, number: int, by: int) -> int:
        """The bits turned to the left."""
        return (number << by | number >> self.bits - by) & self.mask

    def round(self, lane: int, word: int) -> int:
        """One word taken into one lane."""
        turn = 13 if self.bits == 32 else 31
        return self.turned(lane + word * self.primes[1] & self.mask, turn) * self.primes[0] & self.mask

    def lanes(self, data: bytes, seed: int) -> list[int]:
        """The four lanes after all whole stripes."""
        p1, p2 = self.primes[:2]
        lanes = [seed + p1 + p2 & self.mask, seed + p2 & self.mask, seed & self.mask, seed - p1 & self.mask]
        whole = len(data) // self.stripe * self.stripe
        for index, (word,) in enumerate(iter_unpack("<I" if self.bits == 32 else "<Q", data[:whole])):
            lanes[index & 3] = self.round(lanes[index & 3], word)
        return lanes

    def joined(self, lanes: list[int]) -> int:
        """The lanes as one number."""
        return sum(map(self.turned, lanes, self.turns)) & self.mask


_SMALL: Final = _Kind(32, (2654435761, 2246822519, 3266489917, 668265263, 374761393), (1, 7, 12, 18))
_LARGE: Final = _Kind(
    64,
    (
        11400714785074694791,
        14029467366897019727,
        1609587929392839161,
        9650029242287828579,
        2870177450012600261,
    ),
    (1, 7, 12, 18),
)


def xxh32(data: bytes, seed: int = 0) -> int:
    """xxHash of 32 bits."""
    _, p2, p3, p4, p5 = _SMALL.primes
    turned = _SMALL.turned
    number = _SMALL.joined(_SMALL.lanes(data, seed)) if len(data) >= 16 else seed + p5 & _32
    number = number + len(data) & _32
    rest = data[len(data) // 16 * 16 :]
    cut = len(rest) // 4 * 4
    for (word,) in iter_unpack("<I", rest[:cut]):
        number = turned(number + word * p3 & _32, 17) * p4 & _32
    for byte in rest[cut:]:
        number = turned(number + byte * p5 & _32, 11) * _SMALL.primes[0] & _32
    return _avalanche(number, ((15, p2), (13, p3), (16, 1)), _32)


def xxh64(data: bytes, seed: int = 0) -> int:
    """xxHash of 64 bits."""
    p1, p2, p3, p4, p5 = _LARGE.primes
    turned = _LARGE.turned
    number = _joined64(_LARGE.lanes(data, seed)) if len(data) >= 32 else seed + p5 & _64
    number = number + len(data) & _64
    rest = data[len(data) // 32 * 32 :]
    cut = len(rest) // 8 * 8
    for (word,) in iter_unpack("<Q", rest[:cut]):
        number = turned(number ^ _LARGE.round(0, word), 27) * p1 + p4 & _64
    rest = rest[cut:]
    if len(rest) >= 4:
        number = turned(number ^ int.from_bytes(rest[:4], "little") * p1 & _64, 23) * p2 + p3 & _64
        rest = rest[4:]
    for byte in rest:
        number = turned(number ^ byte * p5 & _64, 11) * p1 & _64
    return _avalanche(number, ((33, p2), (29, p3), (32, 1)), _64)


def _joined64(lanes: list[int]) -> int:
    number = _LARGE.joined(lanes)
    for lane in lanes:
        number = (number ^ _LARGE.round(0, lane)) * _LARGE.primes[0] + _LARGE.primes[3] & _64
    return number


def _avalanche(number: int, steps: tuple[tuple[int, int], ...], mask: int) -> int:
    for shift, prime in steps:
        number = (number ^ number >> shift) * prime & mask
    return number
