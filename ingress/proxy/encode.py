"""The body of an answer, compressed on its way: a slice at a time, so that nobody else has to wait."""

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from ingress.model.policy import Coding
from ingress.wire.chunks import ChunkReader
from ingress.wire.message import UNTIL_CLOSE
from ingress.wire.refusal import bad_response

if TYPE_CHECKING:
    from ingress.proxy.upstream import Upstream

SLICE: Final = 32 * 1024
"""Bytes that are compressed in one go: half a millisecond at the levels below."""
LAST_CHUNK: Final = b"0\r\n\r\n"


class Encoder(Protocol):
    """One stream of compressed bytes."""

    def compress(self, data: bytes) -> bytes:
        """Take bytes; what comes out of them so far."""

    def flush(self) -> bytes:
        """What is needed to read all that was taken."""

    def finish(self) -> bytes:
        """The end of the stream."""


class Gzip:
    """RFC 1952."""

    def __init__(self) -> None:
        stream = zlib.compressobj(level=5, wbits=31)
        self.compress = stream.compress
        self._flush = stream.flush

    def flush(self) -> bytes:
        """Up to a byte boundary."""
        return self._flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        """With checksum and length."""
        return self._flush(zlib.Z_FINISH)


class Brotli:
    """RFC 7932; a window of 256 KiB, as one is kept for each answer under way."""

    def __init__(self) -> None:
        import brotli  # noqa: PLC0415 (optional)

        stream = brotli.Compressor(quality=4, lgwin=18)
        self.compress: Callable[[bytes], bytes] = stream.process
        self.flush: Callable[[], bytes] = stream.flush
        self.finish: Callable[[], bytes] = stream.finish


class Zstandard:
    """RFC 8878; with the same window."""

    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415 (optional)

        parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=18)
        stream: Any = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        self.compress: Callable[[bytes], bytes] = stream.compress
        self.flush: Callable[[], bytes] = lambda: stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        self.finish: Callable[[], bytes] = lambda: stream.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)


ENCODERS: Final[dict[Coding, Callable[[], Encoder]]] = {
    Coding.GZIP: Gzip,
    Coding.BROTLI: Brotli,
    Coding.ZSTD: Zstandard,
}


class EncodedBody(ChunkReader):
    """Follows a body in whatever framing it comes; `out` is the same body compressed, in chunks.

    What comes is compressed at most a slice at a time. While more of it waits the server is not read,
    and the loop comes back to it after everyone else has had a turn.
    """

    __slots__ = ("_encoder", "_inner", "_length", "_next", "_upstream", "_waiting", "ended")

    def __init__(self, upstream: "Upstream", coding: Coding, body: int, inner: ChunkReader | None) -> None:
        super().__init__()
        self._upstream = upstream
        self._encoder = ENCODERS[coding]()
        self._inner = inner
        """Reads the chunks of the server; None: it sends none."""
        self._length = body
        """Bytes to come, or UNTIL_CLOSE."""
        self._waiting = b""
        self._next = False
        self.ended = False
        """The server has sent all of it; some of that may still wait."""

    def feed(self, data: bytes) -> None:
        """Take what the server sent next; nothing: go on with what waits. Refusal: it is no such body."""
        self.out = b""
        if data:
            self._waiting += self._unframed(data)
        if not self._next:
            self._encode()

    def end(self) -> None:
        """The server has closed the connection."""
        self.ended = True

    def _unframed(self, data: bytes) -> bytes:
        inner = self._inner
        if inner is not None:
            inner.feed(data)
            self.rest, self.ended = inner.rest, inner.done
            return inner.out
        if self._length != UNTIL_CLOSE:
            self._length -= len(data)
            if self._length < 0:
                raise bad_response("more bytes than Content-Length says")
            self.ended = self._length == 0
        return data

    def _encode(self) -> None:
        piece, self._waiting = self._waiting[:SLICE], self._waiting[SLICE:]
        made = self._encoder.compress(piece) if piece else b""
        if self._waiting:
            self._wait()
        elif self.ended:
            made += self._encoder.finish()
            self.done = True
        elif piece:
            # What the server has sent is not held back: its next piece may be long in coming.
            made += self._encoder.flush()
        self.out = (b"%x\r\n%b\r\n" % (len(made), made) if made else b"") + LAST_CHUNK * self.done

    def _wait(self) -> None:
        upstream = self._upstream
        self._next = True
        if not upstream.transport.is_closing():
            upstream.transport.pause_reading()
        upstream.site.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._next = False
        upstream = self._upstream
        attempt = upstream.attempt
        if not upstream.carries(self) or attempt is None:
            return
        if len(self._waiting) <= SLICE and not attempt.exchange.client.full:
            upstream.transport.resume_reading()
        upstream.data_received(b"")
