"""Exchanges that wait for something before their rules can go on: a password to be compared, the body, or
what somebody else says of the request."""

import asyncio
from typing import TYPE_CHECKING, Final

from ingress.acl.of_body import MOST as MOST_OF_BODY
from ingress.acl.sample import Type
from ingress.acl.wait import BODY, BODY_ENOUGH, BODY_SIZE, Ask, Body, Check
from ingress.filter.pausing import Pause
from ingress.filter.reply import in_words
from ingress.filter.verdict import Verdict
from ingress.model.reason import Reason
from ingress.proxy.asking.inquiries import inquiries_of
from ingress.wire.chunks import ChunkReader
from ingress.wire.message import CHUNKED

if TYPE_CHECKING:
    from ingress.proxy.exchange import Exchange

MOST: Final = 1000
"""Exchanges of one worker that wait for their bodies at a time."""
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


def pause(exchange: "Exchange", why: Pause) -> None:
    """Have the exchange go on when there is what its rules ask about; refuse it if that takes too long."""
    if isinstance(why.need, Check):
        _compare(exchange, why, why.need)
    elif isinstance(why.need, Body):
        _wait_for_body(exchange, why, why.need)
    elif isinstance(why.need, Ask):
        _ask(exchange, why, why.need)


def _compare(exchange: "Exchange", why: Pause, check: Check) -> None:
    site = exchange.site

    def told(good: bool | None) -> None:
        timer.cancel()
        if exchange.over:
            return
        if good is None:
            exchange.answer(in_words(503, Reason.OVERLOADED, "too many passwords are to be compared"))
            return
        exchange.request.set_variable(check.name, (Type.BOOL, good))
        _go_on(exchange, why)

    timer = site.loop.call_later(site.limits.timeout_request, told, None)
    site.passwords.compare(check, told)


def _go_on(exchange: "Exchange", why: Pause) -> None:
    try:
        exchange.go_on(why.go_on())
    except Exception:
        # A fault of ours costs this request, and the worker goes on.
        exchange.client.fault()


def _ask(exchange: "Exchange", why: Pause, ask: Ask) -> None:
    def told(verdict: Verdict) -> None:
        if not exchange.over:
            exchange.request.set_variable(ask.name, (Type.BOOL, verdict))
            _go_on(exchange, why)

    inquiries_of(exchange.site).ask(exchange, ask.action, told)


def _wait_for_body(exchange: "Exchange", why: Pause, need: Body) -> None:
    site = exchange.site
    if len(site.paused) >= MOST:
        site.paused = {paused for paused in site.paused if not paused.exchange.over}
    if len(site.paused) >= MOST:
        exchange.answer(in_words(503, Reason.OVERLOADED, "too many requests wait for their bodies"))
    else:
        Paused(exchange, why, need).begin()


class Paused:
    """An exchange that waits for its body. What comes of it is kept by the body itself."""

    __slots__ = ("_looking", "_need", "_timer", "_why", "exchange")

    def __init__(self, exchange: "Exchange", why: Pause, need: Body) -> None:
        self.exchange = exchange
        self._why = why
        self._need = need
        self._timer: asyncio.TimerHandle | None = None
        self._looking = False

    def begin(self) -> None:
        """Look at what is there; wait if that is not enough."""
        exchange = self.exchange
        body, site = exchange.body, exchange.site
        assert body is not None
        site.paused.add(self)
        self._timer = site.loop.call_later(self._need.time or site.limits.timeout_request, self._expired)
        body.on_piece = self._heard
        if exchange.request.expect_continue and not body.bytes_in:
            exchange.request.expect_continue = False
            exchange.request.edit(b"Expect", [])
            exchange.client.write(CONTINUE)
        self._heard()

    def _heard(self) -> None:
        """Look soon: not from within the callback that brings the data."""
        if not self._looking:
            self._looking = True
            self.exchange.site.loop.call_soon(self._look)

    def _look(self) -> None:
        self._looking = False
        body = self.exchange.body
        if self.exchange.over or body is None:
            self._end()
            return
        data, size = self._received()
        enough = body.done or len(data) >= MOST_OF_BODY
        if not enough and not 0 < self._need.at_least <= len(data):
            return
        self._end()
        request = self.exchange.request
        request.set_variable(BODY, (Type.BIN, data[:MOST_OF_BODY]))
        request.set_variable(BODY_SIZE, (Type.INT, size))
        if enough:
            request.set_variable(BODY_ENOUGH, (Type.BOOL, True))
        _go_on(self.exchange, self._why)

    def _received(self) -> tuple[bytes, int]:
        """What has come of the body, without the framing of chunks, and how long it says to be."""
        body, announced = self.exchange.body, self.exchange.request.body
        assert body is not None
        data = body.pending()
        if announced != CHUNKED:
            return data, announced
        chunks = ChunkReader(plain=True, longest_trailers=self.exchange.site.limits.trailers)
        chunks.feed(data)
        return chunks.out, chunks.payload

    def _expired(self) -> None:
        if not self.exchange.over:
            self._end()
            self.exchange.keep = False
            self.exchange.answer(in_words(408, Reason.TIMEOUT_BODY))

    def _end(self) -> None:
        self.exchange.site.paused.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self.exchange.body is not None:
            self.exchange.body.on_piece = None
