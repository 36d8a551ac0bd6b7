"""TLS listeners give each name its own certificate, and none to a name that has none."""

import asyncio
import gc
import ssl
from contextlib import suppress
from typing import Any, cast

import pytest

from ingress.acl.grammar import parse_rules
from ingress.model.listener import Authority, Certificate
from ingress.model.policy import Policy
from ingress.model.settings import Settings
from ingress.model.tickets import KEY, TicketKeys
from ingress.proxy.client import ClientConnection, Door
from ingress.proxy.tls.accepted import Accepted
from ingress.proxy.tls.hosts import MOST, TlsHosts
from ingress.wire.client_hello import ClientHello
from tests.unit.proxy.conftest import Backends, Conversation
from tests.unit.proxy.tls_stage import (
    TICKETS,
    ask,
    believing,
    certificate,
    listening,
    read_all,
    signed,
    trusting,
    use,
    visit,
)


async def test_each_name_gets_its_own_certificate(front: Any, backends: Backends) -> None:
    one, other = certificate("a.example.com"), certificate("*.example.org")
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        use(plane.site.tls, one, other)
        plane.route(server, host="a.example.com")
        plane.route(server, host="x.example.org")
        assert (await ask(port, "a.example.com", trusting(one))).endswith(b"ok")
        assert (await ask(port, "x.example.org", trusting(other))).endswith(b"ok")
    assert all(b"X-Forwarded-Proto: https\r\n" in head for head in backends.heads)


async def test_a_connection_that_is_over_is_let_go_without_the_collector(front: Any) -> None:
    def kept() -> int:
        return sum(isinstance(each, Accepted) for each in gc.get_objects())

    pair = certificate("a.example.com")
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, pair)
        gc.collect()
        gc.disable()
        try:
            before = kept()
            for _ in range(3):
                await ask(port, "a.example.com", trusting(pair))
            await plane.until(lambda: not plane.site.clients)
            assert kept() == before
        finally:
            gc.enable()


async def test_the_goodbye_goes_out_with_the_answer(front: Any) -> None:
    sent: list[bytes] = []
    pair = certificate("a.example.com")

    class Tcp:
        """Notes what is sent at once."""

        write = write_last = staticmethod(sent.append)

        def is_closing(self) -> bool:
            return False

        def get_extra_info(self, name: str, default: Any) -> Any:
            return ("127.0.0.1", 1)

    async with front() as plane:
        use(plane.site.tls, pair)
        door = Door(Settings(), 443, tls=True)
        accepted = Accepted(plane.site, lambda: ClientConnection(plane.site, door))
        accepted.connection_made(cast(Any, Tcp()))
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = trusting(pair).wrap_bio(incoming, outgoing, False, "a.example.com")
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
        accepted.data_received(outgoing.read())
        incoming.write(b"".join(sent))
        client.do_handshake()
        accepted.data_received(outgoing.read())
        sent.clear()
        client.write(b"GET / HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n")
        accepted.data_received(outgoing.read())
        plane.site.poller.settle()
        incoming.write(b"".join(sent))
        assert len(sent) == 1
        assert client.read(65536).startswith(b"HTTP/1.1 503")
        assert client.read(65536) == b""
        accepted.connection_lost(None)


async def test_a_name_without_a_certificate_gets_nobody_elses(front: Any) -> None:
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, certificate("a.example.com"))
        for name in ("b.example.com", ""):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection("127.0.0.1", port, ssl=believing(), server_hostname=name)


async def test_the_default_certificate_is_for_whoever_has_none(front: Any, backends: Backends) -> None:
    own, default = certificate("a.example.com"), certificate("b.example.com")
    default = Certificate(default.name, ("",), default.chain, default.key)
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        use(plane.site.tls, own, default)
        plane.route(server, host="b.example.com")
        assert (await ask(port, "b.example.com", trusting(default))).endswith(b"ok")
        assert (await ask(port, "a.example.com", trusting(own))).startswith(b"HTTP/1.1 404")


async def test_strict_names_are_refused_though_there_is_a_default_certificate(front: Any) -> None:
    default = certificate("b.example.com")
    default = Certificate(default.name, ("",), default.chain, default.key)
    async with front(Settings(strict_sni=True)) as plane, listening(plane) as port:
        use(plane.site.tls, default)
        with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
            await asyncio.open_connection("127.0.0.1", port, ssl=believing(), server_hostname="b.example.com")
        await ask(port, "", believing(), as_host="b.example.com")


