"""Requests that pass only if somebody else lets them, who is asked about each."""

from typing import Any

import pytest

from ingress.acl.grammar import parse_rules
from ingress.explain.live import LiveTracer
from ingress.model.admission import Authorize
from ingress.model.explanation import Explanation
from ingress.model.policy import Policy, Rule
from tests.unit.proxy.conftest import Backends, Conversation
from tests.unit.proxy.judge import NO, Guard, asked, get


def fields_of(head: bytes) -> dict[bytes, bytes]:
    lines = head.split(b"\r\n")[1:-2]
    found: dict[bytes, bytes] = {}
    for line in lines:
        name, _, value = line.partition(b": ")
        assert name.lower() not in found, f"{name!r} is said twice"
        found[name.lower()] = value
    return found


async def test_who_is_let_in_gets_through_with_what_the_answer_says_and_with_nothing_forged(
    front: Any, backends: Backends
) -> None:
    guard = Guard()
    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(guard) as judge:
        plane.route(server, policy=asked(judge, copied=("X-User", "X-Role", "X-Absent")))
        forged = ("X-User: root", "x_user: root", "X-Absent: me", "X_Absent: me", "X-Team: blue")
        answer = await plane.talk(get(*forged))
    assert answer.startswith(b"HTTP/1.1 200 ")
    head = backends.heads[0]
    assert head.count(b"X-User: ann\r\n") == 1
    assert b"root" not in head
    assert b"absent" not in head.lower()
    assert b"X-Role: a\r\nX-Role: b\r\n" in head
    # What is not named is the client's own.
    assert b"X-Team: blue\r\n" in head
    assert b"red" not in head


async def test_nothing_forged_comes_in_a_trailer(front: Any, backends: Backends) -> None:
    got = bytearray()

    async def serve(conversation: Conversation) -> None:
        got.extend(await conversation.reader.readuntil(b"\r\n0\r\n"))
        got.extend(await conversation.reader.readuntil(b"\r\n\r\n"))
        conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    body = "2\r\nab\r\n0\r\nX-Absent: root\r\nX_User: root\r\nX-Sum: 1\r\n\r\n"
    async with front() as plane, backends.serve(serve) as server, backends.serve(Guard()) as judge:
        plane.route(server, policy=asked(judge, copied=("X-User", "X-Absent")))
        answer = await plane.talk(get("Transfer-Encoding: chunked", method="POST", body=body))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"X-Sum: 1\r\n" in got
    assert b"root" not in got


