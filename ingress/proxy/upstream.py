"""A connection to a server: carries one request after another, and is idle in between."""

from typing import TYPE_CHECKING, Final

from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.model.policy import Coding
from ingress.model.reason import Reason
from ingress.net.transport import Transport
from ingress.observe.page import ServerCell, WorkerCell
from ingress.proxy.course import PIECE, shorten_answer
from ingress.proxy.doubt import hear_last_words, untouched
from ingress.proxy.encode import EncodedBody
from ingress.proxy.interim import pass_on
from ingress.proxy.site import NEVER, Site
from ingress.proxy.splice import Splice
from ingress.wire.chunks import ChunkReader
from ingress.wire.message import CHUNKED, UNTIL_CLOSE
from ingress.wire.partial import check_partial_response
from ingress.wire.refusal import Refusal
from ingress.wire.request import Request
from ingress.wire.response import Response, parse_response
from ingress.wire.scan import after_head
from ingress.wire.trailers import passed_on

if TYPE_CHECKING:
    from ingress.proxy.attempt import Attempt

BYTES_OUT: Final = int(ServerCell.BYTES_OUT)
CONNECTIONS: Final = int(WorkerCell.UPSTREAM_CONNECTIONS)
RESPONSES_5XX: Final = int(ServerCell.RESPONSES_5XX)

ENDLESS: Final = 1 << 60
"""More bytes than come."""
IDLE: Final = 30
"""Ticks for which a connection waits in the pool."""