async def test_a_new_certificate_is_for_new_connections(front: Any, backends: Backends) -> None:
    old, new = certificate("a.example.com"), certificate("a.example.com")
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        use(plane.site.tls, old)
        plane.route(server, host="a.example.com")
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusting(old), server_hostname="a.example.com"
        )
        use(plane.site.tls, new)
        assert (await ask(port, "a.example.com", trusting(new))).endswith(b"ok")
        writer.write(b"GET / HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).endswith(b"ok")
        writer.close()


async def test_a_certificate_that_cannot_be_used_leaves_the_last_good_one(front: Any) -> None:
    good, other = certificate("a.example.com"), certificate("a.example.com")
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, good)
        await ask(port, "a.example.com", trusting(good))
        use(plane.site.tls, Certificate(good.name, good.hosts, other.chain, good.key))
        assert (await ask(port, "a.example.com", trusting(good))).startswith(b"HTTP/1.1")


async def test_an_unusable_certificate_costs_only_its_own_hosts(front: Any) -> None:
    good, bad = certificate("a.example.com"), certificate("b.example.com")
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, Certificate(bad.name, bad.hosts, bad.chain, good.key), good)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await ask(port, "b.example.com", believing())
        assert (await ask(port, "a.example.com", trusting(good))).startswith(b"HTTP/1.1")


async def test_a_client_gets_a_certificate_whose_signatures_it_can_verify(front: Any) -> None:
    ecdsa, rsa = (certificate("a.example.com", kind, kind=kind) for kind in ("ecdsa", "rsa"))
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, ecdsa, rsa)
        for each, cipher in ((ecdsa, "ECDHE-ECDSA-AES128-GCM-SHA256"), (rsa, "ECDHE-RSA-AES128-GCM-SHA256")):
            client = trusting(each)
            client.maximum_version = ssl.TLSVersion.TLSv1_2
            client.set_ciphers(cipher)
            assert (await ask(port, "a.example.com", client)).startswith(b"HTTP/1.1")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_session_is_resumed_by_another_worker(front: Any, version: ssl.TLSVersion) -> None:
    pair = certificate("a.example.com")
    client = trusting(pair)
    client.minimum_version = client.maximum_version = version
    async with front() as one, front() as other, listening(one) as port, listening(other) as other_port:
        for plane in (one, other):
            plane.site.tls.use_tickets(TICKETS)
            use(plane.site.tls, pair)
        first = await visit(port, "a.example.com", client)
        again = await visit(other_port, "a.example.com", client, first.session)
        assert (first.resumed, again.resumed) == (False, True)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_session_outlives_one_rotation_of_the_keys_and_not_two(
    front: Any, version: ssl.TLSVersion
) -> None:
    pair = certificate("a.example.com")
    client = trusting(pair)
    client.minimum_version = client.maximum_version = version
    keys = [bytes([letter]) * KEY for letter in b"abc"]
    async with front() as plane, listening(plane) as port:
        plane.site.tls.use_tickets(TicketKeys(keys[0]))
        use(plane.site.tls, pair)
        first = await visit(port, "a.example.com", client)
        plane.site.tls.use_tickets(TicketKeys(keys[1], keys[0]))
        assert (await visit(port, "a.example.com", client, first.session)).resumed
        plane.site.tls.use_tickets(TicketKeys(keys[2], keys[1]))
        assert not (await visit(port, "a.example.com", client, first.session)).resumed


async def test_without_tickets_nothing_is_resumed(front: Any) -> None:
    pair = certificate("a.example.com")
    client = trusting(pair)
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, pair)
        first = await visit(port, "a.example.com", client)
        assert not (await visit(port, "a.example.com", client, first.session)).resumed


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_session_of_an_open_host_opens_no_guarded_one(front: Any, version: ssl.TLSVersion) -> None:
    """The certificate is for both hosts, so only the scope of the session tells them apart."""
    root = signed("root", authority=True)
    made = signed("*.example.com")
    pair = Certificate("test:both", ("*.example.com",), made.pem, made.key_pem)
    client = trusting(pair)
    client.minimum_version = client.maximum_version = version
    client.check_hostname = False
    async with front() as plane, listening(plane) as port:
        plane.site.tls.use_tickets(TICKETS)
        use(plane.site.tls, pair, authorities=(Authority("test:ca", root.pem),))
        plane.site.tls.guard("b.example.com", "test:ca")
        open_host = await visit(port, "a.example.com", client)
        assert (await visit(port, "a.example.com", client, open_host.session)).resumed
        assert not (await visit(port, "b.example.com", client, open_host.session)).resumed


async def test_large_bodies_pass_whole_in_both_directions(front: Any, backends: Backends) -> None:
    pair = certificate("a.example.com")
    body = bytes(range(256)) * 4096

    async def mirror(conversation: Conversation) -> None:
        await conversation.head()
        data = await conversation.reader.readexactly(len(body))
        conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
        await conversation.head()

    async with front() as plane, backends.serve(mirror) as server, listening(plane) as port:
        use(plane.site.tls, pair)
        plane.route(server, host="a.example.com")
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusting(pair), server_hostname="a.example.com"
        )
        writer.write(b"POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: %d\r\n\r\n" % len(body))
        writer.write(body)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert await reader.readexactly(len(body)) == body
        writer.close()


