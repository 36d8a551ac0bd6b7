"""A client that asks for a host with a TCP route is relayed by a TLS listener, and all others are not."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from discovery.persistence_options import parse_balance
from ingress.model.backend import Backend, BackendSettings, ProxyHeader, Server, ServerTls
from ingress.model.change import Begin, Commit, DropTcpRoute, PutBackend, PutTcpRoute
from ingress.model.listener import Certificate, TcpRoute
from ingress.model.route import Origin
from ingress.model.settings import Limits, Settings
from ingress.observe.page import WorkerCell
from ingress.proxy.introduction import Introduction
from ingress.proxy.named import Named
from ingress.proxy.server_names import HTTPS
from ingress.proxy.tls.accepted import UNKNOWN_NAME, Accepted
from ingress.wire.proxy_protocol import Ends, line_header, read_header
from tests.unit.proxy.conftest import Backends, Conversation, Front
from tests.unit.proxy.test_tcp import shout, talk
from tests.unit.proxy.tls_stage import ask, believing, certificate, listening, trusting, use
from tests.unit.wire.test_client_hello import hello

ORIGIN = Origin("test", "ingress", "default", "db")
DB = "db.example.com"


def relay(
    plane: Front,
    *servers: Server,
    host: str = DB,
    port: int = HTTPS,
    ended: bool = False,
    settings: BackendSettings = BackendSettings(),
) -> None:
    """A TCP route to these servers."""
    name = f"test:tcp:{host}:{port}"
    plane.apply.put(PutBackend(Backend(name, servers, settings)))
    plane.apply.put(PutTcpRoute(TcpRoute(host, name, ORIGIN, port, ended)))
    plane.apply.put(Commit(plane.apply.version + 1))


def server_context(folder: Path, pair: Certificate) -> ssl.SSLContext:
    """What a server with this certificate needs."""
    file = folder / f"{pair.hosts[0].replace('*', '_')}.pem"
    file.write_bytes(pair.chain + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def say(port: int, host: str, data: bytes, context: ssl.SSLContext) -> bytes:
    """What a server answers over TLS until it says goodbye."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
    try:
        writer.write(data)
        return await asyncio.wait_for(reader.readexactly(len(data)), 5)
    finally:
        writer.close()


async def loud(conversation: Conversation) -> None:
    """Say everything again in capitals."""
    while data := await conversation.reader.read(65536):
        conversation.say(data.upper())


async def test_the_client_sees_the_servers_certificate_and_others_see_ours(
    front: Any, backends: Backends, tmp_path: Path
) -> None:
    theirs, ours = certificate(DB), certificate("www.example.com")
    async with (
        front() as plane,
        backends.serve(loud, tls=server_context(tmp_path, theirs)) as secret,
        backends.serve(backends.echo) as server,
        listening(plane) as port,
    ):
        use(plane.site.tls, ours)
        plane.route(server)
        relay(plane, secret)
        assert await say(port, DB, b"hello", trusting(theirs)) == b"HELLO"
        assert (await ask(port, "www.example.com", trusting(ours))).endswith(b"ok")
        await plane.until(lambda: not plane.site.relays)
        assert plane.site.cells[WorkerCell.TCP_CONNECTIONS] == 0
        assert plane.site.cells[WorkerCell.TCP_CONNECTIONS_TOTAL] == 1
        assert plane.site.cells[WorkerCell.TLS_HANDSHAKES_TOTAL] == 1
    assert len(backends.heads) == 1


HELLO = hello(DB)


@pytest.mark.parametrize("size", [1, 5, 64, len(HELLO)])
async def test_the_hello_reaches_the_server_byte_for_byte_however_it_is_split(
    front: Any, backends: Backends, size: int
) -> None:
    async with front() as plane, backends.serve(shout) as server, listening(plane) as port:
        relay(plane, server)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for at in range(0, len(HELLO), size):
            writer.write(HELLO[at : at + size])
            await asyncio.sleep(0)
        writer.write(b"more")
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == (HELLO + b"more").upper() + b"BYE"
        writer.close()


async def test_the_hello_may_be_in_many_records(front: Any, backends: Backends) -> None:
    message = HELLO[5:]
    records = b"".join(b"\x16\x03\x01\x00\x01" + message[at : at + 1] for at in range(len(message)))
    async with front() as plane, backends.serve(shout) as server, listening(plane) as port:
        relay(plane, server)
        assert await talk(port, records) == records.upper() + b"BYE"


async def answer_of(port: int, name: str | None) -> bytes:
    """Who gets the hello of a client that asks for a name; empty: nobody."""
    return await heard(port, hello(name))


