"""Where who is asked does not answer well, nobody is let in; and another one is asked where there is one."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest

from ingress.model.admission import Authorize
from ingress.model.backend import Backend
from ingress.model.change import Commit, PutBackend
from ingress.model.policy import Policy, Rule
from ingress.observe.page import WorkerCell
from ingress.proxy.asking import inquiries
from ingress.proxy.asking.name import FRESH
from tests.unit.proxy.conftest import Backends, Conversation, reset
from tests.unit.proxy.judge import NO, YES, Guard, asked, get


async def mute(conversation: Conversation) -> None:
    await conversation.head()
    await conversation.reader.read()


async def broken(conversation: Conversation) -> None:
    await conversation.head()
    conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok")


@pytest.mark.parametrize(
    "guard",
    [
        mute,
        broken,
        Guard(b"SSH-2.0\r\n\r\n"),
        Guard(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Guard(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
        Guard(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 9),
        Guard(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 101\r\n\r\n" + b"x" * 101),
        Guard(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1"),
        Guard(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nx\r\n"),
        Guard(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1"),
        None,
    ],
    ids=[
        "mute",
        "broken",
        "no-http",
        "two-lengths",
        "101",
        "interims",
        "long",
        "more",
        "bad-chunks",
        "behind",
        "nobody",
    ],
)
async def test_where_there_is_no_good_answer_nobody_is_let_in(
    front: Any, backends: Backends, guard: Callable[[Conversation], Any] | None
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        if guard is None:
            async with backends.serve(mute) as gone:
                pass
            plane.route(server, policy=asked(gone, most=100))
            answer = await plane.talk(get())
        else:
            async with backends.serve(guard) as judge:
                # Nobody waits for more where it is known that nothing good will come.
                seconds = 0.2 if guard is mute else 60.0
                plane.route(server, policy=asked(judge, most=100, seconds=seconds))
                answer = await plane.talk(get())
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"X-Headgate-Reason: auth-failed\r\n" in answer
        assert b'"captured":{"auth":"' in plane.log[-1]
    assert backends.heads == []


async def test_a_long_answer_that_lets_a_request_pass_does_so(front: Any, backends: Backends) -> None:
    long = Guard(b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + b"x" * 101)
    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(long) as judge:
        plane.route(server, policy=asked(judge, most=100))
        answers = [await plane.talk(get()) for _ in range(2)]
    assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)
    assert long.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        YES,
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + YES,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
)
async def test_answers_are_read_wherever_the_packets_split_and_connections_are_kept(
    front: Any, backends: Backends, answer: bytes
) -> None:
    connections = 0

    async def trickle(conversation: Conversation) -> None:
        nonlocal connections
        connections += 1
        while await conversation.head():
            for byte in answer:
                conversation.say(bytes((byte,)))
                await asyncio.sleep(0)

    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(trickle) as judge:
        plane.route(server, policy=asked(judge))
        answers = [await plane.talk(get()) for _ in range(3)]
        assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)
        assert connections == 1
        # An idle one is given up in time, and counts no more.
        plane.expire()
        await plane.until(lambda: not plane.site.upstreams)


async def test_an_answer_that_ends_with_its_connection_is_whole(front: Any, backends: Backends) -> None:
    async def close(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.0 403 Forbidden\r\n\r\nnot you")

    async with front() as plane, backends.serve(close) as judge:
        plane.route(policy=asked(judge))
        answer = await plane.talk(get())
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert answer.endswith(b"\r\n\r\nnot you")


async def test_a_connection_that_was_closed_in_between_costs_nobody_an_answer(
    front: Any, backends: Backends
) -> None:
    async def once(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(YES)
        await conversation.head()

    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(once) as judge:
        plane.route(server, policy=asked(judge))
        for _ in range(3):
            assert (await plane.talk(get())).startswith(b"HTTP/1.1 200 ")


async def test_a_backend_in_force_is_asked_and_another_server_where_one_is_gone(
    front: Any, backends: Backends
) -> None:
    guard = Guard()
    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(guard) as judge:
        async with backends.serve(guard) as gone:
            pass
        action = Authorize("http://auth.team.svc/verify", "test:auth")
        plane.route(server, policy=Policy((Rule(action),)))
        assert b"auth-failed" in await plane.talk(get())
        plane.apply.put(PutBackend(Backend("test:auth", (gone, judge)), (200, 201)))
        plane.apply.put(Commit(9))
        answers = [await plane.talk(get()) for _ in range(4)]
        assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)
        assert not any(server.in_flight for server in plane.site.backend("test:auth").servers)
    assert b"\r\nHost: auth.team.svc\r\n" in guard.heads[0]


async def test_a_client_that_leaves_while_its_question_is_asked_harms_nobody(
    front: Any, backends: Backends
) -> None:
    waits, go = asyncio.Event(), asyncio.Event()

    async def slow(conversation: Conversation) -> None:
        while await conversation.head():
            waits.set()
            await go.wait()
            conversation.say(YES)

    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(slow) as judge:
        plane.route(server, policy=asked(judge))
        _, writer = await plane.connect()
        writer.write(get())
        await waits.wait()
        reset(writer)
        await plane.until(lambda: not plane.site.clients)
        go.set()
        assert (await plane.talk(get(target="/next"))).startswith(b"HTTP/1.1 200 ")
    assert [head.split()[1] for head in backends.heads] == [b"/next"]


async def test_more_questions_than_there_may_be_are_refused(
    front: Any, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiries, "MOST", 2)
    go = asyncio.Event()
    heads = 0

    async def slow(conversation: Conversation) -> None:
        nonlocal heads
        while await conversation.head():
            heads += 1
            await go.wait()
            conversation.say(YES)

    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(slow) as judge:
        plane.route(server, policy=asked(judge))
        flood = [asyncio.ensure_future(plane.talk(get())) for _ in range(2)]
        await plane.until(lambda: heads == 2)
        late = await plane.talk(get())
        assert late.startswith(b"HTTP/1.1 503 ")
        assert b"X-Headgate-Reason: overloaded\r\n" in late
        go.set()
        for answer in (*await asyncio.gather(*flood), *[await plane.talk(get()) for _ in range(2)]):
            assert answer.startswith(b"HTTP/1.1 200 ")


async def test_a_name_is_resolved_anew_and_what_was_known_last_stays(
    front: Any, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    known: list[str] = []

    async def look(host: str, *_: Any, **__: Any) -> list[Any]:
        looked.append(host)
        if not known:
            raise OSError("there is no such name")
        return [(0, 0, 0, "", (address, 0)) for address in known]

    guard = Guard()
    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(guard) as judge:
        plane.site.loop = _Loop(plane.site.loop, look)
        url = f"http://auth.example.com:{judge.port}/"
        plane.route(server, policy=Policy((Rule(Authorize(url)),)))
        assert b"auth-failed" in await plane.talk(get())
        known.append("127.0.0.1")
        for seconds, lookups in ((1.0, 2), (1.0, 2), (FRESH, 3)):
            later = plane.now() + seconds
            plane.now = lambda later=later: later
            assert (await plane.talk(get())).startswith(b"HTTP/1.1 200 ")
            assert len(looked) == lookups
        # Neither no answer nor one of no use takes away what was known.
        for addresses in ([], ["fe80::1%eth0"], []):
            known[:] = addresses
            later = plane.now() + FRESH
            plane.now = lambda later=later: later
            for _ in range(2):
                assert (await plane.talk(get())).startswith(b"HTTP/1.1 200 ")
    assert set(looked) == {"auth.example.com"}
    assert b"\r\nHost: auth.example.com:%d\r\n" % judge.port in guard.heads[0]


class _Loop:
    """A loop that resolves names in its own way."""

    def __init__(self, loop: Any, look: Any) -> None:
        self._loop = loop
        self.getaddrinfo = look

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_becomes_of_questions_nobody_passes_who_may_not_and_nothing_stays(
    front: Any, backends: Backends, seed: int
) -> None:
    dice = random.Random(seed)

    async def moody(conversation: Conversation) -> None:
        while head := await conversation.head():
            answer = YES if b"session=good" in head else NO
            match dice.randrange(6):
                case 0:
                    conversation.reset()
                    return
                case 1:
                    conversation.say(answer[: dice.randrange(len(answer))])
                    return
                case 2:
                    cut = dice.randrange(len(answer))
                    conversation.say(answer[:cut])
                    await asyncio.sleep(0.001)
                    conversation.say(answer[cut:])
                case 3:
                    conversation.say(answer.replace(b"HTTP/1.1", b"HTTP/1.0"))
                    return
                case _:
                    conversation.say(answer)

    async def ask(plane: Any, number: int) -> tuple[bool, int]:
        good = dice.random() < 0.5
        cookie = "session=good" if good else f"session={number}"
        return good, int((await plane.talk(get(f"Cookie: {cookie}"))).split(b" ", 2)[1])

    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(moody) as judge:
        plane.route(server, policy=asked(judge, seconds=0.5))
        found = set()
        for _ in range(20):
            found |= {*await asyncio.gather(*(ask(plane, number) for number in range(8)))}
        assert found == {(True, 200), (True, 503), (False, 401), (False, 503)}
        assert plane.site.inquiries._under_way == 0
        [place] = plane.site.inquiries._places.values()
        assert [each.in_flight for each in place.backend.servers] == [0]
        plane.expire()
        await plane.until(lambda: not plane.site.upstreams)
        assert plane.site.cells[WorkerCell.UPSTREAM_CONNECTIONS] == 0
