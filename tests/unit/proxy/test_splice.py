"""Large bodies go through the kernel, and everything else is as if they had been read and written."""

import asyncio
import os
import random
import socket
from typing import Any

import pytest

from ingress.model.backend import BackendSettings
from ingress.net.stream import asked
from ingress.proxy.pipe import Pipe, Pipes
from tests.unit.proxy.conftest import Backends, Conversation, Front, reset

MIB = 1 << 20
BODY = random.Random(7).randbytes(6 * MIB + 12_345)
GET = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
LAST = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY)
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CLOSE = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


def in_chunks(size: int) -> bytes:
    """The body in chunks of that size."""
    pieces = [BODY[at : at + size] for at in range(0, len(BODY), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


async def say(conversation: Conversation, *pieces: bytes) -> None:
    """Answer, as fast as it is taken."""
    await conversation.head()
    for piece in pieces:
        for at in range(0, len(piece), 300_000):
            conversation.say(piece[at : at + 300_000])
            await conversation.writer.drain()


def payload(answer: bytes) -> bytes:
    """The body of an answer in chunks."""
    payload, rest = [], answer
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        payload.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return b"".join(payload)


async def over(plane: Front) -> None:
    """Wait until nothing of a splice is left."""
    await plane.until(lambda: not plane.site.pipes.in_use)


# Answers.


@pytest.mark.parametrize("head", [LENGTH, CLOSE])
async def test_a_large_answer_comes_whole_and_most_of_it_unread(
    head: bytes, spliced: list[int], front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(lambda c: say(c, head, BODY)) as server:
        plane.route(server)
        answer = await plane.talk(LAST)
        await plane.until(lambda: bool(plane.log))
        assert not plane.site.pipes.in_use
    assert answer.partition(b"\r\n\r\n")[2] == BODY
    assert sum(spliced) > 2 * 4 * MIB
    assert b'"status":200,"bytes":%d,' % len(BODY) in plane.log[0]


@pytest.mark.parametrize("size", [len(BODY), 2 * MIB, 1000])
async def test_large_chunks_come_whole(size: int, spliced: list[int], front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(lambda c: say(c, CHUNKS, in_chunks(size))) as server:
        plane.route(server)
        answer = await plane.talk(LAST)
    assert payload(answer.partition(b"\r\n\r\n")[2]) == BODY
    assert (sum(spliced) > 0) == (size > 1000)


async def test_both_connections_carry_one_large_answer_after_another(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async def forever(conversation: Conversation) -> None:
        while True:
            await say(conversation, LENGTH, BODY)

    async with front() as plane, backends.serve(forever) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        for _ in range(5):
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(len(BODY)) == BODY
        writer.close()
        assert len(backends.connections) == 1
        assert spliced


async def test_a_call_that_is_interrupted_halfway_does_not_wait_for_room_that_is_there(
    spliced: list[int], monkeypatch: pytest.MonkeyPatch, front: Any, backends: Backends
) -> None:
    splice, pieces = os.splice, iter(range(1, 1000))

    def interrupted(source: int, target: int, count: int, **options: Any) -> int:
        return splice(
            source, target, count if next(pieces) % 2 or count < MIB // 16 else count // 2, **options
        )

    monkeypatch.setattr(os, "splice", interrupted)
    async with front() as plane, backends.serve(lambda c: say(c, LENGTH, BODY)) as server:
        plane.route(server)
        answer = await plane.talk(LAST)
    assert answer.endswith(BODY)
    assert max(spliced) > MIB // 16


async def test_what_a_server_sends_beyond_its_length_reaches_nobody(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(lambda c: say(c, LENGTH, BODY + b"HTTP/1.1 200")) as server:
        plane.route(server)
        answer = await plane.talk(GET)
        await plane.until(lambda: not plane.site.upstreams)
    assert spliced
    # That it is too much is seen before the end is given, so the client learns that something is wrong.
    assert BODY.startswith(answer.partition(b"\r\n\r\n")[2])
    assert b'"reason":"bad-response"' in plane.log[0]


@pytest.mark.parametrize("head", [LENGTH, CLOSE])
@pytest.mark.parametrize("hard", [True, False])
async def test_an_answer_that_breaks_off_is_seen_to_be_broken(
    head: bytes, hard: bool, spliced: list[int], front: Any, backends: Backends
) -> None:
    async def half(conversation: Conversation) -> None:
        await say(conversation, head, BODY[: 2 * MIB])
        await plane.until(lambda: sum(spliced) > 2 * MIB)
        if hard:
            reset(conversation.writer)

    async with front() as plane, backends.serve(half) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await reader.readexactly(len(BODY))
        writer.close()
        await over(plane)
        await plane.until(lambda: bool(plane.log))
    # A body that ends with its connection is whole when that ends in peace.
    assert (b'"reason":"server-aborted"' in plane.log[0]) == (hard or head is LENGTH)


async def test_a_client_that_leaves_ends_its_answer_at_the_server(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    left = asyncio.Event()

    async def pour(conversation: Conversation) -> None:
        try:
            await say(conversation, LENGTH.replace(b"%d" % len(BODY), b"999999999999"), *[BODY] * 1000)
        finally:
            left.set()

    async with front() as plane, backends.serve(pour) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(GET)
        await reader.readexactly(3 * MIB)
        assert spliced
        reset(writer)
        await asyncio.wait_for(left.wait(), 5)
        await over(plane)
        await plane.until(lambda: not plane.site.upstreams and bool(plane.log))
    assert b'"status":200,' in plane.log[0] or b'"status":499,' in plane.log[0]
    assert b'"reason":"client-closed"' in plane.log[0]


async def test_a_client_that_takes_nothing_is_cut_off_and_its_server_not_blamed(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(lambda c: say(c, LENGTH, BODY)) as server:
        plane.route(server, settings=BackendSettings(timeout_server=5.0))
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port, limit=1)
        writer.write(GET)
        await plane.until(lambda: bool(plane.site.pipes.in_use))
        (client,) = plane.site.clients
        await plane.until(lambda: client.full)
        plane.expire(30)
        assert client.exchange is not None  # it is the server's time that is over, and not its turn
        plane.expire(31)
        await over(plane)
        await plane.until(lambda: not plane.site.upstreams and not plane.site.clients)
        assert reader
        writer.close()
    assert b'"reason":"timeout-request"' in plane.log[0]


async def test_a_server_that_pauses_for_too_long_is_cut_off(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async def half(conversation: Conversation) -> None:
        await say(conversation, LENGTH, BODY[: 2 * MIB])
        await conversation.reader.read()

    async with front() as plane, backends.serve(half) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(2 * MIB)
        assert plane.site.pipes.in_use
        plane.expire(70)
        assert await reader.read() == b""
        await over(plane)
        writer.close()
    assert b'"reason":"timeout-server"' in plane.log[0]


async def test_a_slow_client_gets_all_of_it(spliced: list[int], front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(lambda c: say(c, LENGTH, BODY)) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port, limit=1)
        writer.write(GET)
        await plane.until(lambda: bool(plane.site.clients))
        (client,) = plane.site.clients
        asked(
            client.transport.fileno(), lambda own: own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        )
        await plane.until(lambda: client.full)
        answer = bytearray()
        while len(answer) < len(BODY):
            answer += await reader.read(MIB)
        writer.close()
    assert answer.endswith(BODY)
    assert sum(spliced) > 4 * MIB


# Bounds.


async def test_without_a_pipe_a_large_answer_is_read_and_written(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async with front(descriptors=63) as plane, backends.serve(lambda c: say(c, LENGTH, BODY)) as server:
        plane.route(server)
        answer = await plane.talk(LAST)
    assert answer.endswith(BODY)
    assert not spliced


def test_no_more_pipes_are_in_use_than_there_may_be_and_empty_ones_are_used_again() -> None:
    pipes = Pipes(2)
    first, second = pipes.take(), pipes.take()
    assert first is not None
    assert second is not None
    assert pipes.take() is None
    pipes.put(first, empty=True)
    assert pipes.take() is first
    pipes.put(second, empty=False)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(second.inlet)
    pipes.put(first, empty=True)
    first.close()


def test_where_the_system_has_no_descriptor_left_there_is_no_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(flags: int) -> tuple[int, int]:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "pipe2", refuse)
    pipes = Pipes(2)
    assert pipes.take() is None
    assert pipes.in_use == 0


def test_a_pipe_that_is_too_small_to_be_of_use_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingress.proxy.pipe.USEFUL", 1 << 30)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="limit"):
        Pipe()
    assert len(os.listdir("/proc/self/fd")) == before
