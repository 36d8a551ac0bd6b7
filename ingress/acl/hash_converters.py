"""Converters that make a hash of a sample."""

import hashlib
import hmac
import zlib
from collections.abc import Callable
from typing import Final

from ingress.acl.code_converters import from_base64
from ingress.acl.converter import LARGEST, Args, Beside, Convert, Converter, count, number_of, plain
from ingress.acl.hash import crc32c, djb2, mixed, sdbm, wt6, xxh32, xxh64
from ingress.acl.sample import Client, Request, Type
from ingress.acl.variable import read_variable, text_of

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


def _hmac(args: Args) -> Convert | Beside:
    count(args, 2, 2)
    name = args[0].lower()
    if name not in _DIGESTS:
        raise ValueError(f'"{args[0][:40]}" is not one of {", ".join(_DIGESTS)}')
    if args[1].startswith(("txn.", "req.", "res.")):
        variable = read_variable(args[1])

        def code(data: bytes, request: Request, client: Client) -> bytes | None:
            text = text_of(request, variable)
            key = None if text is None else from_base64(text)
            return None if key is None else hmac.digest(key, data, name)

        return Beside(code)
    fixed = from_base64(args[1].encode())
    if not fixed:
        raise ValueError("the key is expected in base64, or as a variable that has it so")
    return lambda data: hmac.digest(fixed, data, name)


def _row(name: str, make: Callable[[Args], Convert], meaning: str, argument: str = "[(MIXED)]") -> Converter:
    return Converter(name + argument, Type.BIN, Type.INT, make, meaning, f"src,{name},mod(10) lt 3")


ROWS: Final = (
    _row("crc32", _hash(zlib.crc32), "The check sum of Ethernet and zip; 1 as MIXED spreads its bits."),
    _row("crc32c", _hash(crc32c), "The check sum of iSCSI."),
    _row("djb2", _hash(djb2), "Bernstein's hash."),
    _row("sdbm", _hash(sdbm), "The hash of sdbm."),
    _row("wt6", _hash(wt6), "WT6, one of those that balance."),
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
    Converter(
        "hmac(NAME,KEY|VAR)",
        Type.BIN,
        Type.BIN,
        _hmac,
        "A message authentication code with that digest; the key is in base64, in a variable too.",
        "path,hmac(sha256,a2V5),hex -m beg 90",
    ),
)
