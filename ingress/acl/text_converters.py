"""Converters from text to text, and what is measured of a text."""

import re
from collections.abc import Callable
from typing import Final

from ingress.acl.converter import Args, Beside, Convert, Converter, count, number_of, plain
from ingress.acl.language import preferred
from ingress.acl.pattern import compile_regex
from ingress.acl.piece import field, word
from ingress.acl.sample import Client, Request, Type
from ingress.acl.substitute import read_substitute, replaced
from ingress.acl.variable import read_variable, text_of


def _lower(text: bytes) -> bytes:
    return text.lower()


def _upper(text: bytes) -> bytes:
    return text.upper()


def _bytes(args: Args) -> Convert:
    count(args, 1, 2)
    start = number_of(args[0], 0)
    length = number_of(args[1], 0) if len(args) == 2 else None

    end = None if length is None else start + length
    return lambda data: data[start:end]


def _piece(find: Callable[[bytes, bytes, int, int], bytes | None]) -> Callable[[Args], Convert]:
    def make(args: Args) -> Convert:
        count(args, 2, 3)
        index = number_of(args[0], -1_000_000, 1_000_000)
        how_many = number_of(args[2], 0, 1_000_000) if len(args) == 3 else 1
        if index == 0 or not args[1]:
            raise ValueError("an index from 1 on (or from -1, from the end) and delimiters are expected")
        delimiters = args[1].encode()
        return lambda text: find(text, delimiters, index, how_many)

    return make


def _trim(cut: Callable[[bytes, bytes], bytes]) -> Callable[[Args], Convert]:
    def make(args: Args) -> Convert:
        count(args, 1, 1)
        characters = args[0].encode()
        return lambda text: cut(text, characters)

    return make


def _regsub(args: Args) -> Convert:
    count(args, 2, 3)
    flags = args[2] if len(args) == 3 else ""
    if set(flags) - {"g", "i"}:
        raise ValueError(f'"{flags[:40]}" is not of the flags g and i')
    search = compile_regex(args[0], ignore_case="i" in flags, captures=True).search
    substitute = read_substitute(args[1])
    return lambda text: replaced(text, search, substitute, everywhere="g" in flags)


def _concat(args: Args) -> Convert | Beside:
    count(args, 1, 3)
    start = args[0].encode()
    end = args[2].encode() if len(args) == 3 else b""
    if len(args) == 1 or not args[1]:
        return lambda text: text + start + end
    variable = read_variable(args[1])

    def join(text: bytes, request: Request, client: Client) -> bytes:
        return b"".join((text, start, text_of(request, variable) or b"", end))

    return Beside(join)


def _strcmp(args: Args) -> Beside:
    count(args, 1, 1)
    variable = read_variable(args[0])

    def compare(text: bytes, request: Request, client: Client) -> int | None:
        other = text_of(request, variable)
        return None if other is None else _difference(text, other)

    return Beside(compare)


def _difference(text: bytes, other: bytes) -> int:
    """Of the first two bytes that differ, or else which text is longer."""
    for a, b in zip(text, other, strict=False):
        if a != b:
            return a - b
    return (len(text) > len(other)) - (len(text) < len(other))


def _iif(args: Args) -> Convert:
    count(args, 2, 2)
    yes, no = args[0].encode(), args[1].encode()
    return lambda holds: yes if holds else no


def _split_port(host: bytes) -> tuple[bytes, bytes]:
    """The host, and what stands behind the colon after it."""
    name, colon, port = host.rpartition(b":")
    return (name, port) if colon and b"]" not in port else (host, b"")


def _host_only(host: bytes) -> bytes:
    return _split_port(host)[0].lower()


def _port_only(host: bytes) -> int:
    port = _split_port(host)[1]
    return int(port) if port.isdigit() and len(port) <= 5 else 0


