"""The rarer turns of HTTP: early answers, interim ones, trailers, refused upgrades, half-closed clients."""

import asyncio
from typing import Any

import pytest

from ingress.model.backend import BackendSettings
from ingress.observe.page import ServerCell
from tests.unit.proxy.conftest import OK, Backends, Conversation, Front

GET = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
LAST = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
POST = b"POST / HTTP/1.1\r\nHost: www.example.com\r\n"
EARLY = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def failures(plane: Front, place: int = 0) -> int:
    """How many failures were counted for a server."""
    server = plane.site.backend("test:www.example.com/").servers[place]
    return plane.site.cells[server.cell + ServerCell.FAILURES]


# Early answers.


async def test_an_answer_that_a_server_gave_before_it_reset_the_connection_is_heard(
    front: Any, backends: Backends
) -> None:
    """nginx and others refuse a body so: what is sent to them then fails before the answer is read."""
    go = asyncio.Event()

    async def refuse(conversation: Conversation) -> None:
        backends.heads.append(await conversation.head())
        await go.wait()
        conversation.say(EARLY)

    async with front() as plane, backends.serve(refuse) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(POST + b"Content-Length: 1000000\r\n\r\nbegun")
        await plane.until(lambda: any(upstream.attempt for upstream in plane.site.upstreams))
        (upstream,) = plane.site.upstreams
        upstream.transport.pause_reading()  # what we send is to fail before the answer is read
        go.set()
        for _ in range(20):
            writer.write(b"x" * 1000)
            await asyncio.sleep(0.005)
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"big")
    assert len(backends.heads) == 1


