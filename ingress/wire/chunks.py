"""Bodies in chunks (RFC 9112, 7.1), checked and made canonical while they pass."""

from typing import Final

from ingress.model.reason import Reason
from ingress.wire.grammar import BLANKS, CRLF, HEAD_END, HEX, TEXT
from ingress.wire.names import Names
from ingress.wire.refusal import Refusal, bad_response, malformed, too_large
from ingress.wire.scan import scan

SIZE_LINE: Final = 256
"""Bytes of a chunk's size with its extensions, which are dropped."""
DIGITS: Final = 15
"""Hexadecimal digits of a chunk's size."""
TRAILERS: Final = 8 * 1024
"""Bytes of the last chunk with its trailer section, where no other limit is given."""

# RFC 9110, 6.5.1: what frames, routes, authenticates or says how to read the content came too late.
NOT_IN_TRAILERS: Final = frozenset(
    b"""
    transfer-encoding content-length host connection keep-alive te trailer upgrade proxy-connection
    content-encoding content-type content-range authorization proxy-authorization cookie set-cookie
    cache-control expect max-forwards range location www-authenticate forwarded x-real-ip x-request-id
    x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port
    """.split()
)


def _forbidden(name: bytes) -> bool | None:
    return name.replace(b"_", b"-") in NOT_IN_TRAILERS or None


NAMES: Final = Names(_forbidden, ())


class ChunkReader:
    """Follows a chunked body. After each `feed`, `out` is what to pass on of it.

    `out` keeps the chunks, without extensions, or with `plain` is the payload alone. Trailer fields
    are dropped, unless they are wanted and allowed. `rest` is what came after the body's end.
    `payload` counts the bytes of all chunks that were announced; above `most` it is refused.
    """

    __slots__ = (
        "_held",
        "_left",
        "_longest_trailers",
        "_most",
        "_pieces",
        "_plain",
        "_response",
        "_start",
        "_trailers",
        "done",
        "out",
        "payload",
        "rest",
        "trailers",
    )

    def __init__(
        self,
        *,
        plain: bool = False,
        trailers: bool = False,
        response: bool = False,
        longest_trailers: int = TRAILERS,
        most: int = 0,
    ) -> None:
        self._plain = plain
        self._trailers = trailers and not plain
        self._response = response
        self._longest_trailers = longest_trailers
        self._most = most
        """Bytes of payload; 0: no limit."""
        self.payload = 0
        self._held = b""
        """A size line, or the end of the body, of which only a part has come."""
        self._left = 0
        """Bytes to come of the chunk, its CRLF included; 0: a size line is next."""
        self._pieces: list[bytes] = []
        """What to pass on of the data before `_start`, where something of it is dropped."""
        self._start = 0
        self.out = self.rest = b""
        self.done = False
        self.trailers: list[bytes] = []
        """The trailer lines that are passed on, at the end of the last `out`."""

    @property
    def unread(self) -> int:
        """Bytes that come next of a chunk's payload, whatever they are."""
        return max(0, self._left - 2)

    def passed(self, count: int) -> None:
        """So many of them have gone on without coming by here."""
        self._left -= count

    def limit(self, most: int) -> bool:
        """Refuse a payload of more bytes from here on; False: more are announced already."""
        self._most = min(self._most or most, most)
        return self.payload <= self._most

    def feed(self, data: bytes) -> None:
        """Take the next bytes, and raise a Refusal if they are not chunks."""
        if len(data) <= self._left - 2:
            self._left -= len(data)
            self.out = data
            return
        try:
            self._read(self._held + data if self._held else data)
        except Refusal as refusal:
            raise (bad_response(refusal.detail) if self._response else refusal) from None

    def _read(self, data: bytes) -> None:
        self._held = b""
        self._start = at = 0
        size = len(data)
        while at < size and not self.done:
            at = self._payload(data, at) if self._left else self._size_line(data, at)
        self.rest = data[at:]
        self.out = data if at - self._start == size else data[self._start : at]
        if self._pieces:
            self.out = b"".join((*self._pieces, self.out))
            self._pieces.clear()

    def _drop(self, data: bytes, start: int, stop: int) -> None:
        """Leave a part out of what is passed on."""
        if start > self._start:
            self._pieces.append(data[self._start : start])
        self._start = stop

    def _payload(self, data: bytes, at: int) -> int:
        """Let payload pass, and check the CRLF that ends it."""
        # Where the chunk's CRLF begins: before `at`, if one byte of it has come already.
        crlf = at + self._left - 2
        stop = min(crlf + 2, len(data))
        if stop > crlf:
            begin = max(at, crlf)
            if data[begin:stop] != CRLF[begin - crlf : stop - crlf]:
                raise malformed("a chunk does not end with CRLF")
            if self._plain:
                self._drop(data, begin, stop)
        self._left -= stop - at
        return stop

    def _size_line(self, data: bytes, at: int) -> int:
        """Read a size line, or hold what has come of it back."""
        end = data.find(CRLF, at, at + SIZE_LINE)
        if end < 0:
            if len(data) - at >= SIZE_LINE:
                raise malformed("a chunk's size line is too long")
            return self._hold(data, at)
        digits, size = _chunk_size(data[at:end])
        if not size:
            return self._last(data, at, at + digits, end)
        self._left = size + 2
        self.payload += size
        if 0 < self._most < self.payload:
            raise too_large(self._most)
        if self._plain:
            self._drop(data, at, end + 2)
        elif at + digits < end:
            self._drop(data, at + digits, end)
        return end + 2

    def _hold(self, data: bytes, at: int) -> int:
        self._held = data[at:]
        self._drop(data, at, len(data))
        return len(data)

    def _last(self, data: bytes, at: int, digits: int, line_end: int) -> int:
        """Read the end of the body, once it is there: the last chunk, trailer fields, an empty line."""
        longest = self._longest_trailers
        end = data.find(HEAD_END, line_end, at + longest)
        if end < 0:
            if len(data) - at >= longest:
                raise Refusal(431, Reason.TRAILERS_TOO_LARGE, f"trailers of more than {longest} bytes")
            return self._hold(data, at)
        self.done = True
        if self._plain:
            self._drop(data, at, line_end + 2)
        elif digits < line_end:
            self._drop(data, digits, line_end)
        if end > line_end:
            self._trailer(data, line_end + 2, end + 4)
        if self._plain:
            self._drop(data, end + 2, end + 4)
        return end + 4

    def _trailer(self, data: bytes, at: int, stop: int) -> None:
        """Check the trailer fields, and let those pass that are wanted and allowed."""
        trailer = data[at:stop]
        _, _, marks = scan(b"0\r\n" + trailer, NAMES)
        forbidden = {line for _, line, _ in marks}
        for line in trailer.split(CRLF)[:-2]:
            after = at + len(line) + 2
            if not self._trailers or line in forbidden:
                self._drop(data, at, after)
            else:
                self.trailers.append(line)
            at = after


def _chunk_size(line: bytes) -> tuple[int, int]:
    """How many digits a size line begins with, and the size they say."""
    digits, extension, rest = line.partition(b";")
    if extension:
        # RFC 9112, 7.1.1: blanks may come before an extension, and nowhere else.
        digits = digits.rstrip(BLANKS)
        if rest.translate(None, TEXT):
            raise malformed("a control byte in a chunk extension")
    if not 0 < len(digits) <= DIGITS or digits.translate(None, HEX):
        raise malformed("a chunk's size is not a hexadecimal number")
    return len(digits), int(digits, 16)
