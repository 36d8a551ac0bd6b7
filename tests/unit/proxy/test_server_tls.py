"""Servers are spoken to over TLS, and nothing is sent to one that is not who it should be."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ingress.model.backend import Backend, BackendSettings, Balance, ProxyHeader, Server, ServerTls
from ingress.model.change import Commit, PutAuthority, PutBackend, PutCertificate, PutListener
from ingress.model.listener import Authority, Certificate, TcpListener
from ingress.model.route import Origin
from ingress.observe.page import WorkerCell
from ingress.proxy.tcp import TcpClient, TcpTarget
from ingress.wire.proxy_protocol import read_header
from tests.real.harness.tls_server import greeting
from tests.unit.proxy.conftest import OK, Backends, Conversation
from tests.unit.proxy.tls_stage import Signer, signed

CA = "test:team-a/servers-ca"
NAME = "shop.team-a.svc"
TRUST = ServerTls(verify=True, authority=CA, name=NAME)
BLIND = ServerTls()


class Stage(NamedTuple):
    """A server that speaks TLS: its certificate, and the names that it was called by."""

    root: Signer
    context: ssl.SSLContext
    called: list[str | None]


def stage(folder: Path, name: str = NAME, *, by: Signer | None = None) -> Stage:
    """A server with a certificate for this name."""
    root = by or signed("Servers", authority=True)
    pair = signed(name, root)
    file = folder / f"{name}.pem"
    file.write_bytes(pair.pem + pair.key_pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    called: list[str | None] = []
    context.sni_callback = lambda connection, name, _: called.append(name)
    return Stage(root, context, called)


@pytest.fixture
def one(tmp_path: Path) -> Stage:
    return stage(tmp_path)


@asynccontextmanager
async def facing(front: Any, backends: Backends, one: Stage) -> AsyncIterator[tuple[Any, Server]]:
    """A data plane that trusts the server's authority, and the server."""
    async with front() as plane, backends.serve(backends.echo, tls=one.context) as server:
        plane.apply.put(PutAuthority(Authority(CA, one.root.pem)))
        yield plane, server


def get(host: str = "www.example.com", *, method: str = "GET", close: bool = True) -> bytes:
    """A request."""
    end = "Connection: close\r\n" if close else ""
    return f"{method} / HTTP/1.1\r\nHost: {host}\r\n{end}\r\n".encode()


def settings(tls: ServerTls | None) -> BackendSettings:
    return BackendSettings(tls=tls, tries=2)


@pytest.mark.parametrize(
    ("tls", "called"),
    [
        (TRUST, NAME),
        (BLIND, None),
        (ServerTls(name="shop"), "shop"),
        (ServerTls(of_host=True), "www.example.com"),
    ],
)
async def test_a_server_is_spoken_to_over_tls_by_its_name(
    front: Any, backends: Backends, one: Stage, tls: ServerTls, called: str | None
) -> None:
    async with facing(front, backends, one) as (plane, server):
        plane.route(server, settings=settings(tls))
        assert (await plane.talk(get())).endswith(b"ok")
        assert one.called == [called]
        assert plane.site.cells[WorkerCell.SERVER_HANDSHAKES_TOTAL] == 1


@pytest.mark.parametrize(
    ("tls", "why"),
    [
        (ServerTls(verify=True, authority=CA, name="other.team-a.svc"), "Hostname mismatch"),
        (ServerTls(verify=True, authority=CA), "IP address mismatch"),
        (ServerTls(verify=True, authority=CA, of_host=True), "Hostname mismatch"),
        (ServerTls(verify=True, name=NAME), "unable to get local issuer certificate"),
        (ServerTls(verify=True, authority="test:team-a/unknown", name=NAME), "is not there"),
        (ServerTls(certificate="test:team-a/unknown"), "is not there"),
    ],
)
async def test_a_server_that_is_not_who_it_should_be_gets_nothing(
    front: Any, backends: Backends, one: Stage, tls: ServerTls, why: str
) -> None:
    heard: list[str] = []
    async with facing(front, backends, one) as (plane, server):
        plane.site.health.on_change = lambda health: heard.append(health.reason)
        plane.route(server, settings=settings(tls))
        answer = await plane.talk(get(method="POST"))
        assert plane.site.cells[WorkerCell.SERVER_HANDSHAKES_FAILED_TOTAL] == 2
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"X-Headgate-Reason: tls-failed\r\n" in answer
    assert heard[0].startswith("TLS handshake failed: ")
    assert why in heard[0]
    assert not backends.heads


