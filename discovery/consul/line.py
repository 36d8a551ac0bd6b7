"""A line to an agent: requests in, complete answers out, over whatever version of HTTP."""

import socket
from collections.abc import Mapping
from typing import Final, Protocol

from msgspec import Struct

BODY_LIMIT: Final = 256 * 1024 * 1024
FIELDS: Final = {"accept-encoding": "identity", "user-agent": "headgate"}
"""What each request says."""
# The kernel asks after 10 s of silence, and after 20 s without an answer the connection is dead; so it
# is when what was sent has not arrived for 20 s.
_KEEPALIVE: Final = {
    "TCP_KEEPIDLE": 10,
    "TCP_KEEPINTVL": 5,
    "TCP_KEEPCNT": 2,
    "TCP_USER_TIMEOUT": 20_000,
}


class Reply(Struct, frozen=True):
    """An answer as HTTP has it."""

    status: int
    fields: Mapping[str, str]
    """By name in lower case."""
    body: bytes


class Line(Protocol):
    """Keeps connections to one agent."""

    @property
    def at_once(self) -> int:
        """How many requests may be under way on one connection."""

    async def get(self, uri: str, fields: Mapping[str, str]) -> Reply:
        """The answer to a GET. OSError, aiohttp.ClientError or ValueError: there is none."""

    async def close(self) -> None:
        """Break off all that is under way."""


class WritingLine(Line, Protocol):
    """A line over which something may be written, too."""

    async def put(self, uri: str, fields: Mapping[str, str], data: bytes) -> Reply:
        """The answer to a PUT."""


def enliven(made: socket.socket) -> None:
    """Let a socket notice when nobody is at the other end any more, however idle it is."""
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE.items():
        # Not every system has each of them.
        if hasattr(socket, option):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
