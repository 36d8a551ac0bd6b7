"""The body of a request on its way to a server: where it ends, and what may have to be sent again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ingress.filter.reply import in_words
from ingress.model.settings import Limits
from ingress.proxy.course import PIECE, shorten_body
from ingress.proxy.site import NEVER
from ingress.wire.chunks import ChunkReader
from ingress.wire.grammar import CRLF
from ingress.wire.message import CHUNKED
from ingress.wire.refusal import Refusal, too_large
from ingress.wire.request import Request
from ingress.wire.trailers import end_of_body

if TYPE_CHECKING:
    from ingress.proxy.exchange import Exchange

KEEP_LIMIT: Final = 64 * 1024
"""Bytes of a body that are kept so that the request can be sent to another server."""


class RequestBody:
    """Follows the body as it comes; keeps what has come until it is sent and cannot be needed again."""

    __slots__ = (
        "_chunks",
        "_end",
        "_kept",
        "_left",
        "_request",
        "_size",
        "bytes_in",
        "complete",
        "done",
        "on_piece",
    )

    def __init__(self, request: Request, limits: Limits) -> None:
        self._request = request
        self._chunks: ChunkReader | None = None
        if request.body == CHUNKED:
            self._chunks = ChunkReader(trailers=True, longest_trailers=limits.trailers, most=limits.body)
        self._left = request.body
        self._end = b""
        """What follows the last chunk, where trailers do."""
        self._kept: list[bytes] = []
        self._size = 0
        self.bytes_in = 0
        self.done = False
        """All of it has come."""
        self.complete = True
        """All that has come is still kept, so the request can be sent again from its start."""
        self.on_piece: Callable[[], None] | None = None
        """Called when more is kept, by rules that wait for it."""

    def take(self, data: bytes) -> tuple[bytes, bytes]:
        """Divide what has come into what goes to the server and what follows the body.

        Raises `Refusal` where the framing is broken.
        """
        if self._chunks is not None:
            self._chunks.feed(data)
            piece, rest, self.done = self._chunks.out, self._chunks.rest, self._chunks.done
            if self._chunks.trailers:
                self._end = b"".join(line + CRLF for line in self._chunks.trailers) + CRLF
                piece = self._with_trailers(piece)
        else:
            piece, rest = (data, b"") if len(data) <= self._left else (data[: self._left], data[self._left :])
            self._left -= len(piece)
            self.done = self._left == 0
        self.bytes_in += len(piece)
        return piece, rest

    def _with_trailers(self, data: bytes) -> bytes:
        """The same with those trailers alone that may go on: rules may have changed that."""
        data = data.removesuffix(self._end)
        self._end = end_of_body(self._chunks.trailers if self._chunks is not None else (), self._request)
        return data + self._end

    def limit(self, most: int) -> bool:
        """Take no more bytes than that; False: it has more already, or says that it will have."""
        if self._chunks is not None:
            return self._chunks.limit(most)
        return self._request.body <= most

    @property
    def unread(self) -> int:
        """Bytes that come next, need no look, and need not be kept."""
        if self.complete:
            return 0
        return self._left if self._chunks is None else self._chunks.unread

    def passed(self, count: int) -> None:
        """So many of them have gone to the server without coming by here."""
        if self._chunks is None:
            self._left -= count
        else:
            self._chunks.passed(count)
        self.bytes_in += count

    def hold(self, piece: bytes) -> None:
        """Keep a piece that is not sent yet."""
        self._kept.append(piece)
        self._size += len(piece)
        if self.on_piece is not None:
            self.on_piece()

    def sent(self, piece: bytes) -> None:
        """A piece went out as it came: keep it while the whole is small."""
        if self.complete:
            self.hold(piece)
            self._forget_large()

    def sent_all(self) -> None:
        """What was held has gone out."""
        self._forget_large()

    def _forget_large(self) -> None:
        if self._size > KEEP_LIMIT:
            self.complete = False
            self._kept = []

    @property
    def held(self) -> int:
        """Bytes that are kept."""
        return self._size

    def pending(self) -> bytes:
        """Everything that is kept, to be sent behind the head."""
        data = b"".join(self._kept)
        return self._with_trailers(data) if self._end else data


def begin_body(exchange: "Exchange", rest: bytes) -> None:
    """A request has a body, of which `rest` has come with its head."""
    limits = exchange.site.limits
    body = exchange.body = RequestBody(exchange.request, limits)
    exchange.client.deadline = exchange.site.tick + int(limits.timeout_client) + 1
    if 0 < limits.body < exchange.request.body:
        _break(exchange, too_large(limits.body))
    elif rest:
        take_body(exchange, body, rest)


def take_body(exchange: "Exchange", body: RequestBody, data: bytes) -> None:
    """Send a piece of the body on, or keep it until there is a server."""
    try:
        piece, rest = body.take(data)
    except Refusal as refusal:
        _break(exchange, refusal)
        return
    client, attempt = exchange.client, exchange.attempt
    if body.done:
        client.deadline = NEVER
        client.rest = rest
    if not piece:
        return
    upstream = None if attempt is None else attempt.upstream
    if upstream is None:
        body.hold(piece)
        if body.held > KEEP_LIMIT:
            client.hold()
        return
    if body.done:
        upstream.await_server()
    body.sent(piece)
    upstream.write(piece)
    if len(piece) >= PIECE and not body.done:
        shorten_body(exchange)


def _break(exchange: "Exchange", refusal: Refusal) -> None:
    """The body cannot be read any further."""
    exchange.abandon()
    exchange.keep = False
    if exchange.status:
        exchange.abort(refusal.reason)
    else:
        exchange.answer(in_words(refusal.status, refusal.reason, refusal.detail))