async def test_a_request_goes_to_another_server_whose_handshake_succeeds(
    front: Any, backends: Backends, one: Stage
) -> None:
    async with facing(front, backends, one) as (plane, server), backends.serve(backends.echo) as plain:
        plane.route(plain, server, settings=BackendSettings(tls=TRUST, timeout_connect=5.0))
        answers = [await plane.talk(get(method="POST")) for _ in range(4)]
    assert all(answer.endswith(b"ok") for answer in answers)
    assert len(backends.heads) == 4


async def test_a_handshake_that_does_not_get_on_is_over_in_time(front: Any, backends: Backends) -> None:
    async def silent(conversation: Conversation) -> None:
        await conversation.reader.read()

    async with front() as plane, backends.serve(silent) as server:
        plane.route(server, settings=BackendSettings(tls=BLIND, tries=1, timeout_connect=0.05))
        answer = await plane.talk(get())
    assert b"X-Headgate-Reason: tls-failed\r\n" in answer


async def test_a_server_that_refuses_us_behind_the_handshake_is_heard(front: Any, one: Stage) -> None:
    # In a process or thread of its own it answers while the proxy still looks for more to do.
    one.context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with front() as plane:
        with greeting("127.0.0.1", port, one.context):
            plane.route(Server("127.0.0.1", port), settings=settings(BLIND))
            for _ in range(10):
                answer = await asyncio.wait_for(plane.talk(get()), 5)
                assert answer.startswith(b"HTTP/1.1 502 ")


async def test_connections_are_used_again_by_requests_for_the_same_name(
    front: Any, backends: Backends, one: Stage
) -> None:
    async with facing(front, backends, one) as (plane, server):
        plane.route(server, host="*.example.com", settings=settings(ServerTls(of_host=True)))
        for host in ("a.example.com", "b.example.com:80", "A.example.com", "b.example.com"):
            await plane.talk(get(host))
        assert one.called == ["a.example.com", "b.example.com"]
        assert plane.site.cells[WorkerCell.UPSTREAM_REUSED_TOTAL] == 2


async def test_a_closed_connection_is_followed_by_one_that_resumes_its_session(
    front: Any, backends: Backends, one: Stage
) -> None:
    async with facing(front, backends, one) as (plane, server):
        plane.route(server, settings=settings(TRUST))
        await plane.talk(get())
        for upstream in list(plane.site.upstreams):
            upstream.close_idle()
        await plane.until(lambda: not plane.site.upstreams)
        await plane.talk(get())
        assert plane.site.cells[WorkerCell.SERVER_HANDSHAKES_RESUMED_TOTAL] == 1


async def test_nothing_is_shared_between_settings_that_differ(
    front: Any, backends: Backends, one: Stage, tmp_path: Path
) -> None:
    async with facing(front, backends, one) as (plane, server):
        for tls in (BLIND, TRUST, ServerTls(name="shop")):
            plane.route(server, settings=settings(tls))
            assert (await plane.talk(get())).endswith(b"ok")
        assert plane.site.cells[WorkerCell.UPSTREAM_REUSED_TOTAL] == 0
        assert plane.site.cells[WorkerCell.SERVER_HANDSHAKES_RESUMED_TOTAL] == 0
        plane.route(server, settings=settings(TRUST))
        await plane.talk(get())
        # The authority is another one: who was verified by the one before is not trusted any more.
        plane.apply.put(PutAuthority(Authority(CA, signed("Servers", authority=True).pem)))
        assert b"tls-failed" in await plane.talk(get())


async def test_connections_of_tls_are_not_used_in_plain_text(
    front: Any, backends: Backends, one: Stage
) -> None:
    async with facing(front, backends, one) as (plane, server):
        plane.route(server, settings=settings(TRUST))
        reader, writer = await plane.connect()
        writer.write(get(close=False))
        await reader.readuntil(b"ok")
        plane.route(server, settings=BackendSettings(tries=1))
        writer.write(get())
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert len(backends.heads) == 1


async def test_a_certificate_is_shown_to_servers_that_ask_for_one(
    front: Any, backends: Backends, one: Stage, tmp_path: Path
) -> None:
    us = signed("headgate", one.root)
    shown = "test:team-a/client"
    (tmp_path / "ca.pem").write_bytes(one.root.pem)
    one.context.load_verify_locations(tmp_path / "ca.pem")
    one.context.verify_mode = ssl.CERT_REQUIRED
    async with facing(front, backends, one) as (plane, server):
        plane.route(server, settings=settings(TRUST))
        assert (await plane.talk(get())).startswith(b"HTTP/1.1 502 ")
        plane.apply.put(PutCertificate(Certificate(shown, (), us.pem, us.key_pem, to_servers=True)))
        plane.apply.put(Commit(9))
        plane.route(
            server, settings=settings(ServerTls(verify=True, authority=CA, name=NAME, certificate=shown))
        )
        assert (await plane.talk(get())).endswith(b"ok")


