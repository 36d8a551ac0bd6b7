"""Large bodies of requests go through the kernel too, and the answers to them come as ever."""

import asyncio
from typing import Any

from tests.unit.proxy.conftest import OK, Backends, Conversation, reset
from tests.unit.proxy.test_splice import BODY, MIB, over, payload

POST = b"POST / HTTP/1.1\r\nHost: www.example.com\r\n"


async def take(conversation: Conversation, backends: Backends) -> None:
    """Read a body with a length, and answer."""
    head = await conversation.head()
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    backends.bodies.append(await conversation.reader.readexactly(length))
    conversation.say(OK)


async def test_a_large_upload_arrives_whole_and_the_next_request_is_heard(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async def twice(conversation: Conversation) -> None:
        for _ in range(2):
            await take(conversation, backends)

    async with front() as plane, backends.serve(twice) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        request = POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
        writer.write(request + request)
        for _ in range(2):
            await reader.readuntil(b"ok")
        writer.close()
        await plane.until(lambda: len(plane.log) == 2)
    assert backends.bodies == [BODY, BODY]
    assert sum(spliced) > 4 * 4 * MIB
    assert len(backends.connections) == 1


async def test_a_large_chunk_of_an_upload_arrives_whole(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async def read(conversation: Conversation) -> None:
        await conversation.head()
        backends.bodies.append(await conversation.reader.readuntil(b"0\r\n\r\n"))
        conversation.say(OK)

    async with front() as plane, backends.serve(read) as server:
        plane.route(server)
        body = BODY.replace(b"0", b"1")
        chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        for connection in backends.connections:
            connection.reader._limit = 1 << 30  # type: ignore[attr-defined]
        reader, writer = await plane.connect()
        writer.write(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        await plane.until(lambda: bool(backends.connections))
        backends.connections[0].reader._limit = 1 << 30  # type: ignore[attr-defined]
        writer.write(chunk)
        await reader.readuntil(b"ok")
        writer.close()
    assert payload(backends.bodies[0]) == body
    assert sum(spliced) > 2 * 4 * MIB


async def test_an_answer_in_the_middle_of_an_upload_reaches_the_client(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async def refuse(conversation: Conversation) -> None:
        await conversation.head()
        await conversation.reader.readexactly(3 * MIB)
        conversation.say(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig")
        await conversation.writer.drain()

    async with front() as plane, backends.serve(refuse) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(POST + b"Content-Length: %d\r\n\r\n" % (100 * MIB) + BODY)
        answer = await reader.read()
        assert spliced
        await over(plane)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"big")


async def test_a_server_that_resets_in_the_middle_of_an_upload_is_502(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async def vanish(conversation: Conversation) -> None:
        await conversation.head()
        await conversation.reader.readexactly(3 * MIB)
        reset(conversation.writer)

    async with front() as plane, backends.serve(vanish) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(POST + b"Content-Length: %d\r\n\r\n" % (100 * MIB) + BODY * 4)
        answer = await reader.read()
        assert spliced
        await over(plane)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert len(backends.connections) == 1


async def test_a_client_that_leaves_in_the_middle_of_an_upload_ends_it_at_the_server(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    left = asyncio.Event()

    async def wait(conversation: Conversation) -> None:
        try:
            await conversation.head()
            while await conversation.reader.read(MIB):
                pass
        finally:
            left.set()

    async with front() as plane, backends.serve(wait) as server:
        plane.route(server)
        _, writer = await plane.connect()
        writer.write(POST + b"Content-Length: %d\r\n\r\n" % (100 * MIB) + BODY)
        await plane.until(lambda: sum(spliced) > 5 * MIB)
        reset(writer)
        await asyncio.wait_for(left.wait(), 5)
        await over(plane)
        await plane.until(lambda: bool(plane.log))
    assert b'"reason":"client-closed"' in plane.log[0]


async def test_a_server_that_takes_nothing_of_an_upload_is_too_slow_and_not_the_client(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async def sleep(conversation: Conversation) -> None:
        await conversation.head()
        await plane.until(lambda: not plane.site.clients)

    async with front() as plane, backends.serve(sleep) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(POST + b"Content-Length: %d\r\n\r\n" % (200 * MIB) + BODY * 8)
        moved = -1
        while moved != len(spliced) or not next(iter(plane.site.clients)).held:
            # The kernel has room for some of it.
            moved = len(spliced) or -1
            await asyncio.sleep(0.1)
        plane.expire(70)
        answer = await reader.read()
        writer.close()
        await over(plane)
    assert b"X-Headgate-Reason: timeout-server" in answer
