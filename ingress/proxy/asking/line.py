"""A connection to somebody who is asked: carries one question after another, and is idle in between."""

from typing import TYPE_CHECKING, Final, NamedTuple

from ingress.balance.server import ServerState
from ingress.model.reason import Reason
from ingress.net.transport import Transport
from ingress.observe.page import WorkerCell
from ingress.proxy.site import NEVER, Site
from ingress.wire.chunks import ChunkReader
from ingress.wire.message import CHUNKED, UNTIL_CLOSE
from ingress.wire.partial import check_partial_response
from ingress.wire.refusal import Refusal
from ingress.wire.response import Response, parse_response
from ingress.wire.scan import after_head

if TYPE_CHECKING:
    from ingress.proxy.asking.question import Question

IDLE: Final = 30
"""Ticks for which a connection waits for the next question."""
INTERIMS: Final = 8
"""Answers before the final one (1xx)."""


class Answer(NamedTuple):
    """What has been answered."""

    response: Response
    body: bytes
    """Without framing; empty where it is longer than is taken of an answer that lets a request pass."""


class Line:
    """One connection, an `asyncio.Protocol` in all but name; it counts among the upstreams of its worker."""

    __slots__ = (
        "_chunks",
        "_interims",
        "_left",
        "_partial",
        "_pieces",
        "_question",
        "_response",
        "_shelf",
        "_site",
        "_size",
        "_write",
        "deadline",
        "server",
        "transport",
        "used",
    )

    attempt: Final = None
    """No exchange has it."""
    transport: Transport

    def __init__(self, site: Site, server: ServerState, shelf: list["Line"]) -> None:
        """`shelf` has those that are idle."""
        self.server = server
        self.deadline = NEVER
        self.used = False
        """It is idle after a question."""
        self._site = site
        self._shelf = shelf
        self._question: Question | None = None
        self._forget()

    def _forget(self) -> None:
        """Be ready for another answer."""
        self._response: Response | None = None
        self._chunks: ChunkReader | None = None
        self._partial = b""
        self._pieces: list[bytes] = []
        self._size = self._left = self._interims = 0

    def connection_made(self, transport: Transport) -> None:
        """Whoever is asked has accepted."""
        self.transport = transport
        self._write = transport.write
        self._site.upstreams.add(self)  # type: ignore[arg-type]
        self._site.cells[WorkerCell.UPSTREAM_CONNECTIONS] += 1

    def ask(self, question: "Question") -> None:
        """Send a question."""
        self._question = question
        self.used = False
        self.deadline = NEVER
        self._site.outbox.put(self._write, question.head)

    def pause_writing(self) -> None:
        """A question is not long."""

    resume_writing = pause_writing

    # What is answered.

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer; on an idle connection nobody asked for any."""
        if self._question is None:
            self.close_idle()
            return
        try:
            self._read(self._question, data)
        except Refusal as refusal:
            question, self._question = self._question, None
            self.transport.abort()
            question.failed(refusal.detail)

    def _read(self, question: "Question", data: bytes) -> None:
        limits = self._site.limits
        while self._response is None:
            data = self._partial + data
            end = after_head(data)
            if not end:
                check_partial_response(data, limits)
                self._partial = data
                return
            response = parse_response(data[:end], question.method, limits)
            data, self._partial = data[end:], b""
            if response.status >= 200:
                self._begin(response)
                break
            self._interims += 1
            if response.status == 101 or self._interims > INTERIMS:
                raise Refusal(502, Reason.BAD_RESPONSE, "an answer that is not the final one")
            if not data:
                return
        self._take(question, data)

    def _begin(self, response: Response) -> None:
        self._response = response
        self._left = response.body
        if response.body == CHUNKED:
            longest = self._site.limits.trailers
            self._chunks = ChunkReader(plain=True, response=True, longest_trailers=longest)

    def _take(self, question: "Question", data: bytes) -> None:
        """A piece of the body."""
        done = self._left == 0
        if self._chunks is not None:
            self._chunks.feed(data)
            if self._chunks.rest:
                raise Refusal(502, Reason.BAD_RESPONSE, "bytes behind the last chunk")
            data, done = self._chunks.out, self._chunks.done
        elif self._left >= 0:
            self._left -= len(data)
            if self._left < 0:
                raise Refusal(502, Reason.BAD_RESPONSE, "more bytes than Content-Length says")
            done = self._left == 0
        self._pieces.append(data)
        self._size += len(data)
        if max(self._size, self._left) > question.most:
            self._cut()
        elif done:
            self._finish(whole=True)

    def _cut(self) -> None:
        """It is too long: what lets a request pass is an answer all the same."""
        response = self._response
        if response is None or not 200 <= response.status < 300:
            raise Refusal(502, Reason.BAD_RESPONSE, "the answer is too long")
        self._pieces = []
        self._finish(whole=False)

    def _finish(self, *, whole: bool) -> None:
        response, question = self._response, self._question
        assert response is not None
        assert question is not None
        answer = Answer(response, b"".join(self._pieces))
        self._question = None
        self._forget()
        if whole and response.keep_alive:
            self.wait()
        else:
            self.transport.abort()
        question.answered(answer)

    # Ends.

    def wait(self) -> None:
        """Be idle until somebody asks, unless the server is to be left in peace."""
        if self.server.leaving or self._site.draining:
            self.transport.close()
            return
        self.used = True
        self.deadline = self._site.tick + IDLE
        self._shelf.append(self)

    def close_idle(self) -> None:
        """Close the connection, on which nothing is asked."""
        if self in self._shelf:
            self._shelf.remove(self)
        self.transport.close()

    expired = close_idle

    def abort(self) -> None:
        """End the connection and the question on it."""
        self._question = None
        self.transport.abort()

    def eof_received(self) -> bool:
        """Nothing more comes; an answer without length is complete by that."""
        response = self._response
        if self._question is not None and response is not None and response.body == UNTIL_CLOSE:
            self._finish(whole=False)
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self._site.upstreams.discard(self)
        self._site.cells[WorkerCell.UPSTREAM_CONNECTIONS] -= 1
        self.deadline = NEVER
        if self in self._shelf:
            self._shelf.remove(self)
        question, self._question = self._question, None
        if question is not None:
            question.lost(begun=self._response is not None or bool(self._partial))
