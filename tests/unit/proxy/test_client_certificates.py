"""Guarded routes let in who shows a certificate of their own authority, and nobody else."""

import asyncio
import contextlib
import ssl
from base64 import b64decode
from collections.abc import Awaitable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from ingress.explain.discreet import discreet
from ingress.explain.live import LiveTracer
from ingress.explain.story import story
from ingress.model.change import Commit, DropAuthority, PutAuthority, PutCertificate
from ingress.model.explanation import Explanation
from ingress.model.listener import Authority, Certificate
from ingress.model.policy import ClientCertificates, Policy
from ingress.proxy.tls.hosts import TlsHosts
from ingress.wire.client_hello import ClientHello
from tests.unit.proxy.conftest import LIBRARY, Backends
from tests.unit.proxy.tls_stage import (
    TICKETS,
    Signer,
    ask,
    certificate,
    listening,
    revoked,
    signed,
    use,
    visit,
)

GUARDED, OPEN = "guarded.example.com", "open.example.com"
AUTHORITY = "test:team-a/clients-ca"
REQUIRED = Policy(client_certificates=ClientCertificates(AUTHORITY))
OPTIONAL = Policy(client_certificates=ClientCertificates(AUTHORITY, required=False))
FORGED = b"".join(
    b"%b: forged\r\n" % name
    for name in (
        b"X-SSL-Client-Verify",
        b"x_ssl_client_subject_dn",
        b"X-Ssl_Client-CN",
        b"X-SSL-Client-Anything",
        b"SSL-Client-Verify",
        b"Client-Cert",
        b"Client_Cert_Chain",
    )
)


class Clients(NamedTuple):
    """An authority, and a client that it has signed for."""

    authority: Signer
    anna: Signer


@pytest.fixture(scope="module")
def clients() -> Clients:
    authority = signed("Clients", authority=True)
    return Clients(authority, signed("anna", authority))


def showing(folder: Path, signer: Signer | None) -> ssl.SSLContext:
    """A client that takes any server and shows this certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if signer is not None:
        file = folder / "client.pem"
        file.write_bytes(signer.pem + signer.key_pem)
        context.load_cert_chain(file)
    return context


def guard(
    plane: Any, server: Any, policy: Policy, by: Signer | None, hosts: Iterable[str] = (GUARDED,)
) -> None:
    """Put routes in force that ask for certificates of this authority, and one that asks for none."""
    pairs: list[Certificate] = [certificate(host) for host in (GUARDED, OPEN)]
    for pair in pairs:
        plane.apply.put(PutCertificate(pair))
    if by is not None:
        plane.apply.put(PutAuthority(Authority(AUTHORITY, by.pem)))
    for host in hosts:
        plane.route(server, host=host, policy=policy, authority=AUTHORITY)
    plane.route(server, host=OPEN)


def told(head: bytes) -> dict[bytes, bytes]:
    """What a server was told of the client's certificate."""
    lines = (line.partition(b": ") for line in head.split(b"\r\n"))
    found = ((name.lower(), value) for name, _, value in lines)
    return {name: value for name, value in found if b"client-" in name.replace(b"_", b"-")}


async def is_turned_away(visiting: Awaitable[Any]) -> None:
    """The handshake fails; of TLS 1.3 the client learns that only when it reads on."""
    try:
        answer = await visiting
    except OSError:
        return
    assert answer == b""


