"""Who a client is comes from the PROXY header of a trusted proxy, and goes to servers that want one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any, Final

import pytest

from ingress.model.backend import Backend, BackendSettings, ProxyHeader
from ingress.model.change import PutBackend
from ingress.model.settings import Settings
from ingress.observe.page import WorkerCell
from ingress.proxy.client import ClientConnection, Door
from ingress.proxy.introduction import Introduction, Made
from ingress.proxy.tcp import TcpClient, TcpTarget
from ingress.proxy.tls.accepted import Accepted
from ingress.wire.proxy_protocol import Ends, binary_header, line_header, read_header
from tests.unit.proxy.conftest import OK, Backends, Conversation, Front
from tests.unit.proxy.test_tcp import shout
from tests.unit.proxy.tls_stage import certificate, trusting, use

TOLD: Final = Ends(("192.0.2.7", 51000), ("198.51.100.1", 8443))
GET: Final = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
CLOSE: Final = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
HEADERS: Final = [line_header, binary_header]
SETTINGS: Final = Settings(trusted_proxies=("192.0.2.0/24",))


@asynccontextmanager
async def introduced(
    plane: Front, made: Callable[[Front], Made] | None = None, proxies: str = "127.0.0.1/32"
) -> AsyncIterator[int]:
    """A listener to which only one proxy connects; its port."""
    door = Door(Settings(), 80, tls=False)
    make: Made = (lambda told: ClientConnection(plane.site, door, told)) if made is None else made(plane)
    server = plane.listen(lambda: Introduction(plane.site, [ip_network(proxies)], make))
    try:
        yield server.port
    finally:
        server.close()


async def talk(port: int, *pieces: bytes, ours: str = "127.0.0.1") -> bytes:
    """Say it piece by piece, and hear all that is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ours, 0))
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0)
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("header", HEADERS)
async def test_a_client_is_whom_the_header_names_wherever_it_splits(
    header: Any, front: Any, backends: Backends
) -> None:
    data = header(TOLD) + CLOSE
    async with front() as plane, backends.serve(backends.echo) as server, introduced(plane) as port:
        plane.route(server)
        for cut in range(1, len(data), 3):
            assert (await talk(port, data[:cut], data[cut:])).endswith(b"ok")
        await plane.until(lambda: not plane.site.clients)
        assert not plane.site.handshakes
    assert all(b"\r\nX-Forwarded-For: 192.0.2.7\r\n" in head for head in backends.heads)
    assert all(b'"client":"192.0.2.7"' in line for line in plane.log)


