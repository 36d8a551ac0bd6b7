"""Which requests are sent again: every moment of failure, method, kind of connection and amount sent."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import product
from typing import Any

import pytest

from ingress.balance.server import ServerState
from ingress.model.backend import BackendSettings, Balance, Server
from ingress.observe.page import ServerCell
from tests.unit.proxy.conftest import OK, Backends, Conversation, Front
from tests.unit.proxy.test_attempts import refusing

NAME = "test:www.example.com/"
WARM = b"GET /warm HTTP/1.1\r\nHost: www.example.com\r\n\r\n"


HALF_HEAD = b"HTTP/1.1 200 OK\r\nContent-"
HALF_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"


class Moment(Enum):
    """When a request fails on its first server."""

    REFUSED = "nobody accepts"
    LEFT = "the server had left the idle connection, and acknowledges nothing"
    RESET = "a reset after the request was read"
    CLOSED = "an end after the request was read"
    NONSENSE = "an answer that is not HTTP"
    HALF_HEAD = "an end in the head of the answer"
    RESET_HEAD = "a reset in the head of the answer"
    SLOW = "no answer in the time for one try"
    SILENT = "no answer in the time for all"
    HALF_BODY = "an end in the body of the answer"
    RESET_BODY = "a reset in the body of the answer"


AGAIN = (200, "")
OUTCOMES: dict[Moment, tuple[tuple[int, str], tuple[int, str]]] = {
    Moment.REFUSED: (AGAIN, AGAIN),
    Moment.LEFT: (AGAIN, AGAIN),
    Moment.RESET: (AGAIN, (502, "server-closed")),
    Moment.CLOSED: (AGAIN, (502, "server-closed")),
    Moment.NONSENSE: (AGAIN, (502, "bad-response")),
    Moment.HALF_HEAD: (AGAIN, (502, "server-closed")),
    Moment.RESET_HEAD: (AGAIN, (502, "server-closed")),
    Moment.SLOW: (AGAIN, (504, "timeout-server")),
    Moment.SILENT: ((504, "timeout-server"),) * 2,
    Moment.HALF_BODY: ((200, "server-aborted"),) * 2,
    Moment.RESET_BODY: ((200, "server-aborted"),) * 2,
}
"""Status and reason in the log: of idempotent methods, and of others."""

IDEMPOTENT = (b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"TRACE")
OTHERS = (b"POST", b"PATCH", b"PROPPATCH")
SIZES = {"no body": 0, "a small body": 5, "more than is kept": 100_000}
FRESH = (False, True)
COUNTS = (ServerCell.CONNECT_FAILURES, ServerCell.FAILURES)


def cases() -> list[tuple[Moment, bytes, bool, str]]:
    """All that can be."""
    made = product(Moment, (*IDEMPOTENT, *OTHERS), FRESH, SIZES)
    return [case for case in made if _possible(*case)]


def _possible(moment: Moment, method: bytes, fresh: bool, size: str) -> bool:
    if method in (b"GET", b"HEAD", b"OPTIONS", b"TRACE") and size != "no body":
        return False
    if moment in (Moment.HALF_BODY, Moment.RESET_BODY) and method == b"HEAD":
        return False
    if moment is Moment.LEFT and size == "more than is kept":
        return False  # whether the last of it is written before the reset comes is a matter of luck
    return fresh if moment is Moment.REFUSED else not fresh if moment is Moment.LEFT else True


@dataclass
class Bad:
    """A server that answers what warms a connection, and fails everything else in one way."""

    moment: Moment
    seen: int = 0

    async def __call__(self, conversation: Conversation) -> None:
        while head := await conversation.head():
            if head.startswith(b"GET /warm "):
                conversation.say(OK)
                if self.moment is Moment.LEFT:
                    await asyncio.sleep(0.02)
                    return
                continue
            self.seen += 1
            await conversation.reader.readexactly(length_of(head))
            await self._fail(conversation)
            return

    async def _fail(self, conversation: Conversation) -> None:
        match self.moment:
            case Moment.RESET:
                conversation.reset()
            case Moment.NONSENSE:
                conversation.say(b"SSH-2.0-OpenSSH_9\r\n")
                await conversation.reader.read()
            case Moment.HALF_HEAD | Moment.RESET_HEAD:
                conversation.say(HALF_HEAD)
            case Moment.SLOW | Moment.SILENT:
                await conversation.reader.read()
            case Moment.HALF_BODY | Moment.RESET_BODY:
                conversation.say(HALF_BODY)
        if self.moment in (Moment.RESET_HEAD, Moment.RESET_BODY):
            await heard()
            conversation.reset()


async def heard() -> None:
    """Turns of the loop, in which Headgate reads what was said."""
    for _ in range(10):
        await asyncio.sleep(0)


async def answer(conversation: Conversation, backends: Backends) -> None:
    """Be a good server."""
    while head := await conversation.head():
        backends.heads.append(head)
        if b"Content-Length: " in head:
            backends.bodies.append(await conversation.reader.readexactly(length_of(head)))
        conversation.say(OK.removesuffix(b"ok") if head.startswith(b"HEAD ") else OK)


def length_of(head: bytes) -> int:
    """As the Content-Length says, which is written as in these tests."""
    return int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0] or 0)


@asynccontextmanager
async def first_on(
    bad: Server, good: Server, plane: Front, settings: BackendSettings
) -> AsyncIterator[list[ServerState]]:
    """The next request goes to the bad server: the good one seems busy."""
    plane.route(bad, good, settings=settings)
    states = list(plane.site.backend(NAME).servers)
    states[1].in_flight += 1
    yield states
    states[1].in_flight -= 1


@pytest.mark.parametrize(("moment", "method", "fresh", "size"), cases())
async def test_a_request_is_sent_again_where_that_does_no_harm_and_nowhere_else(
    moment: Moment, method: bytes, fresh: bool, size: str, front: Any, backends: Backends
) -> None:
    body = b"x" * SIZES[size]
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    request = (
        method + b" / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n" + length + b"\r\n" + body
    )
    patience = 0.05 if moment is Moment.SLOW else 0.0
    settings = BackendSettings(balance=Balance.LEAST_CONN, timeout_try=patience, timeout_server=30.0)
    handler = Bad(moment)
    well = partial(answer, backends=backends)
    async with front() as plane, backends.serve(handler) as served, backends.serve(well) as good:
        bad = refusing() if moment is Moment.REFUSED else served
        if not fresh:
            await warm(plane, bad, moment)
        async with first_on(bad, good, plane, settings) as states:
            await talk(plane, request, moment)
            await plane.until(lambda: b'"path":"/"' in plane.log[-1])
        cells = [[plane.site.cells[state.cell + cell] for cell in COUNTS] for state in states]
    kept = size != "more than is kept" or moment is Moment.REFUSED
    outcome = OUTCOMES[moment][method in OTHERS or not kept]
    status, reason = outcome
    assert b'"status":%d' % status in plane.log[-1]
    assert b'"reason":"%b"' % reason.encode() in plane.log[-1]
    assert len(backends.heads) == (outcome == AGAIN)
    assert handler.seen == (moment not in (Moment.REFUSED, Moment.LEFT))
    assert backends.bodies == ([body] if outcome == AGAIN and body else [])
    assert cells[0] == ([1, 0] if moment is Moment.REFUSED else [0, 1])
    assert cells[1] == [0, 0]


async def warm(plane: Front, server: Server, moment: Moment) -> None:
    """Leave an idle connection to the server."""
    plane.route(server)
    await plane.talk(WARM.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    (upstream,) = plane.site.upstreams
    # So that it is not noticed too early if the server leaves.
    upstream.transport.pause_reading()
    await asyncio.sleep(0.05 if moment is Moment.LEFT else 0.0)


async def talk(plane: Front, request: bytes, moment: Moment) -> None:
    """Send the request, and let time pass for what only time ends."""
    idle = list(plane.site.upstreams)
    reader, writer = await plane.connect()
    writer.write(request)
    await asyncio.sleep(0.02 if moment is Moment.LEFT else 0.0)
    for upstream in idle:
        upstream.transport.resume_reading()
    if moment is Moment.SILENT:
        await plane.until(lambda: any(upstream.attempt for upstream in plane.site.upstreams))
        await asyncio.sleep(0.01)
        plane.now = lambda: time.monotonic() + 40
        plane.expire(ticks=40)
    with suppress(ConnectionResetError):
        await reader.read()
    writer.close()
