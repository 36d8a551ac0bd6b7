"""A poller, and connections on loopback whose other end is in the test's hands."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from ingress.net.listener import Listener
from ingress.net.poller import Poller
from ingress.net.stream import Stream, dial
from ingress.net.transport import Transport

ROOM: Final = 1 << 16
"""Bytes that the kernel takes at a time for a peer."""


class User:
    """Notes what it is told."""

    transport: Transport

    def __init__(self, stays: bool = False) -> None:
        self.told: list[str] = []
        self.data = bytearray()
        self.error: Exception | None = None
        self.stays = stays

    def connection_made(self, transport: Transport) -> None:
        self.transport = transport
        self.told.append("made")

    def data_received(self, data: bytes) -> None:
        self.data += data

    def eof_received(self) -> bool:
        self.told.append("eof")
        return self.stays

    def connection_lost(self, error: Exception | None) -> None:
        self.told.append("lost")
        self.error = error

    def pause_writing(self) -> None:
        self.told.append("full")

    def resume_writing(self) -> None:
        self.told.append("room")


class Opened:
    """Waits for a connection that is being opened."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def opened(self) -> None:
        self.told.append("opened")

    def failed(self, error: OSError) -> None:
        self.told.append(type(error).__name__)


class Stage:
    """A poller on the running loop, and what was opened with it."""

    def __init__(self) -> None:
        self.poller = Poller(asyncio.get_running_loop(), time.monotonic)
        self._open: list[Listener | socket.socket] = []
        self.users: list[User] = []

    def listen(self, user: Callable[[], User] = User) -> Listener:
        def make() -> User:
            self.users.append(user())
            return self.users[-1]

        listener = Listener(self.poller, socket.create_server(("127.0.0.1", 0)), make)
        self._open.append(listener)
        return listener

    def keep(self, own: socket.socket) -> socket.socket:
        self._open.append(own)
        return own

    async def pair(self, user: User) -> socket.socket:
        """The peer of a connection that the user has."""
        listener = self.listen(lambda: user)
        peer = self.keep(socket.socket())
        # Otherwise the kernel takes as much as it likes for who does not read.
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        peer.connect(("127.0.0.1", listener.port))
        await until(lambda: "made" in user.told)
        peer.setblocking(False)
        return peer

    def dial(self, port: int, user: User, host: str = "127.0.0.1") -> tuple[Stream, Opened]:
        opened = Opened()
        return dial(self.poller, host, port, user, opened), opened

    def close(self) -> None:
        for user in self.users:
            user.transport.abort()
        self.poller.settle()
        for each in self._open:
            each.close()
        self.poller.close()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


@contextmanager
def staged() -> Iterator[Stage]:
    """To be used on a running loop."""
    stage = Stage()
    try:
        yield stage
    finally:
        stage.close()
