"""Requests that wait for what their rules ask: a password to be compared, or the body."""

import asyncio
import re
import socket
import struct
import threading
from base64 import b64encode
from typing import Any

import pytest

from ingress.acl.digest import is_password
from ingress.acl.file_uses import Names, name_files
from ingress.acl.grammar import parse_rules
from ingress.model.change import PutFile
from ingress.model.patterns import PatternFile
from ingress.model.policy import Policy
from ingress.model.settings import Limits, Settings
from ingress.proxy import passwords, pause
from tests.unit.proxy.conftest import Backends

LIST = "users:test:default/staff"
# The passwords are "secret" and "x".
ANN = "ann:$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW:admins\n"
CAT = "cat:$apr1$abcdefgh$82JubPF2dQkt1tVfvLnXS.\n"
GUARD = "auth realm staff unless { http_auth(staff) }"


def no_files(word: str) -> str:
    raise ValueError(word)


def policy(rules: str) -> Policy:
    return name_files(Policy(parse_rules(rules, {})), Names(no_files, lambda _: (LIST,)))


def get(credentials: str = "", path: str = "/") -> bytes:
    encoded = b64encode(credentials.encode()).decode()
    field = f"Authorization: Basic {encoded}\r\n" if credentials else ""
    return f"GET {path} HTTP/1.1\r\nHost: www.example.com\r\n{field}Connection: close\r\n\r\n".encode()


