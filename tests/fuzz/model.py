"""A second reading of HTTP/1, to hold the first one against: slow, plain, and written from the grammar.

It says what a head or a chunked body is, byte for byte, in expressions that stand beside the rules of RFC
9110, 9112 and 3986; and it knows nothing of how the readers work.
"""

import re
import socket
from typing import Final, NamedTuple

from ingress.model.settings import Limits
from ingress.wire.chunks import SIZE_LINE

NO_BODY: Final = 0
CHUNKED: Final = -1
UNTIL_CLOSE: Final = -2

TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
VALUE: Final = rb"[\t\x20-\x7e\x80-\xff]*"
FIELD: Final = rb"(?:%b:%b\r\n)" % (TOKEN, VALUE)
REQUEST: Final = re.compile(rb"(%b) ([\x21-\x7e]+) HTTP/1\.([01])\r\n(%b*)\r\n" % (TOKEN, FIELD))
RESPONSE: Final = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: %b)?\r\n(%b*)\r\n" % (VALUE, FIELD))
ORIGIN: Final = re.compile(rb"(/[^?#\\]*)(?:\?([^#]*))?")
ABSOLUTE: Final = re.compile(rb"(?i:https?)://([^/?@#\\]+)((?:/[^?#\\]*)?)(?:\?([^#]*))?")
AUTHORITY: Final = re.compile(
    rb"(?:(?:([0-9a-z\-_~]+(?:\.[0-9a-z\-_~]+)*)\.?|\[([0-9a-f:.]+)\])(?::([0-9]{0,5}))?)?", re.IGNORECASE
)
SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;%b)?\r\n" % VALUE)
TRAILERS: Final = re.compile(rb"%b*\r\n" % FIELD)


class Asked(NamedTuple):
    """What a request asks."""

    method: bytes
    host: bytes
    path: bytes
    query: bytes | None
    body: int
    keep_alive: bool


class Answered(NamedTuple):
    """What a response answers."""

    status: int
    body: int
    keep_alive: bool


class Fields(NamedTuple):
    """The fields that matter here, by lower-case name."""

    values: dict[bytes, list[bytes]]
    number: int

    def of(self, name: bytes) -> list[bytes]:
        """All values of a name."""
        return self.values.get(name, [])

    def options(self) -> list[bytes] | None:
        """What Connection names, lower-case; None: it is no list of tokens."""
        words = [word.strip(b" \t") for value in self.of(b"connection") for word in value.lower().split(b",")]
        words = [word for word in words if word]
        return words if all(re.fullmatch(TOKEN, word) for word in words) else None


def fields_of(text: bytes) -> Fields:
    """The fields of lines that were matched."""
    values: dict[bytes, list[bytes]] = {}
    lines = text.split(b"\r\n")[:-1]
    for line in lines:
        name, _, value = line.partition(b":")
        values.setdefault(name.lower(), []).append(value.strip(b" \t"))
    return Fields(values, len(lines))


def read_request(head: bytes, limits: Limits) -> Asked | None:
    """What a head asks; None: it is to be refused."""
    match = REQUEST.fullmatch(head)
    if match is None or len(head) > limits.head or head.index(b"\r\n") > limits.request_line:
        return None
    method, target, minor, text = match.groups()
    fields = fields_of(text)
    options = fields.options()
    hosts = fields.of(b"host")
    if fields.number > limits.fields or options is None or method == b"CONNECT" or len(hosts) > 1:
        return None
    if minor == b"1" and not hosts:
        return None
    host = read_authority(hosts[0]) if hosts else b""
    asked = read_target(method, target, host)
    body = request_body(fields, minor)
    if asked is None or body is None:
        return None
    keep = b"close" not in options and (minor == b"1" or b"keep-alive" in options)
    return Asked(method, *asked, body, keep)


def read_authority(text: bytes) -> bytes | None:
    """The host of an authority, without port and last dot; None: it is none."""
    match = AUTHORITY.fullmatch(text)
    if match is None or int(match[3] or b"0") > 65535:
        return None
    name, address, _ = match.groups()
    if address is not None:
        try:
            socket.inet_pton(socket.AF_INET6, address.decode())
        except OSError:
            return None
        return b"[%b]" % address.lower()
    return (name or b"").lower()


def read_target(method: bytes, target: bytes, host: bytes | None) -> tuple[bytes, bytes, bytes | None] | None:
    """Host, path and query that a target and a Host field ask for; None: refused."""
    if host is None:
        return None
    if match := ORIGIN.fullmatch(target):
        return host, match[1], match[2]
    if target == b"*" and method == b"OPTIONS":
        return host, b"*", None
    match = ABSOLUTE.fullmatch(target)
    named = read_authority(match[1]) if match else None
    if match is None or not named:
        return None
    if not match[2] and match[3] is None and method == b"OPTIONS":
        return named, b"*", None
    return named, match[2] or b"/", match[3]


def request_body(fields: Fields, minor: bytes) -> int | None:
    """How long the body of a request is; None: that can be read in two ways."""
    lengths, codings = fields.of(b"content-length"), fields.of(b"transfer-encoding")
    if codings:
        sole = len(codings) == 1 and codings[0].lower() == b"chunked"
        return CHUNKED if sole and not lengths and minor == b"1" else None
    return said_length(lengths, NO_BODY)


def said_length(lengths: list[bytes], unsaid: int) -> int | None:
    """The one length that is said; None: no number, or several."""
    if not lengths:
        return unsaid
    return int(lengths[0]) if len(lengths) == 1 and re.fullmatch(rb"[0-9]{1,18}", lengths[0]) else None


def read_response(head: bytes, method: bytes, limits: Limits) -> Answered | None:
    """What a head answers; None: it is to be refused."""
    match = RESPONSE.fullmatch(head)
    if match is None or len(head) > limits.head:
        return None
    minor, status, fields = match[1], int(match[2]), fields_of(match[3])
    options = fields.options()
    if fields.number > limits.fields or options is None:
        return None
    if status == 101 and not (minor == b"1" and b"upgrade" in options and any(fields.of(b"upgrade"))):
        return None
    body = response_body(fields, minor, status, method)
    if body is None:
        return None
    keep = b"close" not in options and (minor == b"1" or b"keep-alive" in options)
    return Answered(status, body, keep and body != UNTIL_CLOSE)


def response_body(fields: Fields, minor: bytes, status: int, method: bytes) -> int | None:
    """How long the body of a response is; None: that can be read in two ways."""
    lengths, codings = fields.of(b"content-length"), fields.of(b"transfer-encoding")
    length = said_length(lengths, UNTIL_CLOSE)
    if length is None or (codings and (lengths or minor == b"0")):
        return None
    if codings and [coding.lower() for coding in codings] != [b"chunked"]:
        return None
    if status < 200 or status == 204:
        return None if codings or length > 0 else NO_BODY
    if status == 304 or method == b"HEAD":
        return NO_BODY
    return CHUNKED if codings else length


def read_chunks(data: bytes) -> tuple[bytes, bytes] | None:
    """The payload of a chunked body and what follows it; None: it is none, or not whole."""
    payload, at = b"", 0
    while match := SIZE.match(data, at):
        if match.end() - at > SIZE_LINE:
            return None
        size, at = int(match[1], 16), match.end()
        if not size:
            trailers = TRAILERS.match(data, at)
            return None if trailers is None else (payload, data[trailers.end() :])
        if data[at + size : at + size + 2] != b"\r\n":
            return None
        payload += data[at : at + size]
        at += size + 2
    return None
