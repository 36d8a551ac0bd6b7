"""Converters that make a hash of a sample."""

import hashlib
import zlib
from collections.abc import Callable
from typing import Final

from ingress.acl.converter import LARGEST, Args, Convert, Converter, count, number_of, plain
from ingress.acl.hash import crc32c, djb2, mixed, sdbm, xxh32, xxh64
from ingress.acl.sample import Type

_DIGESTS: Final = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


def _hash(compute: Callable[[bytes], int]) -> Callable[[Args], Convert]:
    """The maker of a hash whose argument 1 asks for its bits to be mixed once more."""

    def make(args: Args) -> Convert:
        count(args, 0, 1)
        return (lambda data: mixed(compute(data))) if args and number_of(args[0], 0, 1) else compute

    return make


def _seeded(compute: Callable[[bytes, int], int]) -> Callable[[Args], Convert]:
    def make(args: Args) -> Convert:
        count(args, 0, 1)
        seed = number_of(args[0], 0) if args else 0
        return lambda data: _signed(compute(data, seed))

    return make


def _signed(number: int) -> int:
    return number - (1 << 64) if number > LARGEST else number


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _sha2(args: Args) -> Convert:
    count(args, 0, 1)
    bits = args[0] if args else "256"
    if bits not in ("224", "256", "384", "512"):
        raise ValueError(f'"{bits[:40]}" is not 224, 256, 384 or 512')
    return _digest((f"sha{bits}",))


def _digest(args: Args) -> Convert:
    count(args, 1, 1)
    name = args[0].lower()
    if name not in _DIGESTS:
        raise ValueError(f'"{args[0][:40]}" is not one of {", ".join(_DIGESTS)}')
    return lambda data: hashlib.new(name, data, usedforsecurity=False).digest()


def _row(name: str, make: Callable[[Args], Convert], meaning: str, argument: str = "[(MIXED)]") -> Converter:
    return Converter(name + argument, Type.BIN, Type.INT, make, meaning, f"src,{name},mod(10) lt 3")


ROWS: Final = (
    _row("crc32", _hash(zlib.crc32), "The check sum of Ethernet and zip; 1 as MIXED spreads its bits."),
    _row("crc32c", _hash(crc32c), "The check sum of iSCSI."),
    _row("djb2", _hash(djb2), "Bernstein's hash."),
    _row("sdbm", _hash(sdbm), "The hash of sdbm."),
    _row("xxh32", _seeded(xxh32), "xxHash of 32 bits.", "[(SEED)]"),
    _row("xxh64", _seeded(xxh64), "xxHash of 64 bits, with a sign.", "[(SEED)]"),
    Converter("sha1", Type.BIN, Type.BIN, plain(_sha1), "SHA-1.", "path,sha1,hex -m beg A9"),
    Converter("sha2[(BITS)]", Type.BIN, Type.BIN, _sha2, "SHA-2; 256 bits.", "path,sha2,hex -m beg BA"),
    Converter(
        "digest(NAME)",
        Type.BIN,
        Type.BIN,
        _digest,
        f"A digest: {', '.join(_DIGESTS)}.",
        "path,digest(md5),hex -m beg 90",
    ),
)
