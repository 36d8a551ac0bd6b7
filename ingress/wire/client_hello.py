"""What a TLS client says first, as far as it decides which certificate it gets (RFC 8446, 4.1.2)."""

from typing import Final, NamedTuple

HANDSHAKE: Final = 22
"""The content type of the records that carry a ClientHello."""
_CLIENT_HELLO: Final = 1
LONGEST: Final = 32 * 1024
"""Bytes of a ClientHello, records included; browsers with post-quantum keys send some 2,000."""
KEY_NAME: Final = 16
"""Bytes at the beginning of a session ticket that name the key it is sealed with (RFC 5077, 4)."""

_SERVER_NAME: Final = 0
_SESSION_TICKET: Final = 35
_PRE_SHARED_KEY: Final = 41
_LONGEST_RECORD: Final = 16 * 1024
_RANDOM_END: Final = 2 + 32
"""Behind the version and the random bytes."""


class HelloError(ValueError):
    """The bytes are no ClientHello; the text says why."""


class ClientHello(NamedTuple):
    """What a client asks for."""

    name: str
    """The host, lower-case, without a dot at its end; empty: it names none."""
    ticket_key: bytes
    """The name of the key of the session ticket that it offers; empty: it offers none."""


def read_client_hello(data: bytes) -> ClientHello | None:
    """The ClientHello at the beginning of a connection; None: the rest of it has yet to come."""
    if len(data) > LONGEST:
        raise HelloError("a ClientHello beyond all bounds")
    message = _message(data)
    if message is None:
        return None
    try:
        return _read(message)
    except IndexError:
        raise HelloError("a ClientHello that is cut off") from None


def _message(data: bytes) -> bytes | None:
    """The handshake message in the records, without its header; None: it is not complete."""
    pieces = b""
    at, size = 0, len(data)
    while at < size:
        if data[at] != HANDSHAKE or (at + 1 < size and data[at + 1] != 3):
            raise HelloError("not TLS")
        if at + 5 > size:
            return None
        length = _pair(data, at + 3)
        if not 0 < length <= _LONGEST_RECORD:
            raise HelloError("a record of an impossible length")
        start, at = at + 5, at + 5 + length
        pieces += data[start:at]
        if pieces and pieces[0] != _CLIENT_HELLO:
            raise HelloError("a handshake that does not begin with a ClientHello")
        if len(pieces) >= 4:
            end = 4 + (pieces[1] << 16 | _pair(pieces, 2))
            if len(pieces) >= end:
                return pieces[4:end]
    return None


def _read(hello: bytes) -> ClientHello:
    # The session of TLS 1.2, the ciphers, the compressions: each behind its length.
    at = _RANDOM_END
    at += 1 + hello[at]
    at += 2 + _pair(hello, at)
    at += 1 + hello[at]
    end = at if at == len(hello) else at + 2 + _pair(hello, at)
    if end > len(hello):
        raise IndexError
    name, ticket_key = "", b""
    at += 2
    while at < end:
        # A client offers a dozen or two, of which three count.
        kind, start = _pair(hello, at), at + 4
        at = start + _pair(hello, at + 2)
        if at > end:
            raise IndexError
        if kind == _SERVER_NAME and at > start:
            name = _name(hello, start, at)
        elif kind == _SESSION_TICKET:
            ticket_key = hello[start:at][:KEY_NAME]
        elif kind == _PRE_SHARED_KEY:
            ticket_key = _vector(hello, start + 2, at)[:KEY_NAME]
    return ClientHello(name, ticket_key)


def _name(hello: bytes, at: int, end: int) -> str:
    stop = at + 2 + _pair(hello, at)
    if stop > end:
        raise IndexError
    at += 2
    while at < stop:
        name = _vector(hello, at + 1, stop)
        if hello[at] == 0:
            # No certificate is for a name that is not ASCII: one that nobody has says so as well.
            return name.decode("ascii", "replace").lower().removesuffix(".")
        at += 3 + len(name)
    return ""


def _vector(data: bytes, at: int, end: int) -> bytes:
    """The bytes behind their count of two bytes; IndexError: there are fewer of them before the end."""
    stop = at + 2 + _pair(data, at)
    if stop > end:
        raise IndexError
    return data[at + 2 : stop]


def _pair(data: bytes, at: int) -> int:
    """A number of two bytes."""
    return data[at] << 8 | data[at + 1]