class Upstream:
    """One connection to one server, an `asyncio.Protocol` in all but name."""

    __slots__ = (
        "_chunks",
        "_left",
        "_partial",
        "_response",
        "_sent",
        "_write",
        "acked_before",
        "attempt",
        "backend",
        "deadline",
        "interim_of",
        "interims",
        "private",
        "server",
        "since",
        "site",
        "splice",
        "transport",
        "used",
    )

    transport: Transport

    def __init__(self, site: Site, backend: BackendState, server: ServerState) -> None:
        self.site = site
        self.backend = backend
        self.server = server
        self.attempt: Attempt | None = None
        self.deadline = NEVER
        self.private = False
        """It has said whose it is, so it is nobody else's."""
        self.splice: Splice | None = None
        """Moves a large body, in either direction, within the kernel."""
        self.used = False
        """It has carried a request before the present one."""
        self.interim_of: Attempt | None = None
        self.interims = 0
        """Answers before the final one that this attempt has had."""
        self._sent = 0
        self.since = 0
        self.acked_before = 0
        self._partial = b""
        self._response: Response | None = None
        self._left = 0
        self._chunks: ChunkReader | None = None

    def connection_made(self, transport: Transport) -> None:
        """The server has accepted."""
        self.transport = transport
        self._write = self.transport.write
        self.site.upstreams.add(self)
        self.site.cells[CONNECTIONS] += 1

    # Towards the server.

    def begin(self, attempt: "Attempt", data: bytes) -> None:
        """Carry a request: `data` is its head, with what is there of its body."""
        tick = self.site.tick
        self.attempt = attempt
        self.acked_before = self._sent
        self.since = tick
        self.deadline = tick + attempt.server_ticks
        self._sent += len(data)
        self.site.outbox.put(self._write, data)

    def write(self, data: bytes) -> None:
        """Send bytes of the request under way."""
        self._sent += len(data)
        self.site.outbox.put(self._write, data)

    def pause_writing(self) -> None:
        """The server takes the body more slowly than the client sends it."""
        self.await_server()
        if self.attempt is not None:
            self.attempt.exchange.client.hold()

    def resume_writing(self) -> None:
        """The server has caught up."""
        if self.attempt is not None:
            self.attempt.exchange.client.release()

    def await_server(self) -> None:
        """From now on it is the server's turn: its time limit begins."""
        attempt = self.attempt
        self.deadline = self.site.tick + (
            self.backend.server_ticks if attempt is None else attempt.server_ticks
        )

    # From the server.

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer; on an idle connection nobody asked for any."""
        attempt = self.attempt
        if attempt is None:
            self.close_idle()
            return
        try:
            if self._response is None:
                self.deadline = self.site.tick + attempt.server_ticks
                self._head(attempt, self._partial + data if self._partial else data)
            else:
                self._await_stream()
                self._body(attempt, data)
        except Refusal:
            self._refused(attempt)

    def _head(self, attempt: "Attempt", data: bytes) -> None:
        end = after_head(data)
        if not end:
            check_partial_response(data, self.site.limits)
            self._partial = data
            return
        exchange = attempt.exchange
        request = exchange.request
        whole = end == len(data)
        response = parse_response(data if whole else data[:end], request.method, self.site.limits)
        rest = b"" if whole else data[end:]
        self._partial = b""
        if response.status < 200:
            if pass_on(self, attempt, response, rest) and rest:
                self._head(attempt, rest)
            return
        body = response.body
        if 0 <= body < len(rest):
            raise Refusal(502, Reason.BAD_RESPONSE, "more bytes than Content-Length says")
        chunks = self._chunk_reader(request) if body == CHUNKED else None
        if chunks is not None and rest:
            # What is no body can still be answered 502, as nothing has been given to the client yet.
            read_chunks(chunks, rest)
        attempt.answered()
        self._response = response
        if body >= 0:
            self._left = body - len(rest)
            if exchange.respond(response, rest):
                if self._left == 0:
                    self._complete(attempt, exchange.first_byte)
                else:
                    self._await_stream()
            return
        self._chunks = chunks
        self._await_stream()
        if not exchange.respond(response, b"") or not rest:
            return
        if chunks is not None and chunks is self._chunks:
            self._give(attempt, chunks.out, chunks.done)
        else:
            self._body(attempt, rest)

    def encode(self, coding: Coding, response: Response) -> None:
        """Compress the body of the answer that has begun."""
        inner = ChunkReader(plain=True, response=True, longest_trailers=self.site.limits.trailers)
        self._chunks = EncodedBody(self, coding, response.body, inner if response.body == CHUNKED else None)

    def carries(self, body: ChunkReader) -> bool:
        """Whether the answer under way has that body."""
        return self._chunks is body

    def _await_stream(self) -> None:
        attempt = self.attempt
        self.deadline = self.site.tick + (
            self.backend.stream_ticks if attempt is None else attempt.stream_ticks
        )

    def _chunk_reader(self, request: Request) -> ChunkReader:
        return ChunkReader(
            plain=not request.minor,
            trailers=request.te_trailers,
            response=True,
            longest_trailers=self.site.limits.trailers,
        )

    def _body(self, attempt: "Attempt", data: bytes) -> None:
        chunks = self._chunks
        if chunks is not None:
            read_chunks(chunks, data)
            self._give(attempt, chunks.out, chunks.done)
            return
        done = False
        if self._left:
            self._left -= len(data)
            if self._left < 0:
                raise Refusal(502, Reason.BAD_RESPONSE, "more bytes than Content-Length says")
            done = self._left == 0
        self._give(attempt, data, done)

    def _give(self, attempt: "Attempt", data: bytes, done: bool) -> None:
        """A piece of the body for the client; `done`: the last one."""
        exchange, chunks = attempt.exchange, self._chunks
        if done and chunks is not None and chunks.trailers and self._response is not None:
            data = passed_on(data, chunks.trailers, self._response)
        exchange.bytes_out += len(data)
        exchange.client.write(data)
        if done:
            self._complete(attempt, self.site.now())
        elif len(data) >= PIECE:
            shorten_answer(self, attempt)

    @property
    def answering(self) -> bool:
        """The final answer to the request under way has begun."""
        return self._response is not None

    @property
    def unread(self) -> int:
        """Bytes of the answer that come next and need no look."""
        if self._chunks is not None:
            return self._chunks.unread
        response = self._response
        return ENDLESS if response is not None and response.body == UNTIL_CLOSE else self._left

    def passed(self, attempt: "Attempt", count: int) -> None:
        """So many of them have gone to the client without coming by here."""
        if self._chunks is not None:
            self._chunks.passed(count)
        elif self._left:
            self._left -= count
        attempt.exchange.bytes_out += count
        self._await_stream()

    def sent_past(self, count: int) -> None:
        """So many bytes of the request have gone to the server without coming by here."""
        self._sent += count

    def _complete(self, attempt: "Attempt", now: float) -> None:
        """The answer is whole: part from the exchange, and wait for the next one if that is sound."""
        response = self._response
        exchange = attempt.exchange
        body = exchange.body
        server = self.server
        self.attempt = None
        self._response = None
        self._chunks = None
        cells, cell = self.site.cells, server.cell
        cells[cell + BYTES_OUT] += exchange.bytes_out
        if exchange.status >= 500:
            cells[cell + RESPONSES_5XX] += 1
        attempt.part()
        if server.strikes:
            server.succeeded()
        if response is not None and response.keep_alive and (body is None or body.done):
            if exchange.client.full:
                # Held back for the client that has just been served, and for no other one.
                self.transport.resume_reading()
            self.wait_in_pool()
        elif body is None or body.done:
            self.transport.reset()
        else:
            self.transport.close()
        exchange.complete(now)

    def wait_in_pool(self) -> None:
        """Be idle until somebody claims this connection, unless its server is to be left in peace."""
        server = self.server
        if server.leaving or self.site.draining or self.private or self.backend.private:
            self.transport.close()
            return
        self.used = True
        self.deadline = self.site.tick + IDLE
        server.idle.append(self)

    # Ends.

    def _refused(self, attempt: "Attempt") -> None:
        """What the server said cannot be passed on."""
        answered = self._response is not None
        self.attempt = None
        self.transport.abort()
        if answered:
            attempt.broken_off(Reason.BAD_RESPONSE)
        else:
            attempt.connection_failed(Reason.BAD_RESPONSE, untouched=False, fresh=True, unreachable=False)

    def eof_received(self) -> bool:
        """The server sends no more; an answer without length is complete by that."""
        attempt, response = self.attempt, self._response
        if attempt is None or response is None:
            return False
        if isinstance(self._chunks, EncodedBody):
            return self._end_encoded(self._chunks, response)
        if response.body == UNTIL_CLOSE:
            self._complete(attempt, self.site.now())
        return False

    def _end_encoded(self, body: EncodedBody, response: Response) -> bool:
        """The server sends no more, but what it sent may still have to be compressed: stay for that."""
        response.keep_alive = False
        if response.body == UNTIL_CLOSE:
            body.end()
            self.data_received(b"")
        return self.attempt is not None and body.ended

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone, in whatever state it was."""
        site = self.site
        if error is not None and self.attempt is not None:
            hear_last_words(self)
        site.upstreams.discard(self)
        site.cells[CONNECTIONS] -= 1
        self.deadline = NEVER
        attempt, self.attempt = self.attempt, None
        if self.splice is not None:
            self.splice.stop()
        if attempt is None:
            if self in self.server.idle:
                self.server.idle.remove(self)
        elif self._response is not None:
            attempt.broken_off(Reason.SERVER_ABORTED)
        else:
            attempt.connection_failed(
                Reason.SERVER_CLOSED, untouched=untouched(self, error), fresh=not self.used, unreachable=False
            )

    def abort(self) -> None:
        """End the connection and the request on it; whoever calls answers for the exchange."""
        self.attempt = None
        self.transport.abort()

    def break_off(self, reason: Reason) -> None:
        """The answer that has begun will not end."""
        attempt = self.attempt
        self.abort()
        if attempt is not None:
            attempt.broken_off(reason)

    def close_idle(self) -> None:
        """Close the connection, on which nothing is under way."""
        if self in self.server.idle:
            self.server.idle.remove(self)
        self.transport.close()

    def expired(self) -> None:
        """The server has been silent for too long, or the connection idle."""
        attempt = self.attempt
        if attempt is None and self.transport.is_closing():
            # It does not take what it was sent.
            self.transport.abort()
            return
        if attempt is None:
            self.close_idle()
            return
        if attempt.exchange.awaits_client:
            self.await_server()
            return
        if self._response is not None:
            self.break_off(Reason.TIMEOUT_SERVER)
        else:
            self.abort()
            attempt.connection_failed(Reason.TIMEOUT_SERVER, untouched=False, fresh=True, unreachable=False)


def read_chunks(chunks: ChunkReader, data: bytes) -> None:
    """Take the next bytes of a body in chunks, behind which nothing may come."""
    chunks.feed(data)
    if chunks.rest:
        raise Refusal(502, Reason.BAD_RESPONSE, "bytes behind the last chunk")
