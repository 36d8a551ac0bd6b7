"""Converters between texts and their encodings: base64, hexadecimal, URL, JSON."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote_from_bytes

from ingress.acl.converter import Args, Convert, Converter, count, plain
from ingress.acl.json_path import find_json, read_json_path
from ingress.acl.json_text import CODINGS, json_writer
from ingress.acl.sample import Type

_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})?")
_HEXADECIMAL: Final = re.compile(rb"[0-9A-Fa-f]*")


def _base64_of(altchars: bytes | None) -> Callable[[bytes], bytes | None]:
    def decode(text: bytes) -> bytes | None:
        if altchars is not None:
            if b"+" in text or b"/" in text:
                return None
            text += b"=" * (-len(text) % 4)
        if len(text) % 4:
            return None
        try:
            return base64.b64decode(text, altchars, validate=True)
        except binascii.Error:
            return None

    return decode


from_base64: Final = _base64_of(None)
"""The bytes that a text in base64 stands for; None: it is not that."""


def _ub64enc(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _hex(data: bytes) -> bytes:
    return data.hex().upper().encode()


def _hex2i(text: bytes) -> int | None:
    if not _HEXADECIMAL.fullmatch(text):
        return None
    number = int(text[-16:] or b"0", 16)
    return number - (1 << 64) if number >> 63 else number


def _url_enc(args: Args) -> Convert:
    count(args, 0, 1)
    if args and args[0] not in ("", "query"):
        raise ValueError(f'"{args[0][:40]}" is not "query"')
    return lambda text: quote_from_bytes(text, safe="").encode()


def _url_dec(args: Args) -> Convert:
    count(args, 0, 1)
    form = bool(args and args[0].lstrip("0"))
    if args and not args[0].isdigit():
        raise ValueError(f'"{args[0][:40]}" is neither 0 nor 1')

    def decode(text: bytes) -> bytes | None:
        path, mark, query = (b"", b"", text) if form else text.partition(b"?")
        plain_text = path + mark + query.replace(b"+", b" ")
        return None if _broken(plain_text) else _ESCAPE.sub(_byte, plain_text)

    return decode


def _broken(text: bytes) -> bool:
    return b"%" in text and any(found[1] is None for found in _ESCAPE.finditer(text))


def _byte(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode())


def _json_query(args: Args) -> Convert:
    count(args, 1, 2)
    path = read_json_path(args[0])
    if len(args) == 2 and args[1] != "int":
        raise ValueError(f'"{args[1][:40]}" is not "int"')
    return lambda text: find_json(text, path, whole=len(args) == 2)


def _json(args: Args) -> Convert:
    count(args, 0, 1)
    coding = args[0] if args and args[0] else "ascii"
    if coding not in CODINGS:
        raise ValueError(f'"{coding[:40]}" is not one of {", ".join(CODINGS)}')
    return json_writer(coding)


def _jwt(part: int) -> Callable[[Args], Convert]:
    """A question about a part of a JSON Web Token (RFC 7519), which is not verified by that."""
    decode = _base64_of(b"-_")

    def make(args: Args) -> Convert:
        count(args, 0, 2)
        query = _json_query(args) if args else None

        def ask(token: bytes) -> Any:
            parts = token.split(b".")
            text = decode(parts[part]) if len(parts) in (2, 3) else None
            if not text:
                return None
            return (Type.STR, text) if query is None else query(text)

        return ask

    return make


_STR: Final = Type.STR

ROWS: Final = (
    Converter("base64", Type.BIN, _STR, plain(base64.b64encode), "In base64.", "hdr(x-a),base64 YWJj"),
    Converter(
        "b64dec",
        _STR,
        Type.BIN,
        plain(from_base64),
        "Out of base64; nothing where it is not that.",
        "hdr(x-a),b64dec -m beg user:",
    ),
    Converter("ub64enc", Type.BIN, _STR, plain(_ub64enc), "In base64 for URLs.", "path,ub64enc -m beg L3"),
    Converter(
        "ub64dec",
        _STR,
        Type.BIN,
        plain(_base64_of(b"-_")),
        "Out of base64 for URLs.",
        "urlp(token),ub64dec -m sub admin",
    ),
    Converter(
        "hex", Type.BIN, _STR, plain(_hex), "In hexadecimal digits; a number has 16.", "hdr(x-a),hex 616263"
    ),
    Converter(
        "hex2i", _STR, Type.INT, plain(_hex2i), "The number hexadecimal digits say.", "hdr(x-a),hex2i gt 255"
    ),
    Converter(
        "url_enc[(query)]",
        _STR,
        _STR,
        _url_enc,
        "With all but letters, digits and `-._~` as `%XX`.",
        "path,url_enc %2Fa%2Fb",
    ),
    Converter(
        "url_dec[(FORM)]",
        _STR,
        _STR,
        _url_dec,
        "With `%XX` decoded; nothing if one is broken. `+` is a blank in a query; everywhere if FORM is 1.",
        "path,url_dec -m beg /blog",
    ),
    Converter(
        "json_query(PATH[,int])",
        _STR,
        Type.ANY,
        _json_query,
        "A text, number or truth inside of a JSON text; `int`: numbers without their fraction.",
        "hdr(x-user),json_query($.role) -m str admin",
    ),
    Converter(
        "json[(CODING)]",
        _STR,
        _STR,
        _json,
        f"As it may stand in a JSON string. CODING is {', '.join(CODINGS)}: with `s` errors are left out, "
        "else there is no sample; with `p` longer forms than needed are no errors.",
        "hdr(user-agent),json(utf8s) -m len 1:500",
    ),
    *(
        Converter(
            f"jwt_{name}_query([PATH[,int]])",
            _STR,
            Type.ANY,
            _jwt(part),
            f"What is in the {name} of a JSON Web Token, as `json_query` has it; all of it without a PATH. "
            "The token is not verified.",
            f"hdr(x-token),jwt_{name}_query($.{key}) -m str {value}",
        )
        for part, (name, key, value) in enumerate((("header", "alg", "ES256"), ("payload", "sub", "anna")))
    ),
)