async def test_fields_are_named_by_an_expression_too(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(Guard()) as judge:
        plane.route(server, policy=asked(judge, copied_like="^X-(User|Forwarded-For|Content)"))
        await plane.talk(get("X-User: root", "X-Role: c"))
    head = backends.heads[0]
    assert b"X-User: ann\r\n" in head
    assert b"root" not in head
    assert b"X-Role: c\r\n" in head
    assert head.count(b"X-Forwarded-For: 127.0.0.1\r\n") == 1


async def test_no_expression_reaches_what_headgate_says_itself(front: Any, backends: Backends) -> None:
    guard = Guard(b"HTTP/1.1 200 OK\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Length: 0\r\nHost: x\r\n\r\n")
    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(guard) as judge:
        plane.route(server, policy=asked(judge, copied_like="."))
        answer = await plane.talk(get("Content-Length: 2", "X-Own: 1", method="POST", body="ab"))
    assert answer.startswith(b"HTTP/1.1 200 ")
    head = backends.heads[0]
    assert fields_of(head)[b"x-forwarded-for"] == b"127.0.0.1"
    assert fields_of(head)[b"host"] == b"www.example.com"
    assert b"x-own" not in fields_of(head)
    assert backends.bodies == [b"ab"]


async def test_who_is_not_let_in_gets_the_answer_and_no_server_hears_of_it(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(Guard(NO)) as judge:
        plane.route(server, policy=asked(judge))
        answer = await plane.talk(get())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert b"\r\nWWW-Authenticate: Bearer" in head
    assert b"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2" in head
    assert b"\r\nX-Headgate-Reason: not-authorized" in head
    assert head.lower().count(b"content-length:") == 1
    assert head.lower().count(b"date:") == 1
    assert b"never" not in head
    assert body == b"sign in\n"
    assert backends.heads == []


async def test_the_question_tells_what_was_asked_for_but_nothing_of_the_body(
    front: Any, backends: Backends
) -> None:
    guard = Guard()
    sent = (
        *("Content-Length: 5", "Content-Type: text/x", "Expect: x", "If-None-Match: *", "Range: bytes=0-1"),
        *("Cookie: s=1", "X-Forwarded-Uri: /other", "X-Original-URL: http://evil/", "X_Original_Method: PUT"),
        *("X-Forwarded-Method: PUT", "TE: trailers", "X-Request-ID: id-1", "Upgrade: x"),
    )
    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(guard) as judge:
        plane.route(server, policy=asked(judge))
        await plane.talk(get(*sent, method="POST", body="abcde"))
    head = guard.heads[0]
    assert head.startswith(b"GET /verify?a=b HTTP/1.1\r\n")
    assert fields_of(head) == {
        b"host": b"127.0.0.1:%d" % judge.port,
        b"content-type": b"text/x",
        b"cookie": b"s=1",
        b"x-forwarded-for": b"127.0.0.1",
        b"x-real-ip": b"127.0.0.1",
        b"x-forwarded-proto": b"http",
        b"x-forwarded-port": b"80",
        b"x-forwarded-host": b"www.example.com",
        b"x-request-id": b"id-1",
        b"x-forwarded-method": b"POST",
        b"x-forwarded-uri": b"/shop?x=1",
        b"x-original-method": b"POST",
        b"x-original-url": b"http://www.example.com/shop?x=1",
        b"x-auth-request-redirect": b"/shop?x=1",
    }
    # The body waits for the answer, and reaches the server whole.
    assert backends.bodies == [b"abcde"]


async def test_it_is_told_only_what_it_is_to_be_told_in_the_method_that_is_wished(
    front: Any, backends: Backends
) -> None:
    guard = Guard()
    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(guard) as judge:
        plane.route(server, policy=asked(judge, told=("cookie",), method="", path="/"))
        await plane.talk(get("Cookie: s=1", "Authorization: secret", method="PUT"))
    assert guard.heads[0].startswith(b"PUT / HTTP/1.1\r\n")
    assert b"\r\nContent-Length: 0\r\n" in guard.heads[0]
    assert b"\r\nCookie: s=1\r\n" in guard.heads[0]
    assert b"secret" not in guard.heads[0]
    assert b"\r\nX-Forwarded-Uri: /shop?x=1\r\n" in guard.heads[0]


@pytest.mark.parametrize(("cookies", "expected"), [(("*",), 1), (("s",), 1), (("t",), 0), ((), 0)])
async def test_cookies_of_a_good_answer_reach_the_client(
    front: Any, backends: Backends, cookies: tuple[str, ...], expected: int
) -> None:
    async def serve(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(
            b"HTTP/1.1 200 OK\r\nSet-Cookie: s=old\r\nSet-Cookie: u=1\r\nContent-Length: 0\r\n\r\n"
        )

    async with front() as plane, backends.serve(serve) as server, backends.serve(Guard()) as judge:
        plane.route(server, policy=asked(judge, cookies=cookies))
        answer = await plane.talk(get())
    assert answer.count(b"Set-Cookie: s=2\r\n") == expected
    assert answer.count(b"Set-Cookie: s=old\r\n") == 1 - expected
    assert b"Set-Cookie: u=1\r\n" in answer


async def test_clients_are_sent_to_sign_in_and_told_where_to_come_back_to(
    front: Any, backends: Backends
) -> None:
    back = "http%3A%2F%2Fwww.example.com%2Fshop%3Fx%3D1"
    async with front() as plane, backends.serve(Guard(NO)) as judge:
        for sign_in, location in (
            ("https://auth.example.com/start", f"https://auth.example.com/start?rd={back}"),
            ("/start?a=b", f"/start?a=b&rd={back}"),
            ("/start?rd=/", "/start?rd=/"),
        ):
            plane.route(policy=asked(judge, sign_in=sign_in))
            answer = await plane.talk(get())
            assert answer.startswith(b"HTTP/1.1 302 ")
            assert f"\r\nLocation: {location}\r\n".encode() in answer
            assert b"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n" in answer


@pytest.mark.parametrize(
    ("absolute", "expected"), [(False, b"/in?x=1"), (True, b"http://127.0.0.1:%d/in?x=1")]
)
async def test_where_an_answer_sends_clients_is_kept_or_made_whole(
    front: Any, backends: Backends, absolute: bool, expected: bytes
) -> None:
    guard = Guard(b"HTTP/1.1 302 Found\r\nLocation: /in?x=1\r\nContent-Length: 0\r\n\r\n")
    async with front() as plane, backends.serve(guard) as judge:
        plane.route(policy=asked(judge, absolute=absolute))
        answer = await plane.talk(get())
    location = expected % judge.port if absolute else expected
    assert b"\r\nLocation: %b\r\n" % location in answer


async def test_rules_in_front_refuse_without_a_question_and_those_behind_see_the_answer(
    front: Any, backends: Backends
) -> None:
    guard = Guard()
    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(guard) as judge:
        before = parse_rules("deny if { path /shut }", {})
        behind = parse_rules("set-header X-Seen %[req.hdr(x-user)]\ndeny if !{ req.hdr(x-user) ann }", {})
        ask = Rule(Authorize(f"http://127.0.0.1:{judge.port}/", copied=("X-User",)))
        plane.route(server, policy=Policy((*before, ask, *behind)))
        assert (await plane.talk(get(target="/shut"))).startswith(b"HTTP/1.1 403 ")
        assert guard.heads == []
        assert (await plane.talk(get())).startswith(b"HTTP/1.1 200 ")
    assert b"X-Seen: ann\r\n" in backends.heads[0]


async def test_a_real_request_that_is_explained_tells_the_answer(front: Any, backends: Backends) -> None:
    told: list[Explanation] = []
    async with front() as plane, backends.serve(backends.echo) as server, backends.serve(Guard(NO)) as judge:
        plane.site.tracer = LiveTracer(lambda: b"0123456789abcdef", told.append, plane.apply.host)
        plane.route(server, policy=asked(judge))
        await plane.talk(get("Headgate-Explain: 0123456789abcdef"))
    [rule] = told[0].rules
    url = f"http://127.0.0.1:{judge.port}/verify?a=b"
    assert (rule.text, rule.effect) == (f"authorize at {url}", f"answers 401: {url} answers 401")