def _language(args: Args) -> Convert:
    count(args, 1, 2)
    known = [word for word in args[0].encode().split(b";") if word]
    if not known:
        raise ValueError("languages are expected, as in language(de;en)")
    return preferred(known, args[1].encode() if len(args) == 2 else None)


def _cut_line(text: bytes) -> bytes:
    return _LINE_END.split(text, maxsplit=1)[0]


_LINE_END: Final = re.compile(rb"[\r\n]")
_STR: Final = Type.STR

ROWS: Final = (
    Converter("lower", _STR, _STR, plain(_lower), "ASCII letters in lower case.", "path,lower -m beg /blog"),
    Converter("upper", _STR, _STR, plain(_upper), "ASCII letters in upper case.", "hdr(x-team),upper ABC"),
    Converter("length", _STR, Type.INT, plain(len), "The length in bytes.", "query,length gt 500"),
    Converter(
        "bytes(OFFSET[,LENGTH])",
        Type.BIN,
        Type.BIN,
        _bytes,
        "A part, counted from 0; empty where the offset is beyond the end.",
        "path,bytes(0,5) -m str /blog",
    ),
    Converter(
        "field(INDEX,DELIMITERS[,COUNT])",
        _STR,
        _STR,
        _piece(field),
        "What stands between delimiters: from the first on, or from the last with a negative index; an empty "
        "field counts too. COUNT fields, 1 where it is not said, all that follow with 0.",
        "path,field(2,/) blog news",
    ),
    Converter(
        "word(INDEX,DELIMITERS[,COUNT])",
        _STR,
        _STR,
        _piece(word),
        "As `field`, but several delimiters in a row are as one.",
        "path,word(1,/) blog",
    ),
    Converter(
        "ltrim(CHARACTERS)",
        _STR,
        _STR,
        _trim(bytes.lstrip),
        "Without these characters at its beginning.",
        "path,ltrim(/) -m beg blog",
    ),
    Converter(
        "rtrim(CHARACTERS)",
        _STR,
        _STR,
        _trim(bytes.rstrip),
        "Without these characters at its end.",
        "hdr(host),rtrim(.) www.example.com",
    ),
    Converter(
        "regsub(REGEX,TEXT[,FLAGS])",
        _STR,
        _STR,
        _regsub,
        "What the expression finds, replaced; `\\1` is its first group. Flags: g everywhere, i in any case.",
        "'path,regsub(\"^/v[0-9]+/\",/)' -m beg /shop",
    ),
    Converter(
        "concat([START],[VAR],[END])",
        _STR,
        _STR,
        _concat,
        "With a text, the content of a variable and another text behind it.",
        "hdr(x-a),concat(-,req.team) a-shop",
    ),
    Converter(
        "strcmp(VAR)",
        _STR,
        Type.INT,
        _strcmp,
        "0 where it is equal to the content of a variable, below or above 0 where it comes before or after.",
        "hdr(x-token),strcmp(txn.token) eq 0",
    ),
    Converter(
        "iif(YES,NO)",
        Type.BOOL,
        _STR,
        _iif,
        "One of two texts.",
        "ssl_fc,iif(https,http) https",
    ),
    Converter(
        "host_only",
        _STR,
        _STR,
        plain(_host_only),
        "A host in lower case, without its port.",
        "hdr(host),host_only www.example.com",
    ),
    Converter(
        "language(LANGUAGE[;LANGUAGE]...[,DEFAULT])",
        _STR,
        _STR,
        _language,
        "The language that a client likes best of these; `fr-FR` stands for `fr` too.",
        "req.fhdr(accept-language),language(de;en,en) de",
    ),
    Converter(
        "cut_crlf", _STR, _STR, plain(_cut_line), "The text up to its first line end.", "path,cut_crlf /blog"
    ),
    Converter(
        "port_only",
        _STR,
        Type.INT,
        plain(_port_only),
        "The port behind a host; 0 where there is none.",
        "hdr(host),port_only 8080",
    ),
)
