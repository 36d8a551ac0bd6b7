"""How many loops an agent bears: it takes so many connections from one address, and no more."""

from collections.abc import Awaitable, Callable
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


async def ask_capacity(ask: Callable[[Question], Awaitable[Answer]], timings: Timings) -> int:
    """How many services may have a loop each. An agent that cannot be asked now, or does not say, bears
    what is usual."""
    try:
        answer = await ask(Question(Topic(Subject.AGENT), patience=timings.hello))
    except UnreachableError:
        return USUAL
    return read_capacity(answer.body) if answer.head.status == 200 else USUAL


def read_capacity(body: bytes) -> int:
    """The number in what an agent says of itself."""
    try:
        limit = msgspec.json.decode(body, type=_Self).debug.limit
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return USUAL
    # Zero is no limit at all.
    return min(MOST, max(1, limit - _OTHERS)) if limit > 0 else MOST
