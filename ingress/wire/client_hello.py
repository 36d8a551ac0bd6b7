"""What a TLS client says first, as far as it decides which certificate it gets (RFC 8446, 4.1.2)."""

from typing import Final, NamedTuple

HANDSHAKE: Final = 22
"""The content type of the records that carry a ClientHello."""
_CLIENT_HELLO: Final = 1
LONGEST: Final = 32 * 1024
"""Bytes of a ClientHello, records included; browsers with post-quantum keys send some 2,000."""
LONGEST_NAME: Final = 255
"""Bytes of a host (RFC 1035, 2.3.4)."""
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


class HelloReader:
    """Reads the ClientHello at the beginning of a connection, each record once, in however many pieces it
    comes."""

    __slots__ = ("_at", "_message", "data")

    def __init__(self) -> None:
        self.data = b""
        """All that has come."""
        self._message = b""
        """What is in the records that are whole: a handshake message, with its header."""
        self._at = 0
        """Where the next record begins."""

    def feed(self, piece: bytes) -> ClientHello | None:
        """The ClientHello once it is whole; None: the rest of it has yet to come."""
        data = self.data = self.data + piece if self.data else piece
        if len(data) > LONGEST:
            raise HelloError("a ClientHello beyond all bounds")
        while self._take_record(data):
            message = self._message
            if message[0] != _CLIENT_HELLO:
                raise HelloError("a handshake that does not begin with a ClientHello")
            if len(message) >= 4:
                end = 4 + (message[1] << 16 | _pair(message, 2))
                if len(message) >= end:
                    return _hello(message[4:end])
        return None

    def take(self) -> bytes:
        """All that has come, which is kept no longer."""
        data, self.data, self._message = self.data, b"", b""
        return data

    def _take_record(self, data: bytes) -> bool:
        """Take what is in the next record; whether it is whole."""
        at, size = self._at, len(data)
        if at >= size:
            return False
        if data[at] != HANDSHAKE or (at + 1 < size and data[at + 1] != 3):
            raise HelloError("not TLS")
        if at + 5 > size:
            return False
        length = _pair(data, at + 3)
        if not 0 < length <= _LONGEST_RECORD:
            raise HelloError("a record of an impossible length")
        end = at + 5 + length
        if end > size:
            return False
        self._message += data[at + 5 : end]
        self._at = end
        return True


def _hello(message: bytes) -> ClientHello:
    try:
        return _read(message)
    except IndexError:
        raise HelloError("a ClientHello that is cut off") from None


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
            if len(name) > LONGEST_NAME:
                raise HelloError("a name that no host can have")
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
