"""A client that asks for a host with a TCP route is relayed by a TLS listener, and all others are not."""

import asyncio
import ssl
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from discovery.persistence_options import parse_balance
from ingress.model.backend import Backend, BackendSettings, ProxyHeader, ServerTls
from ingress.model.change import Begin, Commit, DropTcpRoute, PutBackend, PutTcpRoute
from ingress.model.listener import Certificate, TcpRoute
from ingress.observe.page import WorkerCell
from ingress.proxy.introduction import Introduction
from ingress.proxy.server_names import HTTPS
from ingress.proxy.tls.accepted import UNKNOWN_NAME, Accepted
from ingress.wire.proxy_protocol import Ends, line_header, read_header
from tests.unit.proxy.conftest import Backends, Conversation, Front
from tests.unit.proxy.relay_stage import DB, HELLO, ORIGIN, answer_of, heard, loud, relay, say, telling
from tests.unit.proxy.test_tcp import shout, talk
from tests.unit.proxy.tls_stage import ask, believing, certificate, listening, trusting, use


def server_context(folder: Path, pair: Certificate) -> ssl.SSLContext:
    """What a server with this certificate needs."""
    file = folder / f"{pair.hosts[0].replace('*', '_')}.pem"
    file.write_bytes(pair.chain + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


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


async def test_a_server_gets_tls_of_its_own_behind_that_which_ended_here(
    front: Any, backends: Backends, tmp_path: Path
) -> None:
    ours, theirs = certificate(DB), server_context(tmp_path, certificate("db.internal"))
    async with front() as plane, backends.serve(loud, tls=theirs) as server, listening(plane) as port:
        use(plane.site.tls, ours)
        relay(plane, server, ended=True, settings=BackendSettings(tls=ServerTls()))
        assert await say(port, DB, b"select 1", trusting(ours)) == b"SELECT 1"


async def test_a_full_state_without_a_route_drops_it(front: Any) -> None:
    async with front() as plane:
        relay(plane)
        relay(plane, host="other.example.com")
        kept = TcpRoute("other.example.com", "test:tcp:other.example.com:0", ORIGIN)
        for message in (Begin(), PutBackend(Backend(kept.backend, ())), PutTcpRoute(kept), Commit(9)):
            plane.apply.put(message)
        assert plane.site.names[HTTPS].find(DB) is None
        assert plane.site.names[HTTPS].find("other.example.com") == kept


async def test_without_a_tcp_route_nobody_is_relayed(front: Any) -> None:
    async with front() as plane, listening(plane) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await ask(port, DB, believing())
        assert not plane.site.names
