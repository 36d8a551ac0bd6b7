"""Bad servers, bad clients and too few descriptors cost themselves, and nobody else."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingress.model.settings import Limits, Settings
from tests.unit.proxy.conftest import OK, Backends, Conversation, Front

GET = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"
OTHER = GET.replace(b"www", b"other")


async def test_a_server_that_resets_every_tenth_connection_fails_nothing(
    front: Any, backends: Backends
) -> None:
    count = 0

    async def flaky(conversation: Conversation) -> None:
        nonlocal count
        while await conversation.head():
            count += 1
            if count % 10 == 0:
                conversation.reset()
                return
            conversation.say(OK)

    async with front() as plane, backends.serve(flaky) as bad, backends.serve(backends.echo) as good:
        plane.route(bad, good)
        answers = [await plane.talk(GET) for _ in range(200)]
    assert all(answer.endswith(b"ok") for answer in answers)
    assert count > 50


ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-%b: %b\r\n" % (b"a" * 100, b"b" * 900)),
    "one header": (b"HTTP/1.1 200 OK\r\nX: ", b"x" * 1000),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 40),
    "nonsense": (b"", b"nonsense " * 100),
    "a size line": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"x" * 1000),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 100),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
async def test_endless_answers_are_cut_after_a_bounded_part_and_others_are_served(
    name: str, front: Any, backends: Backends
) -> None:
    begin, more = ENDLESS[name]
    written = 0

    async def endless(conversation: Conversation) -> None:
        nonlocal written
        await conversation.head()
        conversation.say(begin)
        while written < 1 << 30:
            conversation.say(more)
            await conversation.writer.drain()
            written += len(more)
            if conversation.writer.transport.is_closing():
                return

    post = GET.replace(b"GET", b"POST")
    async with front() as plane, backends.serve(endless) as bad, backends.serve(backends.echo) as good:
        plane.route(bad)
        plane.route(good, host="other.example.com")
        answer = asyncio.ensure_future(talk(plane, post))
        assert (await plane.talk(OTHER)).endswith(b"ok")
        await answer
        await plane.until(lambda: any(b'"host":"www' in line for line in plane.log))
    (line,) = [line for line in plane.log if b'"host":"www' in line]
    assert b'"reason":"bad-response"' in line
    assert written < 16 << 20  # what the kernel's buffers take, not what the server has


async def talk(plane: Front, data: bytes) -> bytes:
    """The answer, or what there is of it before a reset."""
    reader, writer = await plane.connect()
    writer.write(data)
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


SLOW = 200


@pytest.mark.parametrize("begun", [GET[:30], b"", GET.replace(b"GET", b"POST").replace(
    b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\nabc")])  # fmt: skip
async def test_slow_clients_hold_nobody_up_and_come_to_an_end(
    begun: bytes, front: Any, backends: Backends
) -> None:
    async with front(Settings(limits=Limits(timeout_client=5.0))) as plane, backends.serve(swallow) as slow:
        plane.route(slow)
        async with backends.serve(backends.echo) as good:
            plane.route(good, host="other.example.com")
            writers = [(await plane.connect())[1] for _ in range(SLOW)]
            for writer in writers:
                writer.write(begun)
            await plane.until(lambda: len(plane.site.clients) == SLOW)
            for _ in range(20):
                assert (await plane.talk(OTHER)).endswith(b"ok")
            plane.expire(ticks=40)
            plane.expire(ticks=40)
            await plane.until(lambda: not plane.site.clients)
            for writer in writers:
                writer.close()


async def swallow(conversation: Conversation) -> None:
    """Read all there is, and say nothing."""
    await conversation.reader.read()


async def test_clients_that_do_not_read_hold_nobody_up_and_come_to_an_end(
    front: Any, backends: Backends
) -> None:
    size = 8 << 20

    async def large(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        await conversation.reader.read()

    async with front() as plane, backends.serve(large) as server, backends.serve(backends.echo) as good:
        plane.route(server)
        plane.route(good, host="other.example.com")
        streams = [await asyncio.open_connection("127.0.0.1", plane.port, limit=1024) for _ in range(20)]
        for _, writer in streams:
            writer.write(GET)
        await plane.until(lambda: sum(client.full for client in plane.site.clients) == 20)
        kept = sum(client.transport.get_write_buffer_size() for client in plane.site.clients)
        assert kept < 20 * (1 << 20)
        assert (await plane.talk(OTHER)).endswith(b"ok")
        plane.expire(ticks=100)
        await plane.until(lambda: not plane.site.clients)
        for _, writer in streams:
            writer.close()
    assert sum(b'"reason":"timeout-request"' in line for line in plane.log) == 20


def test_without_descriptors_accepting_does_not_spin_and_goes_on_when_there_are_some() -> None:
    here = Path(__file__)
    command = [sys.executable, "-m", "tests.unit.proxy.starved"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=here.parents[3], text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ask = _asking(process)
        port = int(process.stdout.readline())
        held = [_connected(port) for _ in range(100)]
        before = ask()
        time.sleep(0.5)
        assert ask() - before < 0.2
        for descriptor in held:
            os.close(descriptor)
        assert _status(port) == b"503"
        process.stdin.close()
        assert process.wait(10) == 0


def _asking(process: "subprocess.Popen[str]") -> Callable[[], float]:
    def ask() -> float:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    return ask


def _connected(port: int) -> int:
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    return connection.detach()


def _status(port: int) -> bytes:
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            try:
                connection.sendall(GET)
                answer = connection.recv(1000)
            except ConnectionError:
                answer = b""
        if answer:
            return answer.split()[1]
        time.sleep(0.02)
    return b""