async def heard(port: int, data: bytes) -> bytes:
    """The first bytes of an answer; empty: the connection is closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        return await asyncio.wait_for(reader.read(6), 5)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@asynccontextmanager
async def telling(backends: Backends, name: bytes) -> AsyncIterator[Server]:
    """A server that says who it is."""

    async def tell(conversation: Conversation) -> None:
        await conversation.reader.read(65536)
        conversation.say(name)

    async with backends.serve(tell) as server:
        yield server


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("db.example.com", b"exact."),
        ("DB.example.com.", b"exact."),
        ("x.example.com", b"wild.."),
        ("x.y.example.com", b"deep.."),
        ("example.com", b"any..."),
        ("other.example.org", b"any..."),
        (None, b"any..."),
    ],
)
async def test_the_nearest_name_has_it(front: Any, backends: Backends, name: str | None, who: bytes) -> None:
    async with (
        front() as plane,
        telling(backends, b"exact.") as exact,
        telling(backends, b"wild..") as wild,
        telling(backends, b"deep..") as deep,
        telling(backends, b"any...") as anybody,
        listening(plane) as port,
    ):
        relay(plane, exact)
        relay(plane, wild, host="*.example.com")
        relay(plane, deep, host="**.example.com")
        relay(plane, anybody, host="")
        assert await answer_of(port, name) == who


@pytest.mark.parametrize("host", ["", "*.example.com"])
async def test_a_host_of_http_is_nearer_than_a_star_if_it_has_a_certificate(
    front: Any, backends: Backends, host: str
) -> None:
    ours = certificate("www.example.com")
    async with (
        front() as plane,
        telling(backends, b"relay.") as far,
        backends.serve(backends.echo) as server,
        listening(plane) as port,
    ):
        plane.route(server)
        relay(plane, far, host=host)
        assert await answer_of(port, "www.example.com") == b"relay."
        use(plane.site.tls, ours)
        assert (await ask(port, "www.example.com", trusting(ours))).endswith(b"ok")
        assert await answer_of(port, "x.example.com") == b"relay."


async def test_a_route_that_goes_leaves_what_is_connected(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(shout) as server, listening(plane) as port:
        relay(plane, server)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HELLO)
        await reader.readexactly(len(HELLO))
        plane.apply.put(DropTcpRoute(HTTPS, DB))
        writer.write(b"still")
        writer.write_eof()
        assert await reader.read() == b"STILLBYE"
        writer.close()
        assert await talk(port, HELLO) == UNKNOWN_NAME
        assert not plane.site.names


async def test_a_hello_that_does_not_end_reaches_nobody(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(shout) as server, listening(plane) as port:
        relay(plane, server)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HELLO[:-1])
        await plane.until(lambda: bool(plane.site.handshakes))
        plane.expire()
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
    assert not backends.connections


async def test_nothing_is_put_around_what_is_tls_already(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(shout) as server, listening(plane) as port:
        relay(plane, server, settings=BackendSettings(tls=ServerTls(verify=True)))
        assert await talk(port, HELLO) == HELLO.upper() + b"BYE"


async def test_the_proxy_protocol_is_spoken_on_both_sides(front: Any, backends: Backends) -> None:
    told = Ends(("192.0.2.7", 51000), ("198.51.100.1", 443))
    got: asyncio.Queue[bytes] = asyncio.Queue()

    async def note(conversation: Conversation) -> None:
        got.put_nowait(await conversation.reader.read())

    async with front() as plane, backends.serve(note) as server:
        relay(plane, server, settings=BackendSettings(send_proxy=ProxyHeader.V2))
        site = plane.site

        def made(ends: Ends | None) -> Accepted:
            return Accepted(site, lambda: None, ends, site.names.get(HTTPS))

        proxies = [ip_network("127.0.0.1/32")]
        listener = plane.listen(lambda: Introduction(site, proxies, made))
        await talk(listener.port, line_header(told) + HELLO)
        header = read_header(await asyncio.wait_for(got.get(), 5))
        listener.close()
    assert header is not None
    assert header.ends == told
    assert header.rest == HELLO


async def test_a_client_stays_on_its_server_by_the_address_that_a_proxy_tells(
    front: Any, backends: Backends
) -> None:
    async def who(plane: Front, address: str) -> bytes:
        """The server of a client from there."""
        site, told = plane.site, Ends((address, 51000), ("198.51.100.1", 443))
        listener = plane.listen(lambda: Accepted(site, lambda: None, told, site.names.get(HTTPS)))
        try:
            return await heard(listener.port, HELLO)
        finally:
            listener.close()

    async with front() as plane, telling(backends, b"one") as one, telling(backends, b"two") as two:
        relay(plane, one, two, settings=BackendSettings(balance=parse_balance("source")))
        addresses = [f"192.0.2.{number}" for number in range(20)]
        first = [await who(plane, address) for address in addresses]
        assert [await who(plane, address) for address in addresses] == first
        assert set(first) == {b"one", b"two"}


async def test_tls_may_end_here_and_what_is_in_it_be_relayed(front: Any, backends: Backends) -> None:
    ours = certificate(DB)
    async with front() as plane, backends.serve(loud) as server, listening(plane) as port:
        use(plane.site.tls, ours)
        relay(plane, server, ended=True)
        assert await say(port, DB, b"select 1", trusting(ours)) == b"SELECT 1"
        await plane.until(lambda: not plane.site.relays)
        assert not plane.site.clients


async def test_clients_beyond_the_limit_are_not_relayed(front: Any, backends: Backends) -> None:
    async with front(descriptors=96) as plane, backends.serve(shout) as server, listening(plane) as port:
        relay(plane, server)
        room = plane.site.room.clients
        held = []
        for _ in range(room):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HELLO)
            await reader.readexactly(len(HELLO))
            held.append(writer)
        assert await heard(port, HELLO) == b""
        for writer in held:
            writer.close()


async def test_clients_beyond_the_limit_for_their_address_are_not_relayed(
    front: Any, backends: Backends
) -> None:
    limits = Settings(limits=Limits(connections_per_client=1))
    async with front(limits) as plane, backends.serve(shout) as server, listening(plane) as port:
        relay(plane, server)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HELLO)
        await reader.readexactly(len(HELLO))
        assert await heard(port, HELLO) == b""
        writer.close()
        await plane.until(lambda: not plane.site.relays)
        assert await heard(port, HELLO) == HELLO[:6].upper()


async def test_a_trusted_proxy_has_no_limit_for_its_address(front: Any, backends: Backends) -> None:
    limits = Settings(limits=Limits(connections_per_client=1), trusted_proxies=("127.0.0.0/8",))
    async with front(limits) as plane, backends.serve(shout) as server, listening(plane) as port:
        relay(plane, server)
        held = []
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HELLO)
            assert await reader.readexactly(len(HELLO)) == HELLO.upper()
            held.append(writer)
        for writer in held:
            writer.close()


async def test_a_full_state_without_a_route_drops_it(front: Any) -> None:
    async with front() as plane:
        relay(plane)
        relay(plane, host="other.example.com")
        kept = TcpRoute("other.example.com", "test:tcp:other.example.com:0", ORIGIN)
        for message in (Begin(), PutBackend(Backend(kept.backend, ())), PutTcpRoute(kept), Commit(9)):
            plane.apply.put(message)
        assert plane.site.names[HTTPS].find(DB) is None
        assert plane.site.names[HTTPS].find("other.example.com") == kept


@asynccontextmanager
async def on_port(plane: Front, others: str = "") -> AsyncIterator[int]:
    """A TCP port where the name decides, and who else has it; its port."""
    site = plane.site

    def accept() -> Named:
        return Named(site, site.names[5432], site.backend(others) if others else None)

    listener = plane.listen(accept)
    try:
        yield listener.port
    finally:
        listener.close()


async def test_a_tcp_port_is_shared_by_names_and_one_who_has_the_rest(front: Any, backends: Backends) -> None:
    async with (
        front() as plane,
        telling(backends, b"named.") as named,
        telling(backends, b"others") as rest,
    ):
        plane.route(rest)
        relay(plane, named, port=5432)
        async with on_port(plane, "test:www.example.com/") as port:
            assert await answer_of(port, DB) == b"named."
            assert await answer_of(port, "x.example.com") == b"others"
            assert await answer_of(port, None) == b"others"
            assert await talk(port, b"plain text") == b"others"


async def test_on_a_port_for_names_alone_others_are_refused(front: Any, backends: Backends) -> None:
    async with front() as plane, telling(backends, b"named.") as named:
        relay(plane, named, port=5432)
        async with on_port(plane) as port:
            assert await answer_of(port, "x.example.com") == UNKNOWN_NAME[:6]
            assert await talk(port, b"plain text") == b""
        assert plane.site.cells[WorkerCell.TLS_FAILED_TOTAL] == 2


async def test_tls_may_end_on_a_tcp_port(front: Any, backends: Backends) -> None:
    ours = certificate(DB)
    async with front() as plane, backends.serve(loud) as server:
        use(plane.site.tls, ours)
        relay(plane, server, port=5432, ended=True)
        relay(plane, host=DB)
        async with on_port(plane) as port:
            assert await say(port, DB, b"select 1", trusting(ours)) == b"SELECT 1"


async def test_a_client_that_waits_for_its_server_gets_who_has_the_rest(
    front: Any, backends: Backends
) -> None:
    async def greet(conversation: Conversation) -> None:
        conversation.say(b"220 ready")
        await conversation.reader.read()

    async with front() as plane, backends.serve(greet) as server:
        plane.route(server)
        relay(plane, port=5432)
        async with on_port(plane, "test:www.example.com/") as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await plane.until(lambda: bool(plane.site.handshakes))
            plane.site.tick += int(plane.site.limits.timeout_request) + 1
            plane.sweep.once()
            assert await asyncio.wait_for(reader.readexactly(9), 5) == b"220 ready"
            writer.close()


async def test_without_a_tcp_route_nobody_is_relayed(front: Any) -> None:
    async with front() as plane, listening(plane) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await ask(port, DB, believing())
        assert not plane.site.names