async def test_after_an_early_answer_the_rest_of_the_body_is_no_request(
    front: Any, backends: Backends
) -> None:
    async def refuse(conversation: Conversation) -> None:
        backends.heads.append(await conversation.head())
        conversation.say(EARLY.replace(b"413 Content Too Large", b"401 Unauthorized"))
        await conversation.reader.read()

    async with front() as plane, backends.serve(refuse) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(POST + b"Content-Length: 1000\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(GET)
        assert await reader.read() == b"big"
        await plane.until(lambda: not plane.site.upstreams)
        writer.close()
    assert head.startswith(b"HTTP/1.1 401 ")
    assert b"\r\nConnection: close\r\n" in head
    assert len(backends.heads) == 1


# Interim answers.


async def test_a_server_that_asks_for_no_body_and_answers_is_heard(front: Any, backends: Backends) -> None:
    async def refuse(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")

    async with front() as plane, backends.serve(refuse) as server:
        plane.route(server)
        answer = await plane.talk(POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 417 ")
    assert b"\r\nConnection: close\r\n" in answer


async def test_a_server_that_says_nothing_to_an_expectation_is_too_slow_and_not_the_client(
    front: Any, backends: Backends
) -> None:
    async def silent(conversation: Conversation) -> None:
        await conversation.reader.read()

    async with front() as plane, backends.serve(silent) as server:
        plane.route(server, settings=BackendSettings(timeout_server=5.0))
        answer = asyncio.ensure_future(
            plane.talk(POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        )
        await plane.until(lambda: any(upstream.attempt for upstream in plane.site.upstreams))
        plane.expire(ticks=10)
        assert b"X-Headgate-Reason: timeout-server\r\n" in await answer
        assert failures(plane) == 1


async def test_a_client_that_was_asked_for_its_body_and_sends_none_is_too_slow(
    front: Any, backends: Backends
) -> None:
    async def ask(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.1 100 Continue\r\n\r\n")
        await conversation.reader.read()

    async with front() as plane, backends.serve(ask) as server:
        plane.route(server, settings=BackendSettings(timeout_server=5.0))
        reader, writer = await plane.connect()
        writer.write(POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        await reader.readuntil(b"100 Continue\r\n\r\n")
        plane.expire(ticks=10)
        assert plane.site.clients
        plane.expire(ticks=100)
        assert b"X-Headgate-Reason: timeout-request\r\n" in await reader.read()
        writer.close()
        assert failures(plane) == 0


async def test_hints_are_passed_on_with_their_fields_and_not_to_http_1_0(
    front: Any, backends: Backends
) -> None:
    async def hint(conversation: Conversation) -> None:
        while await conversation.head():
            hints = b"".join(b"HTTP/1.1 103 Early Hints\r\nLink: </%d>\r\n\r\n" % number for number in (1, 2))
            conversation.say(hints + OK)

    async with front() as plane, backends.serve(hint) as server:
        plane.route(server)
        answer = await plane.talk(LAST)
        old = await plane.talk(GET.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert answer.index(b"Link: </1>") < answer.index(b"Link: </2>") < answer.index(b"HTTP/1.1 200 OK")
    assert old.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"103" not in old


async def test_endless_hints_are_no_answer_and_harm_nobody(front: Any, backends: Backends) -> None:
    async def hint(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.1 102\r\n\r\n" * 20_000)
        await conversation.reader.read()

    async with front() as plane, backends.serve(hint) as server:
        plane.route(server)
        answer = await plane.talk(POST + b"Content-Length: 0\r\n\r\n" + LAST)
    assert answer.count(b"HTTP/1.1 502 ") >= 1
    assert answer.count(b"HTTP/1.1 102") < 1000
    assert b"X-Headgate-Reason: bad-response\r\n" in answer


# Trailers.


@pytest.mark.parametrize(("said", "passed"), [(b"TE: trailers\r\n", True), (b"", False)])
async def test_trailers_reach_clients_that_take_them(
    said: bytes, passed: bool, front: Any, backends: Backends
) -> None:
    async def answer_with_trailers(conversation: Conversation) -> None:
        backends.heads.append(await conversation.head())
        conversation.say(CHUNKED + b"2\r\nok\r\n0\r\nGrpc-Status: 0\r\nContent-Length: 5\r\n\r\n")

    async with front() as plane, backends.serve(answer_with_trailers) as server:
        plane.route(server)
        answer = await plane.talk(LAST.replace(b"\r\n\r\n", b"\r\n" + said + b"\r\n"))
    end = b"0\r\nGrpc-Status: 0\r\n\r\n" if passed else b"0\r\n\r\n"
    assert answer.endswith(b"\r\n\r\n2\r\nok\r\n" + end)
    assert (b"\r\nTE: trailers\r\n" in backends.heads[0]) is passed


# Upgrades.


async def test_an_upgrade_that_the_server_refuses_is_a_request_like_others(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        upgrade = GET.replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        answer = await plane.talk(upgrade + LAST)
        assert answer.count(b"HTTP/1.1 200 OK") == 2
        assert not plane.site.relays
    assert len(backends.connections) == 1


async def test_another_protocol_that_nobody_asked_for_is_a_bad_answer(front: Any, backends: Backends) -> None:
    """Requests would go through the tunnel unseen."""

    async def change(conversation: Conversation) -> None:
        backends.heads.append(await conversation.head())
        conversation.say(b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n")
        backends.bodies.append(await conversation.reader.read())

    async with front() as plane, backends.serve(change) as server:
        plane.route(server, settings=BackendSettings(tries=1))
        asked = GET.replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")
        answer = await plane.talk(asked + LAST)
        assert not plane.site.relays
    assert b"X-Headgate-Reason: bad-response\r\n" in answer
    assert all(body == b"" for body in backends.bodies)


# Half-closed clients.


async def test_a_client_that_half_closes_gets_the_answers_to_all_that_it_asked(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(GET * 5)
        writer.write_eof()
        assert (await reader.read()).count(b"\r\n\r\nok") == 5
        writer.close()


@pytest.mark.parametrize("left", [GET[:20], GET + GET[:20], POST + b"Content-Length: 9\r\n\r\nhalf"])
async def test_what_a_half_closed_client_has_not_finished_ends_its_connection(
    left: bytes, front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(left)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await plane.until(lambda: not plane.site.clients)
    assert answer.count(b"\r\n\r\nok") == left.startswith(GET)


# Close-delimited answers.


async def test_an_http_1_0_server_and_an_http_1_0_client_agree_on_the_end(
    front: Any, backends: Backends
) -> None:
    async def old(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.0 200 OK\r\n\r\nabc")
        await asyncio.sleep(0.01)
        conversation.say(b"def")

    async with front() as plane, backends.serve(old) as server:
        plane.route(server)
        asked = GET.replace(b"HTTP/1.1", b"HTTP/1.0").replace(
            b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n"
        )
        answer = await plane.talk(asked)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\nabcdef")
    assert b"\r\nConnection: close\r\n" in answer


# Streams.


@pytest.mark.parametrize("kind", [b"text/event-stream", b"application/x-ndjson"])
async def test_events_reach_the_client_as_they_come(kind: bytes, front: Any, backends: Backends) -> None:
    go = asyncio.Event()

    async def stream(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Type: %b\r\n\r\n" % kind))
        for _ in range(3):
            await go.wait()
            go.clear()
            conversation.say(b"7\r\ndata: 1\r\n")
        conversation.say(b"0\r\n\r\n")

    async with front() as plane, backends.serve(stream) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(LAST)
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(3):
            go.set()
            assert await reader.readexactly(12) == b"7\r\ndata: 1\r\n"
        assert await reader.read() == b"0\r\n\r\n"
        writer.close()


@pytest.mark.parametrize(("pause", "stays"), [(90, True), (110, False)])
async def test_a_stream_may_pause_for_as_long_as_its_own_limit_says(
    pause: int, stays: bool, front: Any, backends: Backends
) -> None:
    go = asyncio.Event()

    async def stream(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(CHUNKED + b"1\r\na\r\n")
        await go.wait()
        conversation.say(b"0\r\n\r\n")

    async with front() as plane, backends.serve(stream) as server:
        plane.route(server, settings=BackendSettings(timeout_server=5.0, timeout_stream=100.0))
        reader, writer = await plane.connect()
        writer.write(LAST)
        await reader.readuntil(b"a\r\n")
        plane.expire(ticks=pause)
        go.set()
        end = await reader.read() if stays else b""
        writer.close()
        await plane.until(lambda: bool(plane.log))
        assert failures(plane) == (not stays)
    assert (b'"reason":""' if stays else b'"reason":"timeout-server"') in plane.log[0]
    assert end == (b"0\r\n\r\n" if stays else b"")