@pytest.mark.parametrize("header", HEADERS)
async def test_a_proxys_own_connection_is_the_proxys(header: Any, front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server, introduced(plane) as port:
        plane.route(server)
        assert (await talk(port, header(None) + CLOSE)).endswith(b"ok")
    assert b"\r\nX-Forwarded-For: 127.0.0.1\r\n" in backends.heads[0]


async def test_rules_and_trust_are_about_the_client_and_not_the_proxy(front: Any, backends: Backends) -> None:
    def made(plane: Front) -> Made:
        door = Door(SETTINGS, 80, tls=False)
        return lambda told: ClientConnection(plane.site, door, told)

    async with front() as plane, backends.serve(backends.echo) as server, introduced(plane, made) as port:
        plane.route(server)
        before = CLOSE.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
        await talk(port, line_header(TOLD) + before)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(line_header(TOLD) + GET)
        await reader.readuntil(b"ok")
        (client,) = plane.site.clients
        assert client.port == 51000
        assert client.local == (bytes((198, 51, 100, 1)), 8443)
        writer.close()
    assert b"\r\nX-Forwarded-For: 203.0.113.9, 192.0.2.7\r\n" in backends.heads[0]


async def test_nobody_but_a_proxy_can_say_who_it_is(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server, introduced(plane) as port:
        plane.route(server)
        refused = await talk(port, line_header(TOLD) + CLOSE, ours="127.0.0.2")
        plain = await talk(port, CLOSE, ours="127.0.0.2")
    assert refused.startswith(b"HTTP/1.1 400 ")
    assert plain.endswith(b"ok")
    assert b"\r\nX-Forwarded-For: 127.0.0.2\r\n" in backends.heads[0]


@pytest.mark.parametrize("data", [CLOSE, b"PROXY TCP4 1.2.3.4\r\n" + CLOSE, b"\r\n\r\n\x00\r\nQUIX" + CLOSE])
async def test_a_proxy_that_does_not_say_whose_connection_it_is_is_not_heard(
    data: bytes, front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server, introduced(plane) as port:
        plane.route(server)
        assert await talk(port, data) == b""
        await plane.until(lambda: not plane.site.handshakes)
        assert plane.site.cells[WorkerCell.PROXY_HEADERS_FAILED_TOTAL] == 1
    assert not backends.heads


async def test_a_header_that_does_not_get_on_is_ended(front: Any) -> None:
    async with front() as plane, introduced(plane) as port:
        waiting = asyncio.ensure_future(talk(port, b"PROXY TC"))
        await plane.until(lambda: bool(plane.site.handshakes))
        plane.expire(9)
        assert plane.site.handshakes
        plane.expire(2)
        assert await waiting == b""
        assert plane.site.cells[WorkerCell.PROXY_HEADERS_FAILED_TOTAL] == 1


async def test_a_proxy_that_leaves_before_it_has_said_anything_leaves_nothing(front: Any) -> None:
    async with front() as plane, introduced(plane) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await plane.until(lambda: bool(plane.site.handshakes))
        writer.close()
        await plane.until(lambda: not plane.site.handshakes)


async def test_the_header_comes_before_tls(front: Any, backends: Backends) -> None:
    def made(plane: Front) -> Made:
        door = Door(Settings(), 443, tls=True)
        return lambda told: Accepted(plane.site, lambda: ClientConnection(plane.site, door, told))

    pair = certificate("www.example.com")
    async with front() as plane, backends.serve(backends.echo) as server, introduced(plane, made) as port:
        plane.route(server)
        use(plane.site.tls, pair)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(binary_header(TOLD))
        await writer.drain()
        await writer.start_tls(trusting(pair), server_hostname="www.example.com")
        writer.write(CLOSE)
        assert (await reader.read()).endswith(b"ok")
        writer.close()
    assert b"\r\nX-Forwarded-For: 192.0.2.7\r\n" in backends.heads[0]
    assert b"\r\nX-Forwarded-Proto: https\r\n" in backends.heads[0]


# Towards servers.


class Seen:
    """What servers were told of each connection, and how many requests came on it."""

    def __init__(self) -> None:
        self.ends: list[Ends | None] = []
        self.requests: list[int] = []

    async def serve(self, conversation: Conversation) -> None:
        """Read a header, and answer all that follows."""
        data = await conversation.reader.readexactly(1)
        while (header := read_header(data)) is None:
            data += await conversation.reader.readexactly(1)
        place = len(self.ends)
        self.ends.append(header.ends)
        self.requests.append(0)
        while await conversation.head():
            self.requests[place] += 1
            conversation.say(OK)


@pytest.mark.parametrize("version", [ProxyHeader.V1, ProxyHeader.V2])
async def test_a_server_is_told_the_ends_of_each_clients_connection(
    version: ProxyHeader, front: Any, backends: Backends
) -> None:
    seen = Seen()
    async with front() as plane, backends.serve(seen.serve) as server:
        plane.route(server, settings=BackendSettings(send_proxy=version))
        for _ in range(2):
            reader, writer = await plane.connect("127.0.0.9")
            port = writer.get_extra_info("sockname")[1]
            for _ in range(2):
                writer.write(GET)
                await reader.readuntil(b"ok")
            writer.close()
            assert seen.ends[-1] == Ends(("127.0.0.9", port), ("127.0.0.1", plane.port))
        await plane.until(lambda: not plane.site.upstreams)
    assert seen.requests == [1, 1, 1, 1]


async def test_a_server_is_told_what_the_proxy_in_front_has_told(front: Any, backends: Backends) -> None:
    seen = Seen()
    async with front() as plane, backends.serve(seen.serve) as server, introduced(plane) as port:
        plane.route(server, settings=BackendSettings(send_proxy=ProxyHeader.V2))
        assert (await talk(port, line_header(TOLD) + CLOSE)).endswith(b"ok")
    assert seen.ends == [TOLD]


async def test_a_connection_of_before_is_not_used_when_each_has_to_say_whose_it_is(
    front: Any, backends: Backends
) -> None:
    seen = Seen()
    go = asyncio.Event()

    async def first_plain(conversation: Conversation) -> None:
        if len(backends.connections) > 2:
            await seen.serve(conversation)
            return
        await conversation.head()
        if len(backends.connections) == 2:
            await go.wait()
        conversation.say(OK)
        await conversation.reader.read()

    async with front() as plane, backends.serve(first_plain) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(GET)
        await reader.readuntil(b"ok")
        await plane.until(lambda: any(not upstream.attempt for upstream in plane.site.upstreams))
        idle = plane.site.backend("test:www.example.com/").servers[0].idle.pop()
        under_way = asyncio.ensure_future(plane.talk(CLOSE))
        await plane.until(lambda: len(backends.connections) == 2)
        plane.site.backend("test:www.example.com/").servers[0].idle.append(idle)
        settings = BackendSettings(send_proxy=ProxyHeader.V1)
        plane.apply.put(PutBackend(Backend("test:www.example.com/", (server,), settings), (100,)))
        go.set()
        assert (await under_way).endswith(b"ok")
        writer.write(CLOSE)
        assert (await reader.read()).endswith(b"ok")
        writer.close()
    assert len(seen.ends) == 1


async def test_a_server_that_is_looked_after_is_told_that_nobody_asks(front: Any, backends: Backends) -> None:
    seen = Seen()
    async with front() as plane, backends.serve(seen.serve) as server:
        plane.route(server, settings=BackendSettings(send_proxy=ProxyHeader.V2))
        backend = plane.site.backend("test:www.example.com/")
        plane.site.health.failed(backend, backend.servers[0], unreachable=True)
        plane.now = lambda: 1e12
        plane.expire(1)
        await plane.until(lambda: bool(seen.ends))
    assert seen.ends == [None]


@pytest.mark.parametrize("version", [ProxyHeader.V1, ProxyHeader.V2])
async def test_a_tcp_server_is_told_whose_connection_it_is(
    version: ProxyHeader, front: Any, backends: Backends
) -> None:
    told: list[Ends | None] = []

    async def serve(conversation: Conversation) -> None:
        data = await conversation.reader.readexactly(1)
        while (header := read_header(data)) is None:
            data += await conversation.reader.readexactly(1)
        told.append(header.ends)
        await shout(conversation)

    def made(plane: Front) -> Made:
        backend = plane.site.backend("test:www.example.com/")
        return lambda ends: TcpClient(plane.site, TcpTarget(backend), ends)

    async with front() as plane, backends.serve(serve) as server:
        plane.route(server, settings=BackendSettings(send_proxy=version))
        async with introduced(plane, made) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(line_header(TOLD) + b"hello")
            writer.write_eof()
            assert await asyncio.wait_for(reader.read(), 5) == b"HELLOBYE"
            writer.close()
        await plane.until(lambda: not plane.site.relays)
    assert told == [TOLD]