async def test_who_shows_a_certificate_is_let_in_and_the_server_is_told(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        guard(plane, server, REQUIRED, clients.authority)
        answer = await ask(port, GUARDED, showing(tmp_path, clients.anna), FORGED)
        assert answer.endswith(b"ok")
    said = told(backends.heads[0])
    assert said.pop(b"x-ssl-client-notafter").endswith(b"Z")
    assert said.pop(b"x-ssl-client-notbefore").endswith(b"Z")
    assert len(said.pop(b"x-ssl-client-sha1")) == 40
    assert said == {
        b"x-ssl-client-verify": b"SUCCESS",
        b"x-ssl-client-subject-dn": b"/O=Example/CN=anna",
        b"x-ssl-client-issuer-dn": b"/O=Example/CN=Clients",
        b"x-ssl-client-cn": b"anna",
        b"x-ssl-client-serial": b"1234",
    }


async def test_the_certificate_of_a_real_request_is_explained_to_those_who_may_know(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path
) -> None:
    told: list[Explanation] = []
    fields = b"Headgate-Explain: 0123456789abcdef\r\n"
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        plane.site.tracer = LiveTracer(lambda: b"0123456789abcdef", told.append, plane.apply.host)
        guard(plane, server, REQUIRED, clients.authority)
        await ask(port, GUARDED, showing(tmp_path, clients.anna), fields)
    [one] = told
    asked = f"Clients have to show a certificate that {AUTHORITY} has signed; this one shows "
    assert f"{asked}that of /O=Example/CN=anna.\n" in story(one)
    assert f"{asked}one.\n" in story(discreet(one))


async def test_who_shows_none_is_refused_and_so_is_who_comes_over_plain_http(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        guard(plane, server, REQUIRED, clients.authority)
        answer = await ask(port, GUARDED, showing(tmp_path, None), FORGED)
        plain = await plane.talk(
            b"GET / HTTP/1.1\r\nHost: %b\r\n%bConnection: close\r\n\r\n" % (GUARDED.encode(), FORGED)
        )
    for each in (answer, plain):
        assert each.startswith(b"HTTP/1.1 403 ")
        assert b"X-Headgate-Reason: certificate-required\r\n" in each
    assert not backends.heads


async def test_a_certificate_of_another_authority_ends_the_handshake(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path
) -> None:
    stranger = signed("anna", signed("Clients", authority=True))
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        guard(plane, server, OPTIONAL, clients.authority)
        await is_turned_away(ask(port, GUARDED, showing(tmp_path, stranger)))
    assert not backends.heads


async def test_a_certificate_that_was_revoked_ends_the_handshake(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path
) -> None:
    good = signed("berta", clients.authority, serial=0x99)
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        guard(plane, server, REQUIRED, clients.authority)
        listed = Authority(AUTHORITY, clients.authority.pem, revoked(clients.authority, 0x1234))
        plane.apply.put(PutAuthority(listed))
        await is_turned_away(ask(port, GUARDED, showing(tmp_path, clients.anna)))
        assert (await ask(port, GUARDED, showing(tmp_path, good))).endswith(b"ok")
    assert [told(head)[b"x-ssl-client-cn"] for head in backends.heads] == [b"berta"]


async def test_servers_may_get_the_certificate_itself(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path
) -> None:
    policy = Policy(client_certificates=ClientCertificates(AUTHORITY, forward=True))
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        guard(plane, server, policy, clients.authority)
        await ask(port, GUARDED, showing(tmp_path, clients.anna))
    whole = told(backends.heads[0])[b"client-cert"]
    assert b64decode(whole.strip(b":")) == clients.anna.certificate.public_bytes(Encoding.DER)


async def test_where_it_is_optional_the_server_is_told_that_there_is_none(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        guard(plane, server, OPTIONAL, clients.authority)
        assert (await ask(port, GUARDED, showing(tmp_path, None), FORGED)).endswith(b"ok")
        assert (await ask(port, GUARDED, showing(tmp_path, clients.anna))).endswith(b"ok")
    assert told(backends.heads[0]) == {b"x-ssl-client-verify": b"NONE"}
    assert told(backends.heads[1])[b"x-ssl-client-cn"] == b"anna"


async def test_clients_of_open_routes_cannot_say_that_they_have_shown_one(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, host=OPEN)
        await plane.talk(
            b"GET / HTTP/1.1\r\nHost: %b\r\n%bConnection: close\r\n\r\n" % (OPEN.encode(), FORGED)
        )
    assert told(backends.heads[0]) == {}


async def test_a_connection_for_another_host_is_misdirected(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        guard(plane, server, REQUIRED, clients.authority)
        client = showing(tmp_path, clients.anna)
        answer = await ask(port, OPEN, client, as_host=GUARDED)
        assert answer.startswith(b"HTTP/1.1 421 ")
        assert b"X-Headgate-Reason: misdirected\r\n" in answer
        assert (await ask(port, GUARDED, client, as_host=OPEN)).endswith(b"ok")
    assert len(backends.heads) == 1


@pytest.mark.parametrize("guarded", ["a.b.example.com", "*.b.example.com", "**.example.com", ""])
def test_clients_of_all_names_that_a_guarded_host_stands_for_are_asked(
    clients: Clients, guarded: str
) -> None:
    tls = TlsHosts(None)
    authority, pair = Authority(AUTHORITY, clients.authority.pem), certificate("x")
    tls.change({"x": replace(pair, hosts=("",))}, {AUTHORITY: authority})
    tls.guard(guarded, AUTHORITY)
    asked = tls.choose(ClientHello("a.b.example.com", b""))
    other = tls.choose(ClientHello("a.example.org", b""))
    assert asked is not None
    assert other is not None
    assert asked.authority is authority
    assert other.authority is (None if guarded else authority)


async def test_two_hosts_of_one_authority_share_connections(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        guard(plane, server, REQUIRED, clients.authority, (GUARDED, "second.example.com"))
        answer = await ask(port, GUARDED, showing(tmp_path, clients.anna), as_host="second.example.com")
        assert answer.endswith(b"ok")


async def test_an_authority_that_is_not_there_closes_the_route(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        guard(plane, server, OPTIONAL, None)
        for policy in (OPTIONAL, REQUIRED):
            plane.route(server, host=GUARDED, policy=policy, authority=AUTHORITY)
            answer = await ask(port, GUARDED, showing(tmp_path, clients.anna))
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"X-Headgate-Reason: route-closed\r\n" in answer
        assert (await ask(port, OPEN, showing(tmp_path, None))).endswith(b"ok")


@pytest.mark.parametrize("change", ["other", "gone"])
async def test_a_connection_counts_no_longer_when_its_authority_changes(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path, change: str
) -> None:
    request = b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % GUARDED.encode()
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        guard(plane, server, REQUIRED, clients.authority)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=showing(tmp_path, clients.anna), server_hostname=GUARDED
        )
        writer.write(request)
        assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 ")
        other = signed("Others", authority=True)
        plane.apply.put(
            PutAuthority(Authority(AUTHORITY, other.pem)) if change == "other" else DropAuthority(AUTHORITY)
        )
        plane.apply.put(Commit(9))
        writer.write(request)
        status = b"421" if change == "other" else b"503"
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 %b " % status)
        writer.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_resumed_session_is_still_that_of_who_showed_the_certificate(
    front: Any, backends: Backends, clients: Clients, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    client = showing(tmp_path, clients.anna)
    client.minimum_version = client.maximum_version = version
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        plane.site.tls.use_tickets(TICKETS)
        guard(plane, server, REQUIRED, clients.authority)
        first = await visit(port, GUARDED, client)
        again = await visit(port, GUARDED, client, first.session)
        assert (first.resumed, again.resumed) == (False, True)
        assert [told(head)[b"x-ssl-client-cn"] for head in backends.heads] == [b"anna", b"anna"]
        plane.apply.put(PutAuthority(Authority(AUTHORITY, signed("Others", authority=True).pem)))
        plane.apply.put(Commit(9))
        await is_turned_away(visit(port, GUARDED, client, again.session))
    assert len(backends.heads) == 2


@pytest.mark.skipif(LIBRARY is None, reason="the TLS library is out of reach")
@pytest.mark.parametrize("authority", [True, False])
async def test_clients_learn_whose_certificates_count(front: Any, authority: bool) -> None:
    trusted = signed("Clients", authority=True)
    # Whoever trusts one client alone has no authority to name.
    vouching = trusted if authority else signed("anna", trusted)
    server = signed(GUARDED, trusted)
    async with front() as plane:
        pair = Certificate("test", (GUARDED,), server.pem, server.key_pem)
        use(plane.site.tls, pair, authorities=(Authority(AUTHORITY, vouching.pem),))
        plane.site.tls.guard(GUARDED, AUTHORITY)
        said = first_words(plane.site.tls, GUARDED)
    name = vouching.certificate.subject.public_bytes()
    assert said.count(len(name).to_bytes(2) + name) == authority
    assert said.count(server.certificate.public_bytes(Encoding.DER)) == 1
    # The chain is what the Secret says, though the authority's own certificate is at hand.
    assert trusted.certificate.public_bytes(Encoding.DER) not in said


def first_words(tls: TlsHosts, name: str) -> bytes:
    """What a server says first in TLS 1.2, which is not sealed yet."""
    client = ssl.create_default_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    out, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        client.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    choice = tls.choose(ClientHello(name, b""))
    assert choice is not None
    with contextlib.suppress(ssl.SSLWantReadError):
        choice.context.wrap_bio(out, back, server_side=True).do_handshake()
    return back.read()
