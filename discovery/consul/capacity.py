"""How many loops an agent bears: it takes so many connections from one address, and no more. Over HTTP/2 a
connection carries many questions."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import Struct

from discovery.consul.api import UnreachableError
from discovery.consul.question import Answer, Question, Subject, Topic
from discovery.consul.timings import Timings

USUAL: Final = 150
"""Where the agent does not say; Consul's default is 200 connections."""
MOST: Final = 5000
_OTHERS: Final = 50
"""Connections that are left for everything else that comes from this address."""


class _Debug(Struct, frozen=True):
    limit: int = msgspec.field(name="HTTPMaxConnsPerClient", default=USUAL + _OTHERS)


class _Self(Struct, frozen=True):
    debug: _Debug = msgspec.field(name="DebugConfig", default=_Debug())


class Capacity:
    """How many services may have a loop each, as far as it is known by now."""

    def __init__(
        self, ask: Callable[[Question], Awaitable[Answer]], at_once: Callable[[], int], timings: Timings
    ) -> None:
        """`at_once`: how many questions go over one connection."""
        self.most = USUAL
        self._ask = ask
        self._at_once = at_once
        self._timings = timings

    async def learn(self) -> bool:
        """Ask the agent, and say whether it has answered; one that does not say how much it bears, bears
        what is usual."""
        try:
            answer = await self._ask(Question(Topic(Subject.AGENT), patience=self._timings.hello))
        except UnreachableError:
            return False
        connections = read_capacity(answer.body) if answer.head.status == HTTPStatus.OK else USUAL
        self.most = min(MOST, connections * self._at_once())
        return answer.head.status < HTTPStatus.INTERNAL_SERVER_ERROR

    async def run(self) -> None:
        """Ask until there is an answer."""
        while True:
            if await self.learn():
                return
            await asyncio.sleep(self._timings.hello)


def read_capacity(body: bytes) -> int:
    """The number in what an agent says of itself."""
    try:
        limit = msgspec.json.decode(body, type=_Self).debug.limit
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return USUAL
    # Zero is no limit at all.
    return min(MOST, max(1, limit - _OTHERS)) if limit > 0 else MOST
