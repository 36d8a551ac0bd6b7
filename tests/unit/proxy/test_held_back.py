"""Whoever is faster than the other side is held back, and heard again."""

import asyncio
import socket
from contextlib import suppress
from typing import Any

import pytest

from ingress.net.stream import asked
from ingress.proxy.pipe import Pipes
from tests.unit.proxy.conftest import Backends, Conversation, Front

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]

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


async def unread(plane: Front, said: bytes) -> Pair:
    """A client for whom the kernel keeps little, that has said something and reads nothing yet."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    door.connect(("127.0.0.1", plane.port))
    reader, writer = await asyncio.open_connection(sock=door, limit=1)
    await plane.until(lambda: bool(plane.site.clients))
    (client,) = plane.site.clients
    asked(client.transport.fileno(), lambda own: own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096))
    writer.write(said)
    return reader, writer


async def sized(conversation: Conversation) -> None:
    """Answer with as many bytes as the path says, as fast as they are taken."""
    with suppress(ConnectionError):
        while head := await conversation.head():
            size = int(head.split(b" ")[1][1:])
            conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for at in range(0, size, 65536):
                conversation.say(b"x" * min(65536, size - at))
                await conversation.writer.drain()


def ask(size: int, *fields: bytes) -> bytes:
    lines = b"".join(b"%b\r\n" % line for line in fields)
    return b"GET /%d HTTP/1.1\r\nHost: www.example.com\r\n%b\r\n" % (size, lines)


SMALL, LARGE = 40_000, 1_000_000


@pytest.mark.parametrize("half_closed", [False, True])
async def test_a_client_that_takes_nothing_has_no_further_answer_waiting_in_memory(
    half_closed: bool, front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(sized) as server:
        plane.route(server)
        reader, writer = await unread(plane, ask(SMALL) * 4 + ask(LARGE))
        (client,) = plane.site.clients
        if half_closed:
            writer.write_eof()
        await plane.until(lambda: client.full and bool(client.rest))
        for _ in range(20):
            await asyncio.sleep(0.005)
            assert client.transport.get_write_buffer_size() < 100_000
        assert len(plane.log) < 4
        if not half_closed:
            writer.write(ask(SMALL) + ask(SMALL, b"Connection: close"))
        count, got = (5, SMALL * 4 + LARGE) if half_closed else (7, SMALL * 6 + LARGE)
        answers = await reader.read()
        writer.close()
        await plane.until(lambda: not plane.site.clients)
        assert len(plane.log) == count
    heads = answers.count(b"HTTP/1.1 200 OK\r\n")
    assert (heads, answers.count(b"x")) == (count, got)


@pytest.mark.parametrize("fields", [(), (b"Connection: close",)])
@pytest.mark.parametrize("more", [b"", ask(SMALL)])
@pytest.mark.parametrize("enough", [1, 1 << 20])
async def test_a_client_that_does_not_take_its_last_answer_comes_to_an_end(
    fields: tuple[bytes, ...], more: bytes, enough: int, front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(sized) as server:
        plane.route(server)
        _, writer = await unread(plane, b"")
        (client,) = plane.site.clients
        client.transport.set_write_buffer_limits(high=enough, low=0)
        writer.write(ask(SMALL, *fields) + more)
        await plane.until(lambda: client.exchange is None and client.transport.get_write_buffer_size() > 0)
        assert client.full == (enough == 1)
        for _ in range(4):
            plane.expire(ticks=100)
            await asyncio.sleep(0)
        await plane.until(lambda: not plane.site.clients)
        writer.close()


@pytest.mark.parametrize("fields", [(), (b"Connection: close",)])
async def test_a_client_that_takes_its_last_answer_late_gets_all_of_it(
    fields: tuple[bytes, ...], front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(sized) as server:
        plane.route(server)
        reader, writer = await unread(plane, b"")
        (client,) = plane.site.clients
        client.transport.set_write_buffer_limits(high=1 << 20, low=0)
        writer.write(ask(SMALL, *fields))
        await plane.until(lambda: client.exchange is None and client.transport.get_write_buffer_size() > 0)
        if not fields:
            plane.expire(ticks=80)
        assert client.transport.is_closing()
        plane.expire(ticks=50)
        assert (await reader.read()).count(b"x") == SMALL
        writer.close()


async def test_a_server_that_takes_nothing_of_what_it_has_answered_already_is_let_go(
    front: Any, backends: Backends
) -> None:
    go = asyncio.Event()

    async def refuse(conversation: Conversation) -> None:
        await conversation.reader.readexactly(10)
        conversation.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await go.wait()
        conversation.say(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig")
        await asyncio.Event().wait()

    async with front() as plane, backends.serve(refuse) as server:
        plane.site.pipes = Pipes(0)
        plane.route(server)
        _, writer = await plane.connect()
        writer.write(b"POST / HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 90000000\r\n\r\n")
        await plane.until(lambda: bool(plane.site.upstreams))
        (upstream,) = plane.site.upstreams
        writer.write(b"x" * 30_000_000)
        await plane.until(lambda: upstream.transport.get_write_buffer_size() > 0)
        go.set()
        await plane.until(lambda: upstream.attempt is None)
        for _ in range(3):
            plane.expire(ticks=100)
            await asyncio.sleep(0)
        await plane.until(lambda: not plane.site.upstreams)
        writer.close()


async def test_what_a_client_asks_while_it_takes_nothing_waits_in_the_kernel_and_is_answered(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(sized) as server:
        plane.route(server)
        reader, writer = await unread(plane, ask(SMALL) * 3)
        (client,) = plane.site.clients
        await plane.until(lambda: client.full and bool(client.rest))
        count = 20_000
        writer.write(ask(0) * count + ask(0, b"Connection: close"))
        for _ in range(20):
            await asyncio.sleep(0.005)
            assert len(client.rest) < 200_000
        answers = await reader.read()
        writer.close()
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 3 + count + 1


async def test_a_head_that_was_begun_while_nothing_was_taken_is_read_to_its_end(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(sized) as server:
        plane.route(server)
        reader, writer = await unread(plane, b"")
        (client,) = plane.site.clients
        client.transport.set_write_buffer_limits(high=1, low=0)
        writer.write(ask(SMALL))
        await plane.until(lambda: client.full and client.exchange is None)
        writer.write(ask(3, b"Connection: close")[:20])
        await plane.until(lambda: bool(client.rest))
        first = bytearray()
        while first.count(b"x") < SMALL:
            first += await reader.read(65536)
        writer.write(ask(3, b"Connection: close")[20:])
        assert (await reader.read()).endswith(b"\r\n\r\nxxx")
        writer.close()