async def test_a_long_answer_is_whole_where_the_connection_ends_with_it(
    front: Any, backends: Backends
) -> None:
    pair = certificate("a.example.com")
    body = bytes(range(256)) * 8192

    async def until_close(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)
        await conversation.writer.drain()

    async with front() as plane, backends.serve(until_close) as server, listening(plane) as port:
        use(plane.site.tls, pair)
        plane.route(server, host="a.example.com")
        answer = await asyncio.to_thread(read_all, port, "a.example.com", trusting(pair))
        assert answer.partition(b"\r\n\r\n")[2].count(bytes(range(256))) == 8192


@pytest.mark.parametrize("count", [50, 3000])
async def test_many_requests_on_one_connection_are_answered_in_order(
    front: Any, backends: Backends, count: int
) -> None:
    """3,000 are more than is kept ahead: reading pauses with records at hand, and goes on."""
    pair = certificate("a.example.com")
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        use(plane.site.tls, pair)
        plane.route(server, host="a.example.com")
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusting(pair), server_hostname="a.example.com"
        )
        head = b"Host: a.example.com\r\n\r\n"
        writer.write(b"".join(b"GET /%d HTTP/1.1\r\n%b" % (number, head) for number in range(count)))
        for _ in range(count):
            assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(2) == b"ok"
        writer.close()
    asked = [head.split(b" ")[1] for head in backends.heads]
    assert asked == [b"/%d" % number for number in range(count)]


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n", b"POST /x"])
async def test_plain_http_on_a_tls_port_is_told_so(front: Any, first: bytes) -> None:
    async with front() as plane, listening(plane) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(first)
        answer = await reader.read()
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert b"Content-Length: %d\r\n" % len(body) in head
        assert b"HTTPS" in body


@pytest.mark.parametrize("junk", [b"\x00" * 64, b"\x16\x03\x01\xff\xff" + b"x" * 64, b"\x80\x2e\x01\x00\x02"])
async def test_bytes_that_are_no_handshake_end_the_connection(front: Any, junk: bytes) -> None:
    async with front() as plane, listening(plane) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(junk)
        assert await reader.read() == b""
        writer.close()
        assert not plane.site.handshakes


async def test_a_handshake_that_does_not_get_on_is_ended(front: Any) -> None:
    async with front() as plane, listening(plane) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x16\x03\x01")
        await plane.until(lambda: len(plane.site.handshakes) == 1)
        plane.expire()
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        await plane.until(lambda: not plane.site.handshakes)


async def test_a_handshake_in_small_pieces_is_complete_all_the_same(front: Any, backends: Backends) -> None:
    pair = certificate("a.example.com")
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        use(plane.site.tls, pair)
        plane.route(server, host="a.example.com")

        async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)

            async def forth() -> None:
                while data := await reader.read(7):
                    far_writer.write(data)
                    await far_writer.drain()

            async def back() -> None:
                while data := await far_reader.read(7):
                    writer.write(data)
                writer.close()

            await asyncio.gather(forth(), back())
            far_writer.close()

        between = await asyncio.start_server(trickle, "127.0.0.1", 0)
        answer = await ask(between.sockets[0].getsockname()[1], "a.example.com", trusting(pair))
        between.close()
        assert answer.endswith(b"ok")


async def test_what_a_certificate_is_made_into_has_a_bound() -> None:
    tls = TlsHosts(None)
    made = signed("x.example.com")
    for number in range(MOST // 64):
        use(tls, Certificate(f"n{number}", (f"h{number}.example.com",), made.pem, made.key_pem))
    chosen = [tls.choose(ClientHello(f"h{number}.example.com", b"")) for number in range(MOST // 64)]
    assert len({id(choice.context) for choice in chosen if choice}) == MOST // 64
    assert tls.choose(ClientHello("h0.example.com", b"")) is chosen[0]


async def test_the_answer_is_whole_though_the_client_sends_on(front: Any, backends: Backends) -> None:
    """A refusal reaches a client that is in the middle of its upload."""
    pair = certificate("a.example.com")
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, pair)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusting(pair), server_hostname="a.example.com"
        )
        writer.write(
            b"POST / HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 4000000\r\n\r\n" + bytes(2_000_000)
        )
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 503 ")
        writer.close()


async def test_rules_see_the_tls_that_the_client_has_agreed_on(front: Any, backends: Backends) -> None:
    own = certificate("a.example.com")
    context = trusting(own)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    rules = "set-header X-TLS '%[ssl_fc_protocol] %[ssl_fc_alpn] %[ssl_fc_sni] %[ssl_fc_cipher]'"
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane) as port:
        use(plane.site.tls, own)
        plane.route(server, host="a.example.com", policy=Policy(parse_rules(rules, {})))
        await ask(port, "a.example.com", context)
    assert b"\r\nX-TLS: TLSv1.2 http/1.1 a.example.com ECDHE-" in backends.heads[0]