async def test_large_bodies_pass_whole_both_ways(front: Any, backends: Backends, one: Stage) -> None:
    body = bytes(range(256)) * 4096

    async def mirror(conversation: Conversation) -> None:
        await conversation.head()
        data = await conversation.reader.readexactly(len(body))
        conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(data), data))

    async with front() as plane, backends.serve(mirror, tls=one.context) as server:
        plane.route(server, settings=settings(BLIND))
        head = b"POST / HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        answer = await plane.talk(head % len(body) + body)
    assert answer.partition(b"\r\n\r\n")[2] == body


async def test_a_server_that_fails_handshakes_is_back_when_one_succeeds(
    front: Any, backends: Backends, one: Stage
) -> None:
    port = 0
    async with front() as plane:
        plane.apply.put(PutAuthority(Authority(CA, one.root.pem)))
        async with backends.serve(backends.echo) as server:
            port = server.port
            plane.route(server, settings=settings(ServerTls(of_host=True)))
            assert b"tls-failed" in await plane.talk(get())
        async with backends.serve(backends.echo, port, one.context):
            before = plane.now
            plane.now = lambda: before() + 60
            plane.sweep.once()
            await plane.until(lambda: not plane.site.health.resting)
            assert (await plane.talk(get())).endswith(b"ok")
    # The probe has called the server as the last request would have.
    assert set(one.called) == {"www.example.com"}


@pytest.mark.parametrize("moment", ["left", "read"])
async def test_a_request_is_sent_again_if_the_server_had_left_and_not_if_it_may_have_read_it(
    front: Any, backends: Backends, one: Stage, moment: str
) -> None:
    paused = asyncio.Event()

    async def first(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(OK)
        await paused.wait()
        if moment == "read":
            await conversation.head()
        conversation.reset()

    async with front() as plane, backends.serve(first, tls=one.context) as bad:
        plane.route(bad, settings=settings(BLIND))
        await plane.talk(get())
        (upstream,) = plane.site.upstreams
        # So that it is not noticed too early that the server leaves.
        upstream.transport.pause_reading()
        paused.set()
        await asyncio.sleep(0.05)
        async with backends.serve(backends.echo, tls=one.context) as good:
            plane.route(bad, good, settings=BackendSettings(tls=BLIND, balance=Balance.LEAST_CONN))
            states = list(plane.site.backend("test:www.example.com/").servers)
            states[1].in_flight += 1
            reader, writer = await plane.connect()
            writer.write(get(method="POST"))
            await asyncio.sleep(0.05)
            upstream.transport.resume_reading()
            answer = await reader.read()
            writer.close()
            states[1].in_flight -= 1
    assert answer.startswith(b"HTTP/1.1 200 " if moment == "left" else b"HTTP/1.1 502 ")


async def test_tcp_is_relayed_over_tls(front: Any, backends: Backends, one: Stage) -> None:
    async def greet(conversation: Conversation) -> None:
        conversation.say(await conversation.reader.readline())

    async with front() as plane, backends.serve(greet, tls=one.context) as server:
        plane.apply.put(PutBackend(Backend("tcp", (server,), settings(BLIND))))
        plane.apply.put(PutListener(TcpListener(3306, "tcp", Origin("test", "service", "default", "db"))))
        listening = await plane.loop.create_server(
            lambda: TcpClient(plane.site, TcpTarget(plane.site.backend("tcp"))), "127.0.0.1", 0
        )
        port = listening.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")
        assert await reader.read() == b"hello\n"
        writer.close()
        listening.close()


def told_and_asked(door: socket.socket, context: ssl.SSLContext) -> tuple[bytes, bytes]:
    """What comes before the handshake of one connection, and the request that is answered on it."""
    plain, _ = door.accept()
    with plain:
        told = plain.recv(28, socket.MSG_WAITALL)
        with context.wrap_socket(plain, server_side=True) as secured:
            asked = secured.recv(4096)
            secured.sendall(OK)
            return told, asked


async def test_whose_connection_it_is_comes_before_the_handshake(front: Any, one: Stage) -> None:
    async with front() as plane:
        with socket.create_server(("127.0.0.1", 0)) as door:
            plane.apply.put(PutAuthority(Authority(CA, one.root.pem)))
            wanted = BackendSettings(tls=TRUST, tries=1, send_proxy=ProxyHeader.V2)
            plane.route(Server("127.0.0.1", door.getsockname()[1]), settings=wanted)
            serving = asyncio.create_task(asyncio.to_thread(told_and_asked, door, one.context))
            assert (await plane.talk(get(), "127.0.0.9")).endswith(b"ok")
            told, asked = await serving
    header = read_header(told)
    assert header is not None
    assert header.ends is not None
    assert header.ends.source[0] == "127.0.0.9"
    assert asked.startswith(b"GET / ")
