"""A worker's data plane on loopback, scripted servers behind it, raw clients in front of it."""

import asyncio
import os
import random
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from ingress.model.backend import Backend, BackendSettings, Server
from ingress.model.change import Commit, PutBackend, PutHost
from ingress.model.policy import Policy
from ingress.model.route import Host, Origin, PathKind, Route
from ingress.model.settings import Settings
from ingress.net.listener import Listener
from ingress.observe.access_log import AccessLog
from ingress.observe.page import Page
from ingress.proxy.apply import Apply
from ingress.proxy.client import ClientConnection, Door
from ingress.proxy.site import Site, World
from ingress.proxy.sweep import Sweep
from ingress.proxy.tls.openssl import find

LIBRARY = find()
Handler = Callable[["Conversation"], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def reset(connection: asyncio.StreamWriter) -> None:
    """End a connection the hard way."""
    at_once = struct.pack("ii", 1, 0)
    connection.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    connection.transport.abort()


class Lines(Sequence[bytes]):
    """The lines that a log has written so far."""

    def __init__(self) -> None:
        self._file = os.memfd_create("log", os.MFD_CLOEXEC)
        self.log = AccessLog(self._file)

    def _read(self) -> list[bytes]:
        self.log.flush()
        return os.pread(self._file, 1 << 20, 0).splitlines()

    def __len__(self) -> int:
        return len(self._read())

    def __getitem__(self, index: Any) -> Any:
        return self._read()[index]


class Conversation:
    """One connection to a scripted server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def head(self) -> bytes:
        """The next request's head; empty when the client has left."""
        try:
            return await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    def reset(self) -> None:
        reset(self.writer)


@dataclass
class Backends:
    """Scripted servers, and what they were sent."""

    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: list[Conversation] = field(default_factory=list)

    async def echo(self, conversation: Conversation) -> None:
        """Answer every request with 200 and keep the connection."""
        while head := await conversation.head():
            self.heads.append(head)
            length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if length:
                self.bodies.append(await conversation.reader.readexactly(int(length[0].split(b":")[1])))
            conversation.say(OK)

    def at(self, server: Server) -> AbstractAsyncContextManager[Server]:
        """An echoing server at an address that is known already."""
        return self.serve(self.echo, server.port)

    @asynccontextmanager
    async def serve(
        self, handler: Handler, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator[Server]:
        """A server that does with each connection what `handler` says."""

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            conversation = Conversation(reader, writer)
            self.connections.append(conversation)
            try:
                await handler(conversation)
            except ConnectionError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", port, ssl=tls)
        port = server.sockets[0].getsockname()[1]
        try:
            yield Server("127.0.0.1", port)
        finally:
            server.close()
            for conversation in self.connections:
                conversation.writer.close()


class Front:
    """The data plane of one worker."""

    def __init__(self, settings: Settings, descriptors: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.now = time.monotonic
        self.page = Page.create(1)
        self.log = Lines()
        world = World(
            self.loop,
            self._time,
            random.Random(1).random,
            lambda server: server.in_flight,
            lambda cell: self.page.column(0).cells[cell],
            descriptors,
            library=LIBRARY,
        )
        self.site = Site(settings, self.page.begin(0), self.log.log, world)
        self.apply = Apply(self.site, lambda *_: None)
        self.sweep = Sweep(self.site)
        self.port = 0

    def listen(self, make: Callable[[], object]) -> Listener:
        """Accept connections on a port of its own, for what is made there."""
        return Listener(self.site.poller, socket.create_server(("127.0.0.1", 0)), make)

    def _time(self) -> float:
        return self.now()

    def route(
        self,
        *servers: Server,
        host: str = "www.example.com",
        path: str = "/",
        policy: Policy = Policy(),
        settings: BackendSettings = BackendSettings(),
        authority: str = "",
    ) -> None:
        """One host with one path to one backend."""
        name = f"test:{host}{path}"
        route = Route(PathKind.PREFIX, path, name, Origin("test", "ingress", "default", "web"), policy)
        slots = tuple(range(100, 100 + len(servers)))
        self.apply.put(PutBackend(Backend(name, servers, settings), slots))
        self.apply.put(PutHost(Host(host, (route,), authority=authority), (99,)))
        self.apply.put(Commit(self.apply.version + 1))

    def expire(self, ticks: int = 100_000) -> None:
        """Let time pass, as far as deadlines know."""
        self.site.tick += ticks
        self.sweep.once()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that is about to be."""
        while not condition():
            await asyncio.sleep(0.001)

    async def connect(self, ours: str = "127.0.0.1") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A client's connection, from one of the addresses of loopback."""
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(ours, 0))

    async def talk(self, data: bytes, ours: str = "127.0.0.1") -> bytes:
        """Send everything at once, and read until the connection ends."""
        reader, writer = await self.connect(ours)
        writer.write(data)
        try:
            return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def front(settings: Settings = Settings(), descriptors: int = 10_000) -> AsyncIterator[Front]:
    """A data plane that listens on a port of its own."""
    plane = Front(settings, descriptors)
    door = Door(settings, 80, tls=False)
    server = plane.listen(lambda: ClientConnection(plane.site, door))
    plane.port = server.port
    try:
        yield plane
    finally:
        server.close()
        for client in list(plane.site.clients):
            client.transport.abort()
        for upstream in list(plane.site.upstreams):
            upstream.transport.abort()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        plane.site.poller.close()
        plane.site.pipes.close()


@pytest.fixture(name="front")
def front_fixture() -> Callable[..., object]:
    return front


@pytest.fixture
def backends() -> Backends:
    return Backends()


@pytest.fixture(name="spliced")
def spliced_fixture(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each call has moved out of a socket or into one."""
    counts: list[int] = []
    splice = os.splice

    def noted(*arguments: Any, **options: Any) -> int:
        counts.append(splice(*arguments, **options))
        return counts[-1]

    monkeypatch.setattr(os, "splice", noted)
    return counts
