"""The access log: one JSON object a line, written in batches."""

import os
import time
from collections.abc import Callable
from typing import Final

BATCH: Final = 128
"""Lines after which a batch is written without waiting for the next sweep."""

MOST_KEPT: Final = 1 << 20
"""Bytes that wait for a file that takes no more; what comes beyond that is lost, and counted."""

NO_ROUTE: Final = b'"route":""'
"""What a line says where no route takes a request."""

_ESCAPES: Final = {
    **{byte: b"\\u%04x" % byte for byte in (*range(0x20), *range(0x7F, 0x100))},
    ord('"'): b'\\"',
    ord("\\"): b"\\\\",
}
_PLAIN: Final = bytes(byte for byte in range(0x100) if byte not in _ESCAPES)


def escaped(text: bytes) -> bytes:
    """The bytes as they may stand between the quotes of a JSON string; others than ASCII as Latin-1."""
    if not text.translate(None, _PLAIN):
        return text
    return b"".join(_ESCAPES.get(byte) or bytes((byte,)) for byte in text)


class AccessLog:
    """Collects lines, and hands them to a file in batches.

    A file that takes no more (a full disk, a stuck pipe) costs lines, which are counted, never requests.
    """

    def __init__(self, descriptor: int, wall: Callable[[], float] = time.time) -> None:
        self._descriptor = descriptor
        self._wall = wall
        self._lines: list[bytes] = []
        self._second = 0
        self._second_text = b""
        self._rest = b""
        self._until = 0.0
        self._text = b""
        self.lost = 0

    def clock(self, now: float) -> bytes:
        """The time of day: RFC 3339, UTC, to the millisecond. `now` is on a clock that only goes on."""
        if now >= self._until:
            self._until = now + 0.001
            self._text = self._time_of_day(self._wall())
        return self._text

    def _time_of_day(self, wall: float) -> bytes:
        second = int(wall)
        if second != self._second:
            self._second = second
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)).encode("ascii")
        return b"%b.%03dZ" % (self._second_text, (wall - second) * 1000)

    def add(self, line: bytes) -> None:
        """Keep a line for the next batch."""
        lines = self._lines
        lines.append(line)
        if len(lines) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what has come together, as far as the file takes it at once."""
        if not self._lines and not self._rest:
            return
        lines, self._lines = self._lines, []
        data = self._rest + b"".join(lines)
        self._rest = b""
        try:
            written = os.write(self._descriptor, data)
        except BlockingIOError:
            written = 0
        except OSError:
            self.lost += len(lines)
            return
        self._keep(data[written:])

    def _keep(self, rest: bytes) -> None:
        """Keep for the next time what the file did not take, but for whole lines that are too many."""
        if len(rest) > MOST_KEPT:
            end = rest.index(b"\n") + 1
            self.lost += rest.count(b"\n", end)
            rest = rest[:end]
        self._rest = rest

    def reopen(self, descriptor: int) -> None:
        """Go on in another file, as after a rotation."""
        self.flush()
        if self._descriptor > 2:
            os.close(self._descriptor)
        self._descriptor = descriptor
