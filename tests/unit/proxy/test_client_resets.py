"""A client that resets its connection, in each phase, costs nobody anything and is told apart in the log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest

from ingress.observe.page import ServerCell
from tests.unit.proxy.conftest import OK, Backends, Conversation, Front, reset

GET: Final = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
POST: Final = b"POST / HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 9\r\n\r\n"
UPGRADE: Final = GET.replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
SWITCHING: Final = b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
HALF: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
Reached = Callable[[Front, Backends], bool]


@dataclass
class Phase:
    """What the client says, what its server does with that, and when the client leaves."""

    said: bytes
    answer: bytes
    reached: Reached
    logged: bytes
    """What is in the one line of the log; empty: there is none."""
    heard: bytes = b""
    """The end of what the client hears before it leaves."""


def accepted(plane: Front, backends: Backends) -> bool:
    return bool(plane.site.clients)


def begun(plane: Front, backends: Backends) -> bool:
    return any(client.rest for client in plane.site.clients)


def asked(plane: Front, backends: Backends) -> bool:
    return bool(backends.heads)


def answered(plane: Front, backends: Backends) -> bool:
    return bool(plane.log)


def tunnelled(plane: Front, backends: Backends) -> bool:
    return bool(plane.site.relays)


GONE: Final = b'"status":499,"bytes":0,'
PHASES: Final = {
    "before it has said anything": Phase(b"", b"", accepted, b""),
    "in its head": Phase(GET[:30], b"", begun, b""),
    "in its body": Phase(POST + b"abc", b"", asked, GONE),
    "before the answer": Phase(GET, b"", asked, GONE),
    "in the head of the answer": Phase(GET, HALF[:20], asked, GONE),
    "in the answer": Phase(GET, HALF, asked, b'"reason":"client-closed"', heard=b"half"),
    "between two requests": Phase(GET, OK, answered, b'"status":200,"bytes":2,', heard=b"ok"),
    "in a tunnel": Phase(UPGRADE, SWITCHING, tunnelled, b'"status":101,', heard=b"\r\n\r\n"),
}


@pytest.mark.parametrize("name", PHASES)
async def test_a_client_that_resets_leaves_nothing_and_no_server_is_blamed(
    name: str, front: Any, backends: Backends
) -> None:
    phase = PHASES[name]

    async def serve(conversation: Conversation) -> None:
        backends.heads.append(await conversation.head())
        conversation.say(phase.answer)
        await conversation.reader.read()

    async with front() as plane, backends.serve(serve) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(phase.said)
        if phase.heard:
            await reader.readuntil(phase.heard)
        await plane.until(lambda: phase.reached(plane, backends))
        reset(writer)
        await plane.until(lambda: not plane.site.clients and not plane.site.relays)
        await plane.until(lambda: len(plane.log) == bool(phase.logged))
        (state,) = plane.site.backend("test:www.example.com/").servers
        assert state.in_flight == 0
        assert plane.site.cells[state.cell + ServerCell.FAILURES] == 0
        assert all(upstream.attempt is None for upstream in plane.site.upstreams)
        assert state.up
    if phase.logged:
        assert phase.logged in plane.log[0]
