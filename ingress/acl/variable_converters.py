"""Converters that set variables, or look into them."""

import hmac
from functools import partial
from typing import Any, Final

from ingress.acl.converter import Args, Beside, Convert, Converter, count
from ingress.acl.sample import Client, Request, Type, Variable, cast_variable
from ingress.acl.variable import read_variable, text_of

_as_bytes: Final = cast_variable(Type.BIN)


def _put(keeps: bool, args: Args) -> Beside:
    """Keep the sample in a variable, or keep there nothing any more."""
    count(args, 1, 1)
    name = read_variable(args[0])

    def put(content: Variable, request: Request, client: Client) -> Variable:
        request.set_variable(name, content if keeps else None)
        return content

    return Beside(put)


def _compare(args: Args) -> Beside:
    count(args, 1, 1)
    name = read_variable(args[0])

    def same(data: bytes, request: Request, client: Client) -> bool | None:
        content = request.variables.get(name)
        other: Any = None if content is None else _as_bytes(content)
        return None if other is None else hmac.compare_digest(data, other)

    return Beside(same)


def _add_item(args: Args) -> Convert | Beside:
    count(args, 2, 3)
    delimiter, suffix = args[0].encode(), args[2].encode() if len(args) == 3 else b""
    if not args[1]:
        if not suffix:
            raise ValueError("a variable or a text is expected behind the delimiter")
        return lambda text: text + delimiter + suffix if text else suffix
    name = read_variable(args[1])

    def add(text: bytes, request: Request, client: Client) -> bytes:
        item = text_of(request, name) or b""
        between = delimiter if text and (item or suffix) else b""
        return b"".join((text, between, item, suffix))

    return Beside(add)


ROWS: Final = (
    Converter(
        "set-var(VAR)",
        Type.ANY,
        Type.ANY,
        partial(_put, True),
        "Keeps the sample in a variable, and goes on with it as it is.",
        "path,set-var(txn.p) -m beg /blog",
    ),
    Converter(
        "unset-var(VAR)",
        Type.ANY,
        Type.ANY,
        partial(_put, False),
        "Where there is a sample, what the variable has is kept no longer.",
        "path,unset-var(txn.p) -m beg /blog",
    ),
    Converter(
        "secure_memcmp(VAR)",
        Type.BIN,
        Type.BOOL,
        _compare,
        "It is equal to the content of a variable; the time that takes says nothing of where they differ.",
        "hdr(x-token),secure_memcmp(txn.token)",
    ),
    Converter(
        "add_item(DELIMITER,[VAR][,TEXT])",
        Type.STR,
        Type.STR,
        _add_item,
        "With the content of a variable and a text behind it, and a delimiter where there is something on "
        "both sides.",
        "hdr(x-a),add_item(;,req.team) -m found",
    ),
)
