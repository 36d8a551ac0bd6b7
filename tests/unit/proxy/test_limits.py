"""What a client controls has a limit, and what it keeps waiting has an end."""

import asyncio
from typing import Any

import pytest

from ingress.model.policy import Policy
from ingress.model.settings import Limits, Settings
from tests.unit.proxy.conftest import Backends, Conversation

GET = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
CLOSE = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


async def test_half_a_head_is_408_in_the_end(front: Any) -> None:
    async with front() as plane:
        answer = asyncio.ensure_future(plane.talk(GET[:20]))
        await plane.until(lambda: any(client.rest for client in plane.site.clients))
        plane.expire()
        assert b"X-Headgate-Reason: timeout-request" in await answer


async def test_bytes_that_trickle_do_not_buy_time(front: Any) -> None:
    async with front() as plane:
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(GET[:5])
        await plane.until(lambda: any(client.rest for client in plane.site.clients))
        (client,) = plane.site.clients
        deadline = client.deadline
        plane.site.tick += 5
        writer.write(GET[5:9])
        await plane.until(lambda: len(client.rest) == 9)
        assert client.deadline == deadline
        writer.close()
        await reader.read()


async def test_an_idle_connection_is_closed_in_silence(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(GET)
        await reader.readuntil(b"ok")
        plane.expire()
        assert await reader.read() == b""
        writer.close()


async def test_a_body_that_does_not_come_ends_the_request(front: Any, backends: Backends) -> None:
    async def swallow(conversation: Conversation) -> None:
        await conversation.reader.read()

    async with front() as plane, backends.serve(swallow) as server:
        plane.route(server)
        post = GET.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\nabc")
        answer = asyncio.ensure_future(plane.talk(post))
        await plane.until(lambda: any(upstream.attempt for upstream in plane.site.upstreams))
        plane.site.tick += 61
        for client in list(plane.site.clients):
            client.expired()
        assert b"X-Headgate-Reason: timeout-request" in await answer


async def test_connections_beyond_the_limit_are_told_so(front: Any) -> None:
    async with front(Settings(limits=Limits(connections=1))) as plane:
        _, held = await asyncio.open_connection("127.0.0.1", plane.port)
        await plane.until(lambda: bool(plane.site.clients))
        assert b"X-Headgate-Reason: overloaded" in await plane.talk(GET)
        held.close()


async def test_connections_beyond_the_limit_for_one_address_are_told_so_and_no_others(front: Any) -> None:
    limited = Settings(limits=Limits(connections_per_client=2), trusted_proxies=("127.0.0.2",))
    async with front(limited) as plane:
        held = [(await plane.connect())[1] for _ in range(2)]
        await plane.until(lambda: len(plane.site.clients) == 2)
        refused = await plane.talk(GET)
        assert refused.startswith(b"HTTP/1.1 429 ")
        assert b"X-Headgate-Reason: too-many-connections" in refused
        for ours in ("127.0.0.2", "127.0.0.3"):
            assert b"starting" in await plane.talk(CLOSE, ours)
        for _ in range(3):
            assert b"starting" in await plane.talk(CLOSE, "127.0.0.2")
        held.pop().close()
        await plane.until(lambda: len(plane.site.clients) == 1)
        assert b"starting" in await plane.talk(CLOSE)
        held.pop().close()


async def test_a_connection_on_which_nothing_comes_is_closed_in_silence(front: Any) -> None:
    async with front(Settings(limits=Limits(timeout_first=30.0, timeout_request=5.0))) as plane:
        reader, writer = await plane.connect()
        await plane.until(lambda: bool(plane.site.clients))
        plane.expire(ticks=28)
        assert plane.site.clients
        plane.expire(ticks=2)
        assert await reader.read() == b""
        writer.close()
    assert not plane.log


async def test_a_client_that_does_not_leave_after_a_refusal_is_cut_off(front: Any) -> None:
    async with front(Settings(limits=Limits(timeout_linger=4.0))) as plane:
        reader, writer = await plane.connect()
        writer.write(b"\x00\r\n\r\n")
        assert b"400" in await reader.read()
        writer.write(b"more")
        plane.expire(ticks=3)
        assert plane.site.clients
        plane.expire(ticks=2)
        await plane.until(lambda: not plane.site.clients)
        writer.close()


LARGE = {
    "a length": b"Content-Length: 9\r\n\r\n123456789",
    "a length of what never comes": b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
    "one chunk": b"Transfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n",
    "chunks": b"Transfer-Encoding: chunked\r\n\r\n" + b"3;extension\r\n123\r\n" * 3 + b"0\r\n\r\n",
}


@pytest.mark.parametrize("name", LARGE)
async def test_a_body_beyond_the_limit_is_413_and_the_connection_ends(
    name: str, front: Any, backends: Backends
) -> None:
    post = b"POST / HTTP/1.1\r\nHost: www.example.com\r\n" + LARGE[name]
    async with front(Settings(limits=Limits(body=8))) as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        answer = await plane.talk(post + GET)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"X-Headgate-Reason: body-too-large\r\n" in answer
    assert b"Connection: close\r\n" in answer
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b'"reason":"body-too-large"' in plane.log[0]


@pytest.mark.parametrize("limit", [0, 100])
@pytest.mark.parametrize("name", LARGE)
async def test_a_route_may_have_a_lower_limit_of_its_own(
    name: str, limit: int, front: Any, backends: Backends
) -> None:
    post = b"POST / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n" + LARGE[name]
    async with front(Settings(limits=Limits(body=limit))) as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=Policy(body_limit=8))
        answer = await plane.talk(post)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"X-Headgate-Reason: body-too-large\r\n" in answer
    assert not backends.heads
    assert b'"reason":"body-too-large"' in plane.log[0]


