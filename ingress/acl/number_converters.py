"""Converters of numbers, truths and addresses."""

from collections.abc import Callable
from typing import Final

from ingress.acl.converter import LARGEST, SMALLEST, Args, Beside, Convert, Converter, count, number_of, plain
from ingress.acl.network import masked, read_mask, unmapped
from ingress.acl.sample import Client, Request, Type, cast_variable
from ingress.acl.variable import read_variable

_as_number: Final = cast_variable(Type.INT)


def _bounded(number: int) -> int:
    return max(SMALLEST, min(LARGEST, number))


def _quotient(number: int, by: int) -> int:
    if by == 0:
        return LARGEST
    quotient = abs(number) // abs(by)
    return quotient if (number < 0) == (by < 0) else -quotient


def _remainder(number: int, by: int) -> int:
    return number - _quotient(number, by) * by if by else 0


def _with(compute: Callable[[int, int], int]) -> Callable[[Args], Convert | Beside]:
    """The maker of a converter whose one argument is a number or a variable."""

    def make(args: Args) -> Convert | Beside:
        count(args, 1, 1)
        if args[0][:1].isalpha():
            return _beside(compute, read_variable(args[0]))
        by = number_of(args[0])
        return lambda number: _bounded(compute(number, by))

    return make


def _beside(compute: Callable[[int, int], int], variable: str) -> Beside:
    def convert(number: int, request: Request, client: Client) -> int | None:
        content = request.variables.get(variable)
        by = None if content is None else _as_number(content)
        return None if by is None else _bounded(compute(number, int(by)))

    return Beside(convert)


def _ipmask(args: Args) -> Convert:
    count(args, 1, 2)
    masks = {4: read_mask(args[0], 4)}
    if len(args) == 2:
        masks[16] = read_mask(args[1], 16)

    def mask(address: bytes) -> bytes | None:
        inside = unmapped(address) or address
        bits = masks.get(len(inside))
        return None if bits is None else masked(inside, bits)

    return mask


_INT: Final = Type.INT


def _row(
    name: str, compute: Callable[[int, int], int], meaning: str, example: str, argument: str = "NUMBER|VAR"
) -> Converter:
    return Converter(f"{name}({argument})", _INT, _INT, _with(compute), meaning, example)


ROWS: Final = (
    _row("add", lambda a, b: a + b, "The sum; it stays at the largest number.", "hdr_cnt(a),add(1) gt 3"),
    _row("sub", lambda a, b: a - b, "The difference.", "req.hdr_cnt(a),sub(1) 2"),
    _row("mul", lambda a, b: a * b, "The product; it stays at the largest number.", "urlp_val(n),mul(2) 8"),
    _row(
        "div",
        _quotient,
        "The quotient, towards 0; the largest number for a division by 0.",
        "urlp_val(n),div(10) 4",
    ),
    _row("mod", _remainder, "The remainder, with the sign of the number.", "src,crc32,mod(10) lt 3"),
    _row("and", lambda a, b: a & b, "The bits that both have.", "urlp_val(n),and(1) 1"),
    _row("or", lambda a, b: a | b, "The bits that one of them has.", "urlp_val(n),or(1) 3"),
    _row("xor", lambda a, b: a ^ b, "The bits that only one of them has.", "urlp_val(n),xor(1) 2"),
    Converter("neg", _INT, _INT, plain(lambda a: _bounded(-a)), "With the other sign.", "int(-5),neg 5"),
    Converter("cpl", _INT, _INT, plain(lambda a: ~a), "All bits turned over.", "int(-6),cpl 5"),
    Converter("bool", _INT, Type.BOOL, plain(bool), "Whether it is not 0.", "hdr_cnt(x-a),bool"),
    Converter("not", _INT, Type.BOOL, plain(lambda a: not a), "Whether it is 0.", "hdr_cnt(x-a),not"),
    Converter("even", _INT, Type.BOOL, plain(lambda a: not a & 1), "Whether it is even.", "rand(10),even"),
    Converter("odd", _INT, Type.BOOL, plain(lambda a: a & 1), "Whether it is odd.", "rand(10),odd"),
    Converter(
        "ipmask(MASK4[,MASK6])",
        Type.ADDRESS,
        Type.ADDRESS,
        _ipmask,
        "The network an address is in; none for IPv6 where there is no mask for it.",
        "src,ipmask(24,64) 10.1.2.0",
    ),
    Converter(
        "htonl",
        _INT,
        Type.BIN,
        plain(lambda number: (number & 0xFFFFFFFF).to_bytes(4, "big")),
        "The four bytes of a number, the highest first.",
        "src,ipmask(24),htonl,hex -m found",
    ),
)
