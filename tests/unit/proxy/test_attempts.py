"""A failure costs a try and not a request, wherever a second try is safe; and nothing is sent twice that
a server may have processed."""

import asyncio
import socket
import struct
from contextlib import AsyncExitStack
from typing import Any

import pytest

from ingress.model.backend import BackendSettings, Server
from ingress.observe.page import WorkerCell
from tests.unit.proxy.conftest import OK, Backends, Conversation, Front

QUICK = BackendSettings(timeout_connect=0.2)


def request(method: bytes = b"GET", body: bytes = b"", close: bool = True) -> bytes:
    fields = b"Host: www.example.com\r\n" + (b"Connection: close\r\n" if close else b"")
    if body:
        fields += b"Content-Length: %d\r\n" % len(body)
    return method + b" / HTTP/1.1\r\n" + fields + b"\r\n" + body


def refusing() -> Server:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Server("127.0.0.1", probe.getsockname()[1])


async def reset_after_head(conversation: Conversation) -> None:
    await conversation.head()
    conversation.reset()


async def close_after_head(conversation: Conversation) -> None:
    await conversation.head()


@pytest.mark.parametrize("method", [b"GET", b"POST"])
async def test_a_refused_connection_is_tried_elsewhere_whatever_the_method(
    method: bytes, front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as good:
        plane.route(refusing(), good, settings=QUICK)
        answers = [await plane.talk(request(method, b"x" if method == b"POST" else b"")) for _ in range(4)]
    assert all(answer.endswith(b"ok") for answer in answers)


@pytest.mark.parametrize("bad", [reset_after_head, close_after_head])
async def test_a_safe_request_that_a_server_dropped_is_sent_to_another(
    bad: Any, front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(bad) as one, backends.serve(backends.echo) as other:
        plane.route(one, other)
        answers = [await plane.talk(request()) for _ in range(6)]
    assert all(answer.endswith(b"ok") for answer in answers)


async def test_a_post_that_a_server_has_had_is_not_sent_again(front: Any, backends: Backends) -> None:
    heads = []

    async def take_and_drop(conversation: Conversation) -> None:
        heads.append(await conversation.head())
        await conversation.reader.readexactly(4)

    async with AsyncExitStack() as stack:
        plane: Front = await stack.enter_async_context(front())
        servers = [await stack.enter_async_context(backends.serve(take_and_drop)) for _ in range(3)]
        plane.route(*servers)
        answer = await plane.talk(request(b"POST", b"once"))
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"X-Headgate-Reason: server-closed" in answer
    assert len(heads) == 1


async def test_a_post_on_a_connection_that_the_server_had_left_is_sent_again(
    front: Any, backends: Backends
) -> None:
    """The server's kernel acknowledged no byte of it, so nobody can have processed it."""
    first = True

    async def once(conversation: Conversation) -> None:
        nonlocal first
        while head := await conversation.head():
            backends.heads.append(head)
            if head.startswith(b"POST"):
                backends.bodies.append(await conversation.reader.readexactly(4))
            conversation.say(OK)
            if first:
                first = False
                await asyncio.sleep(0.02)
                return

    async with front() as plane, backends.serve(once) as server:
        plane.route(server)
        await plane.talk(request())
        upstream = next(iter(plane.site.upstreams))
        upstream.transport.pause_reading()  # so that the end of the connection goes unnoticed
        await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(request(b"POST", b"data"))
        await asyncio.sleep(0.02)
        upstream.transport.resume_reading()
        answer = await reader.read()
        writer.close()
    assert answer.endswith(b"ok")
    assert backends.bodies == [b"data"]
    assert plane.site.cells[WorkerCell.RETRIES_TOTAL] == 1


async def test_a_body_larger_than_what_is_kept_is_not_sent_twice(front: Any, backends: Backends) -> None:
    heads = []

    async def drop_in_the_body(conversation: Conversation) -> None:
        heads.append(await conversation.head())
        await conversation.reader.readexactly(200_000)
        conversation.reset()

    async with (
        front() as plane,
        backends.serve(drop_in_the_body) as one,
        backends.serve(drop_in_the_body) as other,
    ):
        plane.route(one, other)
        answer = await plane.talk(request(b"PUT", b"x" * 300_000))
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert len(heads) == 1


async def test_a_small_body_is_sent_again_whole(front: Any, backends: Backends) -> None:
    async with (
        front() as plane,
        backends.serve(reset_after_head) as one,
        backends.serve(backends.echo) as other,
    ):
        plane.route(one, other)
        for _ in range(3):
            assert (await plane.talk(request(b"PUT", b"whole"))).endswith(b"ok")
    assert backends.bodies == [b"whole"] * 3


async def test_idle_connections_that_the_server_closed_are_not_used(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        await plane.talk(request())
        backends.connections[0].writer.close()
        await plane.until(lambda: not plane.site.upstreams)
        assert (await plane.talk(request(b"POST", b"x"))).endswith(b"ok")
        assert plane.site.cells[WorkerCell.RETRIES_TOTAL] == 0


async def test_all_servers_refusing_is_503_after_as_many_tries_as_are_set(front: Any) -> None:
    async with front() as plane:
        plane.route(*(refusing() for _ in range(5)), settings=BackendSettings(tries=3))
        answer = await plane.talk(request())
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"X-Headgate-Reason: connect-failed" in answer
    assert b'"tries":3' in plane.log[0]


async def test_the_only_server_that_refuses_is_tried_again_after_a_pause(
    front: Any, backends: Backends
) -> None:
    server = refusing()
    async with front() as plane:
        plane.route(server)
        answer = asyncio.ensure_future(plane.talk(request()))
        await plane.until(lambda: bool(plane.site.health.resting))
        async with backends.at(server):
            assert (await answer).endswith(b"ok")


async def test_a_server_that_refuses_is_left_alone_and_looked_after(front: Any, backends: Backends) -> None:
    bad = refusing()
    async with front() as plane, backends.serve(backends.echo) as good:
        plane.route(bad, good)
        for _ in range(10):
            await plane.talk(request())
        state = plane.site.backend("test:www.example.com/")
        assert [server.fact.port for server in state.usable] == [good.port]
        async with backends.at(bad):
            for _, server in plane.site.health.resting:
                server.rest_until = 0.0
            plane.sweep.once()
            await plane.until(lambda: len(state.usable) == 2)


async def silent(conversation: Conversation) -> None:
    await conversation.reader.read()


async def test_a_try_that_takes_too_long_goes_elsewhere(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(silent) as one, backends.serve(backends.echo) as other:
        plane.route(one, other, settings=BackendSettings(timeout_try=0.05))
        answers = [await plane.talk(request()) for _ in range(6)]
    assert all(answer.endswith(b"ok") for answer in answers)


async def test_a_server_that_does_not_answer_in_time_is_504(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(silent) as server:
        plane.route(server)
        answer = asyncio.ensure_future(plane.talk(request(b"POST", b"x")))
        await plane.until(lambda: any(upstream.attempt for upstream in plane.site.upstreams))
        plane.expire()
        assert b"X-Headgate-Reason: timeout-server" in await answer


async def test_an_answer_that_breaks_off_ends_the_clients_connection(front: Any, backends: Backends) -> None:
    async def half(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

    async with front() as plane, backends.serve(half) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(request(close=False))
        await reader.readuntil(b"\r\n\r\n")
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await reader.readexactly(10)
        writer.close()
    assert b'"reason":"server-aborted"' in plane.log[0]


async def test_a_client_that_has_half_closed_still_gets_its_answer(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(request(close=False))
        writer.write_eof()
        assert (await reader.read()).endswith(b"ok")
        writer.close()


async def test_a_client_that_resets_ends_its_request_at_the_server(front: Any, backends: Backends) -> None:
    left = asyncio.Event()

    async def wait_for_end(conversation: Conversation) -> None:
        await conversation.head()
        try:
            await conversation.reader.read()
        finally:
            left.set()

    async with front() as plane, backends.serve(wait_for_end) as server:
        plane.route(server)
        _, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(request())
        await plane.until(lambda: any(upstream.attempt for upstream in plane.site.upstreams))
        at_once = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        writer.transport.abort()
        await asyncio.wait_for(left.wait(), 5)
        await plane.until(lambda: bool(plane.log))
    assert b'"status":499' in plane.log[0]
    assert b'"server":"%b","tries":1' % server.address.encode() in plane.log[0]
    assert plane.site.backend("test:www.example.com/").servers[0].in_flight == 0


async def test_a_server_taken_out_of_the_facts_finishes_what_it_has(front: Any, backends: Backends) -> None:
    go = asyncio.Event()

    async def slow(conversation: Conversation) -> None:
        await conversation.head()
        await go.wait()
        conversation.say(OK)
        await conversation.reader.read()

    async with front() as plane, backends.serve(slow) as old, backends.serve(backends.echo) as new:
        plane.route(old)
        answer = asyncio.ensure_future(plane.talk(request()))
        await plane.until(lambda: any(upstream.attempt for upstream in plane.site.upstreams))
        plane.route(new)
        assert (await plane.talk(request())).endswith(b"ok")
        go.set()
        assert (await answer).endswith(b"ok")
        await plane.until(lambda: all(upstream.server.fact == new for upstream in plane.site.upstreams))


async def test_draining_answers_what_comes_and_asks_clients_to_leave(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(request(close=False))
        await reader.readuntil(b"ok")
        plane.site.draining = True
        writer.write(request(close=False))
        answer = await reader.read()
        writer.close()
    assert b"Connection: close" in answer
    assert answer.endswith(b"ok")