async def test_chunks_beyond_the_limit_of_a_route_are_refused_when_they_come(
    front: Any, backends: Backends
) -> None:
    async def read(conversation: Conversation) -> None:
        backends.heads.append(await conversation.head())
        await conversation.reader.read()

    post = b"POST / HTTP/1.1\r\nHost: www.example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with front() as plane, backends.serve(read) as server:
        plane.route(server, policy=Policy(body_limit=8))
        reader, writer = await plane.connect()
        writer.write(post + b"5\r\n12345\r\n")
        await plane.until(lambda: bool(backends.heads))
        writer.write(b"4\r\n6789\r\n0\r\n\r\n")
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_no_route_may_have_a_higher_limit_than_the_settings(front: Any, backends: Backends) -> None:
    post = b"POST / HTTP/1.1\r\nHost: www.example.com\r\n" + LARGE["one chunk"]
    async with front(Settings(limits=Limits(body=8))) as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=Policy(body_limit=1000))
        assert (await plane.talk(post)).startswith(b"HTTP/1.1 413 ")


async def test_a_body_at_the_limit_of_its_route_passes(front: Any, backends: Backends) -> None:
    post = CLOSE.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 8\r\n\r\n12345678")
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=Policy(body_limit=8))
        assert (await plane.talk(post)).endswith(b"ok")
        assert (await plane.talk(CLOSE)).endswith(b"ok")


async def test_a_body_at_the_limit_passes(front: Any, backends: Backends) -> None:
    post = CLOSE.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 8\r\n\r\n12345678")
    async with front(Settings(limits=Limits(body=8))) as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        assert (await plane.talk(post)).endswith(b"ok")
    assert backends.bodies == [b"12345678"]


async def test_trailers_beyond_the_limit_are_431(front: Any, backends: Backends) -> None:
    post = b"POST / HTTP/1.1\r\nHost: www.example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with front(Settings(limits=Limits(trailers=64))) as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        answer = await plane.talk(post + b"0\r\nX: " + b"x" * 60)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"X-Headgate-Reason: trailers-too-large\r\n" in answer


async def test_pipelined_bytes_beyond_the_limit_wait_in_the_kernel(front: Any, backends: Backends) -> None:
    go = asyncio.Event()

    async def slow(conversation: Conversation) -> None:
        await go.wait()
        await backends.echo(conversation)

    count = 4000
    async with front() as plane, backends.serve(slow) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(GET * count)
        await asyncio.sleep(0.05)
        (client,) = plane.site.clients
        assert len(client.rest) < 64 * 1024 + 256 * 1024
        go.set()
        for _ in range(count):
            await reader.readuntil(b"ok")
        writer.close()
    assert len(backends.heads) == count


