"""Each relayed connection is a line in the access log, which says how it ended."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from ingress.model.backend import BackendSettings, ServerTls
from ingress.model.reason import Reason
from ingress.model.settings import Limits, Settings
from ingress.observe.page import WorkerCell
from ingress.proxy.relay import Relay
from ingress.proxy.tcp import TcpClient, TcpTarget
from tests.unit.proxy.conftest import Backends, Conversation, Front, reset
from tests.unit.proxy.relay_stage import DB, HELLO, ORIGIN, relay, say
from tests.unit.proxy.test_attempts import refusing
from tests.unit.proxy.test_tcp import listening, shout, talk
from tests.unit.proxy.tls_stage import certificate, trusting, use
from tests.unit.proxy.tls_stage import listening as listening_for_tls


async def line(plane: Front) -> dict[str, Any]:
    """The one that there is."""
    await plane.until(lambda: bool(plane.log))
    assert not plane.site.relays
    (text,) = plane.log
    found: dict[str, Any] = json.loads(text)
    return found


async def test_it_says_whose_connection_it_was_and_who_had_it(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(shout) as server:
        plane.route(server)
        target = TcpTarget(plane.site.backend("test:www.example.com/"), ORIGIN)
        now = plane.now()
        plane.now = lambda: now
        listener = plane.listen(lambda: TcpClient(plane.site, target))
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"HELLO"
        plane.now = lambda: now + 2.0
        writer.write_eof()
        assert await reader.read() == b"BYE"
        writer.close()
        told = await line(plane)
        listener.close()
    assert told.pop("time").endswith("Z")
    assert told == {
        "client": "127.0.0.1",
        "protocol": "tcp",
        "host": "",
        "bytes_in": 5,
        "bytes": 8,
        "connect_us": 0,
        "total_us": 2_000_000,
        "route": "ingress default/db",
        "backend": "test:www.example.com/",
        "server": f"127.0.0.1:{server.port}",
        "tries": 1,
        "reason": "",
    }


@pytest.mark.parametrize("ended", [False, True])
async def test_it_says_what_name_was_asked_for(ended: bool, front: Any, backends: Backends) -> None:
    ours = certificate(DB)
    async with front() as plane, backends.serve(shout) as server, listening_for_tls(plane) as port:
        use(plane.site.tls, ours)
        relay(plane, server, host="*.example.com", ended=ended)
        if ended:
            await say(port, DB, b"hello", trusting(ours))
        else:
            await talk(port, HELLO)
        told = await line(plane)
    assert (told["host"], told["route"], told["reason"]) == (DB, "ingress default/db", "")


async def test_the_time_until_a_server_was_there_is_told(front: Any, backends: Backends) -> None:
    async with (
        front() as plane,
        backends.serve(shout) as server,
        listening(plane, refusing(), server) as port,
    ):
        await talk(port, b"a")
        told = await line(plane)
    assert 0 < told["connect_us"] < told["total_us"]
    assert told["tries"] == 2


async def test_a_connection_that_nobody_serves_says_why(front: Any) -> None:
    for servers, tries, reason in (((), 0, "no-endpoints"), ((refusing(),), 3, "connect-failed")):
        async with front() as plane, listening(plane, *servers) as port:
            with suppress(ConnectionResetError):
                await talk(port, b"a")
            told = await line(plane)
        assert (told["server"], told["tries"], told["reason"]) == ("", tries, reason)


async def test_a_server_without_tls_where_it_should_have_it_is_told(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(shout) as server:
        settings = BackendSettings(tls=ServerTls(verify=True), tries=1)
        plane.route(server, settings=settings)
        target = TcpTarget(plane.site.backend("test:www.example.com/"))
        listener = plane.listen(lambda: TcpClient(plane.site, target))
        with suppress(ConnectionResetError):
            await talk(listener.port, b"a")
        assert (await line(plane))["reason"] == "tls-failed"
        listener.close()


@pytest.mark.parametrize("place", ["room", "address"])
async def test_a_connection_too_many_is_told(place: str, front: Any, backends: Backends) -> None:
    limits = Limits(connections_per_client=1) if place == "address" else Limits(connections=1)
    async with (
        front(Settings(limits=limits)) as plane,
        backends.serve(shout) as server,
        listening(plane, server) as port,
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"a")
        await reader.readexactly(1)
        with suppress(ConnectionResetError):
            assert await talk(port, b"b") == b""
        await plane.until(lambda: bool(plane.log))
        writer.close()
        told = json.loads(plane.log[0])
    assert told["reason"] == ("too-many-connections" if place == "address" else "overloaded")
    assert told["tries"] == 0


async def nothing(conversation: Conversation) -> None:
    await conversation.reader.read()


@pytest.mark.parametrize("who", ["client", "server"])
async def test_who_has_reset_the_connection_is_told(who: str, front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(nothing) as server, listening(plane, server) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await plane.until(lambda: bool(backends.connections))
        if who == "client":
            reset(writer)
        else:
            reset(backends.connections[0].writer)
            with suppress(ConnectionResetError):
                await reader.read()
        told = await line(plane)
        writer.close()
    assert told["reason"] == ("client-closed" if who == "client" else "server-aborted")


async def test_a_client_that_leaves_while_a_server_is_looked_for_is_told_and_leaves_nothing(
    front: Any, backends: Backends
) -> None:
    settings = BackendSettings(tls=ServerTls(), timeout_connect=0.05)
    async with front() as plane, backends.serve(nothing) as server:
        plane.route(server, settings=settings)
        target = TcpTarget(plane.site.backend("test:www.example.com/"))
        listener = plane.listen(lambda: TcpClient(plane.site, target))
        _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        await plane.until(lambda: bool(backends.connections))
        reset(writer)
        told = await line(plane)
        listener.close()
        assert plane.site.cells[WorkerCell.TCP_CONNECTIONS] == 0
    assert (told["server"], told["reason"]) == ("", "client-closed")


async def test_what_came_first_is_the_reason(front: Any) -> None:
    async with front() as plane:
        relayed = Relay(plane.site, lambda _: None)
        relayed.broken(Reason.SERVER_ABORTED)
        relayed.broken(Reason.CLIENT_CLOSED)
        assert relayed.reason == "server-aborted"


async def test_a_relay_on_which_nothing_moves_says_so(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(nothing) as server, listening(plane, server) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await plane.until(lambda: bool(backends.connections))
        plane.expire()
        assert (await line(plane))["reason"] == "timeout-tunnel"
        writer.close()


async def test_without_a_log_connections_are_relayed_all_the_same(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(shout) as server, listening(plane, server) as port:
        plane.site.log = None
        assert await talk(port, b"a") == b"ABYE"
        await plane.until(lambda: not plane.site.relays)
