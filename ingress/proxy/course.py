"""The two courses that large bodies take: answers to clients, and what clients send to servers."""

from typing import TYPE_CHECKING, Final

from ingress.model.reason import Reason
from ingress.proxy.site import NEVER
from ingress.proxy.splice import Splice, begin

if TYPE_CHECKING:
    from ingress.proxy.attempt import Attempt
    from ingress.proxy.body import RequestBody
    from ingress.proxy.exchange import Exchange
    from ingress.proxy.upstream import Upstream

PIECE: Final = 32 * 1024
"""Bytes in one piece: whoever sends so many at once may have more than anybody should look at."""


class AnswerCourse:
    """The body of an answer."""

    __slots__ = ("_attempt", "_exchange", "_upstream", "giver", "taker")

    def __init__(self, upstream: "Upstream", attempt: "Attempt") -> None:
        self._upstream = upstream
        self._attempt = attempt
        self._exchange = attempt.exchange
        self.giver = upstream.transport
        self.taker = attempt.exchange.client.transport

    @property
    def left(self) -> int:
        """Bytes still to come that need no look."""
        upstream = self._upstream
        return upstream.unread if upstream.attempt is self._attempt else 0

    def moved(self, count: int, *, waits: bool) -> None:
        """The client has got so many."""
        self._upstream.passed(self._attempt, count)
        client = self._exchange.client
        client.full = waits
        client.deadline = client.site.tick + int(client.site.limits.timeout_client) + 1 if waits else NEVER

    def begun(self, splice: Splice) -> None:
        """It ends with the server's connection."""
        self._upstream.splice = splice

    def ended(self) -> None:
        """It is no more."""
        self._upstream.splice = None

    def giver_failed(self) -> None:
        """The server has reset its connection, which may not be taken for its end."""
        self._upstream.break_off(Reason.SERVER_ABORTED)

    def taker_failed(self) -> None:
        """The client is gone."""
        self.taker.abort()


class BodyCourse:
    """The body of a request."""

    __slots__ = ("_attempt", "_body", "_exchange", "_upstream", "giver", "taker")

    def __init__(self, upstream: "Upstream", attempt: "Attempt", body: "RequestBody") -> None:
        self._upstream = upstream
        self._attempt = attempt
        self._exchange = attempt.exchange
        self._body = body
        self.giver = attempt.exchange.client.transport
        self.taker = upstream.transport

    @property
    def left(self) -> int:
        """Bytes still to come that need no look, and may be forgotten."""
        return self._body.unread if self._upstream.attempt is self._attempt else 0

    def moved(self, count: int, *, waits: bool) -> None:
        """The server has got so many."""
        client = self._exchange.client
        self._body.passed(count)
        self._upstream.sent_past(count)
        if waits and not client.held:
            self._upstream.await_server()
        client.held = waits
        client.deadline = client.site.tick + int(client.site.limits.timeout_client) + 1

    def begun(self, splice: Splice) -> None:
        """It ends with the server's connection."""
        self._upstream.splice = splice

    def ended(self) -> None:
        """The client is read again."""
        self._upstream.splice = None
        self._exchange.client.held = False

    def giver_failed(self) -> None:
        """The client is gone."""
        self.giver.abort()

    def taker_failed(self) -> None:
        """The server takes no more. It may have answered, which is read as ever; until that has told
        how the exchange ends, nothing may be sent behind what is lost."""
        self._exchange.client.hold()


def shorten_answer(upstream: "Upstream", attempt: "Attempt") -> bool:
    """Let the rest of an answer take the short way, if it is long enough."""
    return upstream.splice is None and begin(upstream.site, AnswerCourse(upstream, attempt))


def shorten_body(exchange: "Exchange") -> bool:
    """Let the rest of a request's body take the short way, if it is long enough."""
    attempt, body = exchange.attempt, exchange.body
    upstream = attempt.upstream if attempt is not None else None
    if attempt is None or upstream is None or body is None or upstream.splice is not None:
        return False
    return begin(exchange.site, BodyCourse(upstream, attempt, body))