def post(body: bytes, *fields: str, length: int = 0) -> bytes:
    lines = ("POST / HTTP/1.1", "Host: www.example.com", f"Content-Length: {length or len(body)}", *fields)
    return "\r\n".join((*lines, "\r\n")).encode() + body


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Until it is set, passwords are being compared; then they are right."""
    event = threading.Event()
    monkeypatch.setattr(passwords, "is_password", lambda *given: event.wait(10))
    return event


def status(answer: bytes) -> bytes:
    return answer.split(b" ", 2)[1]


def users(plane: Any, text: str) -> None:
    plane.apply.put(PutFile(PatternFile(LIST, text)))


async def test_who_knows_a_password_gets_in_and_nobody_else(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        users(plane, ANN + CAT)
        plane.route(server, policy=policy(GUARD))
        given = ("", "ann:secret", "ann:x", "cat:x", "eve:x", "ann:secret", "cat:secret")
        answers = [await plane.talk(get(each)) for each in given]
    assert [*map(status, answers)] == [b"401", b"200", b"401", b"200", b"401", b"200", b"401"]
    assert b'WWW-Authenticate: Basic realm="staff"\r\n' in answers[0]
    assert len(backends.heads) == 3


async def test_users_change_for_the_next_request(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        users(plane, ANN)
        plane.route(server, policy=policy(GUARD))
        statuses = [status(await plane.talk(get("ann:secret")))]
        users(plane, CAT)
        statuses += [status(await plane.talk(get(each))) for each in ("ann:secret", "cat:x")]
        users(plane, ANN.replace("$04$", "$05$"))
        statuses.append(status(await plane.talk(get("ann:secret"))))
    assert statuses == [b"200", b"401", b"200", b"401"]


async def test_the_rules_that_follow_know_the_user_and_the_group(front: Any, backends: Backends) -> None:
    rules = (
        f"{GUARD}\nset-header X-User %[http_auth_group(staff)]\ndeny if !{{ http_auth_group(staff) admins }}"
    )
    async with front() as plane, backends.serve(backends.echo) as server:
        users(plane, ANN + CAT)
        plane.route(server, policy=policy(rules))
        assert status(await plane.talk(get("cat:x"))) == b"403"
        assert status(await plane.talk(get("ann:secret"))) == b"200"
    assert b"\r\nX-User: ann\r\n" in backends.heads[0]


async def test_a_good_password_is_compared_once_by_many_requests_and_then_remembered(
    front: Any, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bytes] = []

    def compare(password: bytes, digest: bytes) -> bool:
        compared.append(password)
        return is_password(password, digest)

    monkeypatch.setattr(passwords, "is_password", compare)
    async with front() as plane, backends.serve(backends.echo) as server:
        users(plane, ANN)
        plane.route(server, policy=policy(GUARD))
        answers = await asyncio.gather(*(plane.talk(get("ann:secret")) for _ in range(8)))
        assert {*map(status, answers)} == {b"200"}
        assert len(compared) == 1
        later = plane.now() + passwords.FOR + 1
        plane.now = lambda: later
        await plane.talk(get("ann:secret"))
    assert len(compared) == 2


async def test_comparing_holds_up_nobody_else(front: Any, backends: Backends, go: threading.Event) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        users(plane, ANN)
        plane.route(server, policy=policy(GUARD))
        plane.route(server, host="other.example.com")
        waits = asyncio.ensure_future(plane.talk(get("ann:secret")))
        assert status(await plane.talk(get().replace(b"www.", b"other."))) == b"200"
        assert not waits.done()
        go.set()
        assert status(await waits) == b"200"


async def test_a_password_that_cannot_be_compared_in_time_is_refused(
    front: Any, backends: Backends, go: threading.Event
) -> None:
    async with front(Settings(limits=Limits(timeout_request=0.02))) as plane:
        users(plane, ANN)
        plane.route(policy=policy(GUARD))
        answer = await plane.talk(get("ann:secret"))
        go.set()
        await plane.until(lambda: not plane.site.passwords._waiting)
    assert status(answer) == b"503"
    assert b"X-Headgate-Reason: overloaded\r\n" in answer


async def test_who_floods_us_with_passwords_is_refused_and_those_known_still_get_in(
    front: Any, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        users(plane, ANN)
        plane.route(server, policy=policy(GUARD))
        await plane.talk(get("ann:secret"))
        go = threading.Event()
        monkeypatch.setattr(passwords, "is_password", lambda *given: not go.wait(10))
        monkeypatch.setattr(passwords, "MOST_WAITING", 3)
        flood = [asyncio.ensure_future(plane.talk(get(f"ann:{number}"))) for number in range(3)]
        await plane.until(lambda: len(plane.site.passwords._waiting) == 3)
        late = await plane.talk(get("ann:late"))
        assert status(late) == b"503"
        assert b"X-Headgate-Reason: overloaded\r\n" in late
        assert status(await plane.talk(get("ann:secret"))) == b"200"
        go.set()
        assert {*map(status, await asyncio.gather(*flood))} == {b"401"}


async def test_a_client_that_leaves_while_it_waits_harms_nobody(
    front: Any, backends: Backends, go: threading.Event
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        users(plane, ANN)
        plane.route(server, policy=policy(GUARD))
        _, writer = await plane.connect()
        # What is lost is known at once by a reset.
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.write(get("ann:secret"))
        await plane.until(lambda: bool(plane.site.passwords._waiting))
        writer.close()
        await plane.until(lambda: not plane.site.clients)
        go.set()
        await plane.until(lambda: not plane.site.passwords._waiting)
        assert b'"status":499' in plane.log[-1]
        await plane.talk(get("ann:secret", "/next"))
    assert [head.split()[1] for head in backends.heads] == [b"/next"]


async def test_a_fault_behind_a_pause_costs_its_request_alone(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        users(plane, ANN)
        plane.route(server, policy=policy(f"{GUARD}\nset-header X-Faulty %[rand(5)]"))
        plane.site.dice = lambda: 1 / 0
        answer = await plane.talk(get("ann:secret"))
        assert b"X-Headgate-Reason: internal\r\n" in answer
        plane.site.dice = lambda: 0.5
        assert status(await plane.talk(get("ann:secret"))) == b"200"


async def test_a_body_is_looked_into_and_sent_on_whole(front: Any, backends: Backends) -> None:
    rules = policy("deny if { req.body -m sub DROP }\nset-header X-A %[req.body_param(a)]-%[req.body_size]")
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=rules)
        assert status(await plane.talk(post(b"a=DROP", "Connection: close"))) == b"403"
        reader, writer = await plane.connect()
        writer.write(post(b"a=", "Connection: close", length=5))
        await plane.until(lambda: bool(plane.site.paused))
        assert backends.heads == []
        writer.write(b"123")
        assert status(await reader.read()) == b"200"
        writer.close()
        assert not plane.site.paused
    assert backends.bodies == [b"a=123"]
    assert b"\r\nX-A: 123-5\r\n" in backends.heads[0]


async def test_a_body_in_chunks_is_seen_without_them(front: Any, backends: Backends) -> None:
    rules = policy("return lf-string %[req.body]-%[req.body_len]-%[req.body_size]")
    request = post(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", "Connection: close")
    start, _, rest = request.partition(b"Content-Length: 24")
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=rules)
        answer = await plane.talk(start + b"Transfer-Encoding: chunked" + rest)
    assert answer.endswith(b"\r\n\r\nabcde-5-5")


async def test_a_body_that_does_not_come_is_408_with_a_reason_of_its_own(
    front: Any, backends: Backends
) -> None:
    settings = Settings(limits=Limits(timeout_request=0.02))
    async with front(settings) as plane, backends.serve(backends.echo) as server:
        for rules in ("wait-for-body time 20ms", "deny if { req.body -m sub x }"):
            plane.route(server, policy=policy(rules))
            answer = await plane.talk(post(b"a", length=5))
            assert status(answer) == b"408"
            assert b"X-Headgate-Reason: timeout-body\r\n" in answer
            assert not plane.site.paused
    assert backends.heads == []


async def test_enough_of_a_body_lets_the_request_go_on(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy("wait-for-body time 5s at-least 3"))
        reader, writer = await plane.connect()
        writer.write(post(b"ab", "Connection: close", length=5))
        await plane.until(lambda: bool(plane.site.paused))
        writer.write(b"c")
        await plane.until(lambda: bool(backends.heads))
        writer.write(b"de")
        assert status(await reader.read()) == b"200"
        writer.close()
    assert backends.bodies == [b"abcde"]


async def test_of_a_long_body_rules_see_the_beginning_and_the_server_gets_all_of_it(
    front: Any, backends: Backends
) -> None:
    body = b"x" * 300_000
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy("set-header X-Seen %[req.body_len]-%[req.body_size]"))
        assert status(await plane.talk(post(body, "Connection: close"))) == b"200"
    assert b"\r\nX-Seen: 65536-300000\r\n" in backends.heads[0]
    assert backends.bodies == [body]


async def test_who_asks_whether_to_send_a_body_is_told_to(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy("wait-for-body time 5s"))
        reader, writer = await plane.connect()
        writer.write(post(b"", "Expect: 100-continue", "Connection: close", length=2))
        assert await reader.readuntil(b"\r\n\r\n") == pause.CONTINUE
        writer.write(b"ab")
        assert status(await reader.read()) == b"200"
        writer.close()
    assert b"Expect" not in backends.heads[0]


async def test_the_next_request_on_the_connection_waits_for_its_turn(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy("deny if { req.body -m sub x }"))
        answer = await plane.talk(post(b"abc") + post(b"x12") + get())
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"403", b"200"]


async def test_only_so_many_wait_for_their_bodies_and_who_has_left_is_not_counted(
    front: Any, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pause, "MOST", 2)
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy("wait-for-body time 5s"))
        waiting = []
        for _ in range(2):
            waiting.append(await plane.connect())
            waiting[-1][1].write(post(b"", length=5))
        await plane.until(lambda: len(plane.site.paused) == 2)
        assert b"X-Headgate-Reason: overloaded\r\n" in await plane.talk(post(b"", length=5))
        waiting[0][1].close()
        await plane.until(lambda: len(plane.site.clients) == 1)
        assert status(await plane.talk(post(b"12345", "Connection: close"))) == b"200"
        waiting[1][1].close()


async def test_a_body_that_is_none_is_refused_while_it_is_waited_for(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy("wait-for-body time 5s"))
        reader, writer = await plane.connect()
        head = post(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        writer.write(head)
        await plane.until(lambda: bool(plane.site.paused))
        writer.write(b"nonsense\r\n")
        assert status(await reader.read()) == b"400"
        writer.close()
    assert backends.heads == []


async def test_a_worker_that_drains_finishes_what_waits(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy("wait-for-body time 5s"))
        reader, writer = await plane.connect()
        writer.write(post(b"", length=2))
        await plane.until(lambda: bool(plane.site.paused))
        plane.site.draining = True
        writer.write(b"ab")
        assert status(await reader.read()) == b"200"
        writer.close()
