"""What a TLS client says first, as far as it decides which certificate it gets (RFC 8446, 4.1.2)."""

from struct import Struct, error
from typing import Final, NamedTuple

HANDSHAKE: Final = 22
"""The content type of the records that carry a ClientHello."""
CLIENT_HELLO: Final = 1
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
_EXTENSION: Final = Struct(">HH")
"""Its kind and its length."""


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
    except (IndexError, error):
        raise HelloError("a ClientHello that is cut off") from None


def _message(data: bytes) -> bytes | None:
    """The handshake message in the records, without its header; None: it is not complete."""
    pieces = b""
    at = 0
    while True:
        head = data[at : at + 5]
        if (head[:1] and head[0] != HANDSHAKE) or (head[1:2] and head[1] != 3):
            raise HelloError("not TLS")
        length = int.from_bytes(head[3:5])
        if len(head) == 5 and not 0 < length <= _LONGEST_RECORD:
            raise HelloError("a record of an impossible length")
        pieces += data[at + 5 : at + 5 + length]
        if pieces and pieces[0] != CLIENT_HELLO:
            raise HelloError("a handshake that does not begin with a ClientHello")
        end = 4 + int.from_bytes(pieces[1:4])
        if len(pieces) >= max(end, 4):
            return pieces[4:end]
        at += 5 + length
        if len(head) < 5 or at >= len(data):
            return None


class _Reader:
    """Takes fields off the front; IndexError: there is less than a field says."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_empty(self) -> bool:
        """Nothing is left."""
        return self._at >= len(self._data)

    def take(self, count: int) -> bytes:
        """So many bytes."""
        start, self._at = self._at, self._at + count
        if self._at > len(self._data):
            raise IndexError
        return self._data[start : self._at]

    def number(self, size: int) -> int:
        """A number of so many bytes."""
        return int.from_bytes(self.take(size))

    def vector(self, size: int) -> bytes:
        """Bytes behind their count, which has `size` bytes."""
        return self.take(self.number(size))


def _read(hello: bytes) -> ClientHello:
    at = _RANDOM_END
    for size in (1, 2, 1):
        at += size + int.from_bytes(hello[at : at + size])
    length = int.from_bytes(hello[at : at + 2])
    at += 2 if at < len(hello) else 0
    end = at + length
    if end > len(hello):
        raise IndexError
    name, ticket_key = "", b""
    while at < end:
        # A client offers a dozen or two, of which three count.
        kind, length = _EXTENSION.unpack_from(hello, at)
        start, at = at + _EXTENSION.size, at + _EXTENSION.size + length
        if at > end:
            raise IndexError
        if kind == _SERVER_NAME and length:
            name = _name(_Reader(hello[start:at]))
        elif kind == _SESSION_TICKET and length:
            ticket_key = hello[start:at][:KEY_NAME]
        elif kind == _PRE_SHARED_KEY:
            ticket_key = _Reader(_Reader(hello[start:at]).vector(2)).vector(2)[:KEY_NAME]
    return ClientHello(name, ticket_key)


def _name(extension: _Reader) -> str:
    names = _Reader(extension.vector(2))
    while not names.is_empty:
        kind, name = names.number(1), names.vector(2)
        if kind == 0:
            # No certificate is for a name that is not ASCII: one that nobody has says so as well.
            return name.decode("ascii", "replace").lower().removesuffix(".")
    return ""
