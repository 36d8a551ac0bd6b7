"""How many requests a client may make, in a time and at a time, over all workers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from discovery.limits import read_limits
from ingress.model.condition import Call, Expression
from ingress.model.policy import Policy
from ingress.observe.page import Page
from tests.unit.proxy.conftest import OK, Backends, Conversation, reset


def get(*fields: str) -> bytes:
    return "\r\n".join(
        ("GET / HTTP/1.1", "Host: www.example.com", *fields, "Connection: close", "\r\n")
    ).encode()


def limits(name: str = "shop", **options: Any) -> Policy:
    return Policy(read_limits(options, name))


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


class Held:
    """A server that answers when it is let."""

    def __init__(self) -> None:
        self.requests = 0
        self.go = asyncio.Event()

    async def __call__(self, conversation: Conversation) -> None:
        while await conversation.head():
            self.requests += 1
            await self.go.wait()
            conversation.say(OK)


async def test_a_client_that_makes_more_requests_than_it_may_is_told_when_to_come_again(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        at = plane.now()
        plane.now = lambda: at
        plane.route(server, policy=limits(limit_rpm=6, limit_burst=1))
        answers = [await plane.talk(get()) for _ in range(8)]
        assert [*map(status, answers)] == [200] * 6 + [429] * 2
        assert b"\r\nRetry-After: 10\r\n" in answers[-1]
        assert b"\r\nX-Headgate-Reason: too-many-requests\r\n" in answers[-1]
        # Another client has its own.
        assert status(await plane.talk(get(), "127.0.0.2")) == 200
        at += 10
        assert [status(await plane.talk(get())) for _ in range(2)] == [200, 429]
    assert len(backends.heads) == 8


async def test_as_many_requests_as_may_be_are_under_way_and_no_more(front: Any, backends: Backends) -> None:
    held = Held()
    async with front() as plane, backends.serve(held) as server:
        plane.route(server, policy=limits(limit_connections=2))
        two = [asyncio.ensure_future(plane.talk(get())) for _ in range(2)]
        await plane.until(lambda: held.requests == 2)
        late = await plane.talk(get())
        assert status(late) == 429
        assert b"\r\nX-Headgate-Reason: too-many-requests\r\n" in late
        other = asyncio.ensure_future(plane.talk(get(), "127.0.0.2"))
        await plane.until(lambda: held.requests == 3)
        held.go.set()
        assert [status(answer) for answer in await asyncio.gather(*two, other)] == [200] * 3
        assert status(await plane.talk(get())) == 200


async def test_however_a_request_ends_it_is_under_way_no_longer(front: Any, backends: Backends) -> None:
    async def fault(conversation: Conversation) -> None:
        await conversation.head()
        conversation.reset()

    async def upgrade(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        await conversation.reader.read()

    held = Held()
    policy = limits(limit_connections=1)
    async with front() as plane, backends.serve(held) as server:
        plane.route(server, policy=policy)
        _, writer = await plane.connect()
        writer.write(get())
        await plane.until(lambda: held.requests == 1)
        reset(writer)
        await plane.until(lambda: not plane.site.clients)
        async with backends.serve(fault) as broken:
            plane.route(broken, policy=policy)
            assert status(await plane.talk(get())) == 502
        plane.route(policy=policy)
        assert status(await plane.talk(get())) == 503
        async with backends.serve(upgrade) as tunnels:
            plane.route(tunnels, policy=policy)
            reader, writer = await plane.connect()
            writer.write(
                b"GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
            )
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            assert status(await plane.talk(get())) == 429
            writer.close()
            await plane.until(lambda: not plane.site.clients and not plane.site.relays)
        held.go.set()
        plane.route(server, policy=policy)
        assert status(await plane.talk(get())) == 200


async def test_requests_are_counted_by_whatever_is_asked_and_some_not_at_all(
    front: Any, backends: Backends
) -> None:
    key = Expression(Call("hdr", ("x-key",)))
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=limits(limit_rpm=1, limit_burst=1, limit_by=key))
        fields = (("X-Key: a",), ("X-Key: b",), ("X-Key: a",), (), ())
        assert [status(await plane.talk(get(*each))) for each in fields] == [200, 200, 429, 200, 429]
        free = ("127.0.0.2/32",)
        plane.route(server, policy=limits("other", limit_rpm=1, limit_burst=1, limit_allowlist=free))
        assert [status(await plane.talk(get(), "127.0.0.2")) for _ in range(3)] == [200] * 3
        assert [status(await plane.talk(get())) for _ in range(2)] == [200, 429]


@asynccontextmanager
async def two_workers(front: Any) -> AsyncIterator[list[Any]]:
    page = Page.create(2, 512)
    async with front() as one, front() as two:
        for worker, plane in enumerate((one, two)):
            plane.site.meters.tallies = page.tallies(worker)
        yield [one, two]


async def test_a_client_is_the_same_to_all_workers(front: Any, backends: Backends) -> None:
    held = Held()
    async with (
        two_workers(front) as planes,
        backends.serve(backends.echo) as server,
        backends.serve(held) as slow,
    ):
        for plane in planes:
            plane.route(server, policy=limits(limit_rpm=5, limit_burst=1))
            plane.route(slow, host="slow.example.com", policy=limits(limit_connections=3))
        statuses = [status(await planes[turn % 2].talk(get())) for turn in range(8)]
        assert statuses == [200] * 5 + [429] * 3
        ask = get().replace(b"www.", b"slow.")
        under_way = []
        for turn in range(3):
            under_way.append(asyncio.ensure_future(planes[turn % 2].talk(ask)))
            await planes[0].until(lambda turn=turn: held.requests == turn + 1)
        assert [status(await plane.talk(ask)) for plane in planes] == [429, 429]
        held.go.set()
        assert [status(answer) for answer in await asyncio.gather(*under_way)] == [200] * 3


async def test_a_limit_that_is_changed_counts_anew(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=limits(limit_rpm=1, limit_burst=1))
        assert [status(await plane.talk(get())) for _ in range(2)] == [200, 429]
        plane.route(server, policy=limits(limit_rpm=2, limit_burst=1))
        assert [status(await plane.talk(get())) for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(("prefix", "same"), [(64, True), (128, False), (56, True)])
def test_an_ipv6_client_is_a_network(prefix: int, same: bool) -> None:
    from ipaddress import ip_address  # noqa: PLC0415

    from ingress.filter.limit_acts import SOURCE, _counted  # noqa: PLC0415
    from tests.unit.acl.conftest import Client  # noqa: PLC0415

    counted = _counted(SOURCE, prefix)
    clients = [Client(address=ip_address(text).packed) for text in ("2001:db8::1", "2001:db8::ffff:2")]
    one, two = (counted(None, client) for client in clients)  # type: ignore[arg-type]
    assert (one == two) is same
    assert counted(None, Client(address=b"\x0a\0\0\1")) == b"\x0a\0\0\1"  # type: ignore[arg-type]
