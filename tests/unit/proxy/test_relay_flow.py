"""Large streams of relayed connections go through the kernel, and end as others do."""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ingress.net.stream import asked
from ingress.proxy import flow
from ingress.proxy.pipe import Pipes
from tests.unit.proxy.conftest import Backends, Conversation, Front, reset
from tests.unit.proxy.relay_stage import DB, relay
from tests.unit.proxy.test_server_names import server_context
from tests.unit.proxy.test_splice import BODY, MIB, over
from tests.unit.proxy.test_tcp import listening
from tests.unit.proxy.tls_stage import certificate, trusting
from tests.unit.proxy.tls_stage import listening as listening_for_tls

UPGRADE = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def give(writer: asyncio.StreamWriter, data: bytes = BODY) -> None:
    """Say that much, as fast as it is taken."""
    for at in range(0, len(data), 300_000):
        writer.write(data[at : at + 300_000])
        await writer.drain()


async def both_ways(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Say all of it, while as much is read, and nothing more."""

    async def speak() -> None:
        await give(writer)
        writer.write_eof()

    said = asyncio.ensure_future(speak())
    heard = await reader.read()
    await said
    writer.close()
    return heard


async def talk_alike(conversation: Conversation) -> None:
    """A server that says all of it too, at the same time."""
    assert await both_ways(conversation.reader, conversation.writer) == BODY


async def test_both_directions_of_a_connection_come_whole_and_most_of_it_unread(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(talk_alike) as server, listening(plane, server) as port:
        assert await both_ways(*await asyncio.open_connection("127.0.0.1", port)) == BODY
        await plane.until(lambda: not plane.site.relays)
        await over(plane)
        size = b"%d" % len(BODY)
        assert b'"bytes_in":%b,"bytes":%b,' % (size, size) in plane.log[0]
    assert sum(spliced) > 2 * 2 * 4 * MIB


async def test_a_tunnel_behind_an_upgrade_takes_the_same_way(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async def switch(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(SWITCHING)
        await talk_alike(conversation)

    async with front() as plane, backends.serve(switch) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        assert await both_ways(reader, writer) == BODY
        await plane.until(lambda: bool(plane.log))
        await over(plane)
        assert b'"status":101,"bytes":%d,' % len(BODY) in plane.log[0]
    assert sum(spliced) > 2 * 2 * 4 * MIB


async def test_tls_that_is_relayed_takes_the_same_way(
    spliced: list[int], front: Any, backends: Backends, tmp_path: Path
) -> None:
    theirs = certificate(DB)

    async def answer(conversation: Conversation) -> None:
        assert await conversation.reader.readexactly(len(BODY)) == BODY
        await give(conversation.writer)

    async with (
        front() as plane,
        backends.serve(answer, tls=server_context(tmp_path, theirs)) as server,
        listening_for_tls(plane) as port,
    ):
        relay(plane, server)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusting(theirs), server_hostname=DB
        )
        await give(writer)
        assert await reader.readexactly(len(BODY)) == BODY
        writer.close()
        await plane.until(lambda: not plane.site.relays)
        await over(plane)
    assert sum(spliced) > 2 * 4 * MIB


async def begun(plane: Front, port: int, spliced: list[int]) -> Pair:
    """A connection to a server that says a lot, which goes through the kernel by now."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await plane.until(lambda: sum(spliced) > MIB)
    return reader, writer


async def pour(conversation: Conversation) -> None:
    """Say a lot, without an end."""
    with suppress(ConnectionError):
        await give(conversation.writer)
        await conversation.reader.read()


async def test_a_pipe_is_given_back_when_nothing_comes_and_the_connection_goes_on(
    spliced: list[int], front: Any, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However little the last of it was.
    monkeypatch.setattr(flow, "TRICKLE", 0)

    async def pour_twice(conversation: Conversation) -> None:
        await give(conversation.writer)
        await conversation.reader.readexactly(1)
        await give(conversation.writer)

    async with front() as plane, backends.serve(pour_twice) as server, listening(plane, server) as port:
        reader, writer = await begun(plane, port, spliced)
        assert await reader.readexactly(len(BODY)) == BODY
        plane.sweep.once()
        assert plane.site.pipes.in_use == 1
        plane.sweep.once()
        assert plane.site.pipes.in_use == 0
        before = sum(spliced)
        writer.write(b"!")
        assert await reader.read() == BODY
        assert sum(spliced) > before + 2 * 4 * MIB
        writer.close()
        await plane.until(lambda: not plane.site.relays)
        await over(plane)


async def test_a_pipe_is_given_back_when_little_comes_at_a_time(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async def pour_and_drip(conversation: Conversation) -> None:
        await give(conversation.writer)
        for _ in range(2):
            await conversation.reader.readexactly(1)
            conversation.say(b"drip")

    async with front() as plane, backends.serve(pour_and_drip) as server, listening(plane, server) as port:
        reader, writer = await begun(plane, port, spliced)
        assert await reader.readexactly(len(BODY)) == BODY
        for _ in range(2):
            writer.write(b"!")
            assert await reader.readexactly(4) == b"drip"
            assert plane.site.pipes.in_use == 0
        writer.close()


def shrink(plane: Front) -> None:
    """Have the kernel keep little for the client."""
    (held,) = plane.site.relays
    assert held.client.transport is not None
    asked(
        held.client.transport.fileno(), lambda own: own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    )


async def test_a_client_that_reads_slowly_gets_all_of_it_and_keeps_its_pipe(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(pour) as server, listening(plane, server) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        await plane.until(lambda: bool(plane.site.relays))
        shrink(plane)
        got = bytearray()
        while len(got) < len(BODY):
            got += await reader.read(MIB)
            plane.expire(ticks=10)
        assert bytes(got) == BODY
        assert sum(spliced) > MIB
        writer.close()


@pytest.mark.parametrize("who", ["client", "server"])
async def test_a_reset_ends_the_other_connection_and_is_told(
    who: str, spliced: list[int], front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(pour) as server, listening(plane, server) as port:
        reader, writer = await begun(plane, port, spliced)
        reset(writer if who == "client" else backends.connections[0].writer)
        if who == "server":
            with suppress(ConnectionResetError):
                assert BODY.startswith(await reader.read())
        await plane.until(lambda: not plane.site.relays)
        await over(plane)
        await plane.until(lambda: bool(plane.log))
        writer.close()
    assert (b"client-closed" if who == "client" else b"server-aborted") in plane.log[0]


async def test_a_connection_on_which_nothing_moves_for_too_long_ends_with_its_pipe(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async def pour_on(conversation: Conversation) -> None:
        with suppress(ConnectionError):
            while True:
                await give(conversation.writer)

    async with front() as plane, backends.serve(pour_on) as server, listening(plane, server) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        await plane.until(lambda: bool(plane.site.pipes.in_use))
        before = -1
        while before != len(spliced):
            before = len(spliced)
            await asyncio.sleep(0.05)
        # The client reads nothing: bytes wait in the pipe, which are not to be lost for its sake.
        plane.expire(ticks=100)
        assert plane.site.pipes.in_use == 1
        plane.expire()
        await plane.until(lambda: not plane.site.relays)
        assert plane.site.pipes.in_use == 0
        assert b'"reason":"timeout-tunnel"' in plane.log[0]
        writer.close()


async def test_without_a_pipe_it_is_read_and_written(
    spliced: list[int], front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(talk_alike) as server, listening(plane, server) as port:
        plane.site.pipes = Pipes(0)
        assert await both_ways(*await asyncio.open_connection("127.0.0.1", port)) == BODY
        await plane.until(lambda: not plane.site.relays)
    assert not spliced


class Stopped:
    """A splice that is there until somebody stops it."""

    def __init__(self) -> None:
        self.was = False

    def stop(self) -> None:
        self.was = True


def a_flow() -> tuple[Any, flow.Flow, Stopped]:
    """A flow of a client in a worker, and its splice."""
    site = SimpleNamespace(tick=10, pipes=Pipes(1))
    end: Any = SimpleNamespace(relay=SimpleNamespace(site=site), passed=lambda count: None, transport=None)
    end.other = end
    made, splice = flow.Flow(end), Stopped()
    made.begun(cast(Any, splice))
    return site, made, splice


def test_much_that_is_taken_little_by_little_is_no_trickle() -> None:
    _, made, _ = a_flow()
    made.moved(MIB, waits=True)
    made.moved(10, waits=False)
    assert made.left
    made.moved(10, waits=False)
    assert not made.left


def test_only_one_on_which_nothing_has_moved_of_late_rests() -> None:
    site, made, splice = a_flow()
    site.tick = 15
    made.moved(MIB, waits=False)
    made.rest(16)
    assert not splice.was
    made.moved(MIB, waits=True)
    made.rest(90)
    assert not splice.was
    made.moved(MIB, waits=False)
    made.rest(17)
    assert splice.was
    assert site.pipes.holders == {made}
    made.ended()
    assert not site.pipes.holders