async def test_a_fault_of_ours_is_500_for_the_request_it_met_and_for_no_other(
    front: Any, backends: Backends, caplog: Any
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        clock = plane.now

        def broken_once() -> float:
            plane.now = clock
            raise ZeroDivisionError

        plane.now = broken_once
        answer = await plane.talk(GET)
        close = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        assert (await plane.talk(close)).endswith(b"ok")
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"X-Headgate-Reason: internal" in answer
    assert "ZeroDivisionError" in caplog.text


async def test_connections_that_wait_idle_give_way_when_their_room_is_full(
    front: Any, backends: Backends
) -> None:
    async with front(descriptors=64 + 2 * 16) as plane, backends.serve(backends.echo) as server:
        close = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        for number in range(40):
            host = f"host{number}.example.com"
            plane.route(server, host=host)
            assert (await plane.talk(close.replace(b"www.example.com", host.encode()))).endswith(b"ok")
            assert len(plane.site.upstreams) <= 17


async def test_a_long_upload_is_not_held_against_the_server(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(GET.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 4\r\n\r\na"))
        await plane.until(lambda: any(upstream.attempt for upstream in plane.site.upstreams))
        for piece in (b"b", b"c"):
            plane.site.tick += 59
            (client,) = plane.site.clients
            before = client.deadline
            writer.write(piece)
            await plane.until(lambda client=client, before=before: client.deadline != before)
            plane.sweep.once()
        writer.write(b"d")
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
        writer.close()
    assert backends.bodies == [b"abcd"]


async def test_a_client_that_pauses_its_download_is_not_held_against_the_server(
    front: Any, backends: Backends
) -> None:
    size = 32 * 1024 * 1024

    async def send(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        await conversation.reader.read()

    async with front(Settings(limits=Limits(timeout_client=1000.0))) as plane, backends.serve(send) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port, limit=1024)
        writer.write(GET)
        await plane.until(lambda: any(client.full for client in plane.site.clients))
        plane.expire(ticks=100)
        got = len(await reader.readuntil(b"\r\n\r\n"))
        while data := await asyncio.wait_for(reader.read(1 << 20), 5):
            got += len(data)
            if got >= size:
                break
        writer.close()
    assert got >= size


async def upgrade(conversation: Conversation) -> None:
    """Agree to another protocol, and echo."""
    await conversation.head()
    conversation.say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
    while data := await conversation.reader.read(100):
        conversation.say(data)


async def test_a_tunnel_on_which_nothing_moves_comes_to_an_end(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(upgrade) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"))
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(2):
            plane.expire(ticks=3599)
            writer.write(b"still")
            assert await reader.readexactly(5) == b"still"
        plane.expire(ticks=3602)
        assert await reader.read() == b""
        writer.close()
        await plane.until(lambda: not plane.site.relays and not plane.site.clients)
        assert b'"status":101,' in plane.log[0]
        assert b'"reason":"timeout-tunnel"' in plane.log[0]


async def test_draining_leaves_tunnels_alone(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(upgrade) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"))
        await reader.readuntil(b"\r\n\r\n")
        plane.site.draining = True
        for _ in range(4):
            plane.sweep.once()
        writer.write(b"still")
        assert await reader.readexactly(5) == b"still"
        writer.close()


async def test_a_client_that_half_closes_before_the_tunnel_is_there_ends_it(
    front: Any, backends: Backends
) -> None:
    go = asyncio.Event()

    async def upgrade(conversation: Conversation) -> None:
        await conversation.head()
        await go.wait()
        conversation.say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
        await conversation.reader.read()

    async with front() as plane, backends.serve(upgrade) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"))
        writer.write_eof()
        await plane.until(lambda: any(client.ended for client in plane.site.clients))
        go.set()
        assert b"101" in await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await plane.until(lambda: not plane.site.relays)
