"""What runs in a pod of the tests: an HTTP server that says which pod it is."""

import asyncio
import socket
from enum import StrEnum
from typing import cast
from zlib import crc32

from msgspec import Struct

END_OF_HEAD = b"\r\n\r\n"
END_OF_CHUNKS = b"0\r\n\r\n"


class Manner(StrEnum):
    """How a pod deals with requests."""

    GOOD = "good"
    RESET = "reset"
    """Breaks the connection off as soon as it has read a request."""
    MUTE = "mute"
    """Accepts, reads and never answers."""
    SILENT = "silent"
    """Its address takes no more connections, and says nothing about that: packets are lost."""
    GUARD = "guard"
    """Is asked whether requests may pass: those with a good session may, under the name of its user."""
    ECHO = "echo"
    """Not HTTP: its name and a new line, then every byte as it came."""


class Temper(Struct, frozen=True):
    """How a pod is to work with."""

    manner: Manner = Manner.GOOD
    slow: float = 0.0
    """Seconds that a slow request takes."""
    slow_every: int = 50
    """One request in so many is a slow one."""


class PodFacts(Struct, frozen=True):
    """A pod: its name, where it listens and how it answers."""

    name: str
    address: str
    port: int = 80
    temper: Temper = Temper()


class Request(Struct):
    """What of a request decides the answer."""

    head: bytes
    body: bytes

    @property
    def wants_head(self) -> bool:
        """The client asks for the request head as it arrived."""
        return b" /head" in self.head.split(b"\r\n", 1)[0]


def take_request(buffer: bytearray) -> Request | None:
    """Take the first complete request out of the buffer, if there is one."""
    end = buffer.find(END_OF_HEAD)
    if end < 0:
        return None
    head = bytes(buffer[: end + 4])
    size = body_size(head.lower(), buffer, end + 4)
    if size < 0 or len(buffer) < end + 4 + size:
        return None
    request = Request(head, bytes(buffer[end + 4 : end + 4 + size]))
    del buffer[: end + 4 + size]
    return request


def body_size(head: bytes, buffer: bytearray, start: int) -> int:
    """Bytes of the body on the wire; -1 while that cannot be said."""
    if b"\r\ntransfer-encoding: chunked" in head:
        end = buffer.find(END_OF_CHUNKS, start)
        return end + len(END_OF_CHUNKS) - start if end >= 0 else -1
    _, _, length = head.partition(b"\r\ncontent-length:")
    return int(length.split(b"\r\n", 1)[0] or 0)


class Pod:
    """A listening pod and its connections."""

    def __init__(self, facts: PodFacts):
        self.facts = facts
        self.connections: set[PodConnection] = set()
        self.closing = False
        self.requests = 0
        self._server: asyncio.Server | None = None
        self._full_queue: list[socket.socket] = []

    async def start(self) -> None:
        """Listen."""
        if self.facts.temper.manner == Manner.SILENT:
            self._full_queue = full_queue(self.facts.address, self.facts.port)
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: PodConnection(self), self.facts.address, self.facts.port, backlog=1024
        )

    def stop(self) -> None:
        """Accept no more, close what is idle, answer what has arrived: a server that is told to stop."""
        self._close_listener()
        self.closing = True
        for connection in list(self.connections):
            connection.close_if_idle()

    def kill(self) -> None:
        """Everything breaks at once: a server that has crashed."""
        self._close_listener()
        for connection in list(self.connections):
            connection.reset()

    def _close_listener(self) -> None:
        for connection in self._full_queue:
            connection.close()
        if self._server is not None:
            self._server.close()


class PodConnection(asyncio.Protocol):
    """One connection from the proxy."""

    def __init__(self, pod: Pod):
        self._pod = pod
        self._buffer = bytearray()
        self._answering = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A proxy has connected."""
        # uvloop's transports have the interface, but not the type.
        self._transport = transport = cast(asyncio.Transport, transport)
        self._pod.connections.add(self)
        if self._pod.facts.temper.manner == Manner.ECHO:
            transport.write(self._pod.facts.name.encode() + b"\n")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._pod.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        manner = self._pod.facts.temper.manner
        if manner == Manner.ECHO:
            self._transport.write(data)
            return
        self._buffer += data
        while request := take_request(self._buffer):
            if manner == Manner.RESET:
                self.reset()
            elif manner == Manner.GUARD:
                self._transport.write(verdict_on(request))
            elif manner == Manner.GOOD:
                self._take(request)

    def close_if_idle(self) -> None:
        """Close the connection unless a request is on it, read or still unread."""
        if not self._answering and not self._buffer and not has_unread(self._transport):
            self._transport.close()

    def reset(self) -> None:
        """Break the connection off with a reset, as a crash with unread bytes does."""
        peer = self._transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._transport.abort()

    def _take(self, request: Request) -> None:
        """Answer now, or later where this request is a slow one."""
        self._pod.requests += 1
        self._answering += 1
        temper = self._pod.facts.temper
        # A pod may live for fewer requests than that, so each begins to count somewhere else.
        turn = self._pod.requests + crc32(self._pod.facts.name.encode())
        if temper.slow and turn % temper.slow_every == 0:
            asyncio.get_running_loop().call_later(temper.slow, self._answer, request)
        else:
            self._answer(request)

    def _answer(self, request: Request) -> None:
        self._answering -= 1
        if self._transport.is_closing():
            return
        self._transport.write(answer_to(request, self._pod.facts.name, last=self._pod.closing))
        if self._pod.closing:
            self._transport.close()


def full_queue(address: str, port: int) -> list[socket.socket]:
    """A listener whose queue is full, with what fills it: the kernel drops every further SYN."""
    listener = socket.create_server((address, port), backlog=0)
    waiting = [socket.socket() for _ in range(3)]
    for connection in waiting:
        connection.setblocking(False)
        connection.connect_ex((address, port))
    return [listener, *waiting]


def answer_to(request: Request, name: str, *, last: bool) -> bytes:
    """The pod's name and the body that came; or the request's head."""
    body = request.head if request.wants_head else name.encode() + b"\n" + request.body
    close = "Connection: close\r\n" if last else ""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nX-Pod: {name}\r\n{close}\r\n"
    return head.encode() + body


def verdict_on(request: Request) -> bytes:
    """What a guard answers."""
    line, _, head = request.head.decode("latin-1").partition("\r\n")
    fields = {name.lower(): value for name, _, value in (each.partition(": ") for each in head.splitlines())}
    told = [fields.get(f"x-forwarded-{name}", "-") for name in ("method", "proto", "host", "uri")]
    told += [line, fields.get("cookie", "-"), fields.get("x-secret", "-"), fields.get("content-length", "-")]
    if fields.get("cookie") == "session=good":
        status, more = "200 OK", "X-User: ann\r\nX-Team: red\r\nSet-Cookie: seen=1\r\nSet-Cookie: other=1\r\n"
    elif told[3].startswith("/login"):
        status, more = "302 Found", "Location: /sign-in?x=1\r\n"
    elif told[3].startswith("/broken"):
        status, more = "502 Bad Gateway", ""
    else:
        status, more = "401 Unauthorized", "WWW-Authenticate: Bearer\r\n"
    return f"HTTP/1.1 {status}\r\nX-Told: {' '.join(told)}\r\n{more}Content-Length: 0\r\n\r\n".encode()


def has_unread(transport: asyncio.Transport) -> bool:
    """Whether the kernel has bytes of the peer that nobody has read."""
    peer: socket.socket = transport.get_extra_info("socket")
    with peer.dup() as same:
        try:
            return bool(same.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except OSError:
            return False
