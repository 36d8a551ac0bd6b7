"""Whoever is faster than the other side is held back, and heard again."""

import asyncio
import socket
from typing import Any

from ingress.net.stream import asked
from tests.unit.proxy.conftest import Backends, Conversation

GET = b"GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\nX-Own: 1\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"


async def test_an_answer_before_the_body_was_read_reaches_the_client(front: Any, backends: Backends) -> None:
    async def handler(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(
            b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig"
        )

    async with front() as plane, backends.serve(handler) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(
            b"POST / HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000
        )
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in answer
    assert answer.endswith(b"big")


async def test_a_slow_client_holds_the_server_back(front: Any, backends: Backends) -> None:
    size = 64 * 1024 * 1024

    async def handler(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // 65536):
            conversation.say(b"x" * 65536)
            await conversation.writer.drain()

    async with front() as plane, backends.serve(handler) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port, limit=1024)
        writer.write(GET)
        await asyncio.sleep(0.2)
        client = next(iter(plane.site.clients))
        assert client.transport.get_write_buffer_size() < 4 * 1024 * 1024
        got = 0
        await reader.readuntil(b"\r\n\r\n")
        while got < size:
            got += len(await reader.read(1 << 20))
        writer.close()
    assert got == size


async def test_a_connection_that_was_held_back_for_a_slow_client_serves_the_next(
    front: Any, backends: Backends
) -> None:
    # Less than a segment of loopback, so that each answer comes in one piece. The kernel may take the first
    # one whole for a client that reads nothing, and never the second.
    size = 40_000

    async def handler(conversation: Conversation) -> None:
        while head := await conversation.head():
            body = b"ok" if b"/last" in head else b"x" * size
            conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    async with front() as plane, backends.serve(handler) as server:
        plane.route(server)
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        door.connect(("127.0.0.1", plane.port))
        _, writer = await asyncio.open_connection(sock=door, limit=1)
        await plane.until(lambda: bool(plane.site.clients))
        (client,) = plane.site.clients
        asked(
            client.transport.fileno(), lambda own: own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        )
        client.transport.set_write_buffer_limits(high=1, low=0)
        writer.write(GET + GET)
        await plane.until(lambda: client.full and client.exchange is None)
        async with asyncio.timeout(25):
            assert (await plane.talk(LAST)).endswith(b"ok")
        writer.close()
    assert len(backends.connections) == 1
