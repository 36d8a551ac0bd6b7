"""Real requests that show the token are explained while they are served, and are served like all others."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ingress.acl.grammar import parse_rules
from ingress.explain.live import MOST, LiveTracer
from ingress.explain.story import story
from ingress.model.backend import Backend
from ingress.model.change import PutBackend, PutHost
from ingress.model.explanation import Explanation
from ingress.model.policy import Policy
from ingress.token_file import token_in
from tests.unit.proxy.conftest import Backends

TOKEN = b"0123456789abcdef"
GET = b"GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\nCookie: a=b\r\nConnection: close\r\n\r\n"


def asking(token: bytes = TOKEN) -> bytes:
    return GET.replace(b"Cookie", b"Headgate-Explain: %b\r\nCookie" % token)


def field(answer: bytes) -> bytes:
    """The id that an answer says; empty: none."""
    return answer.partition(b"\r\nHeadgate-Explain: ")[2].partition(b"\r\n")[0]


async def test_a_request_with_the_token_is_served_and_explained(front: Any, backends: Backends) -> None:
    told: list[Explanation] = []
    rules = Policy(parse_rules("set-header X-Own %[src]\ndeny if { path /no }", {}))
    guard = Policy(parse_rules("set-header X-Back 1", {}))
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.site.tracer = LiveTracer(lambda: TOKEN, told.append, plane.apply.host)
        plane.route(server, policy=rules)
        [name] = plane.site.backends
        plane.apply.put(PutBackend(Backend(name, (server,), policy=guard), (100,)))
        answer = await plane.talk(asking())
        denied = await plane.talk(asking().replace(b"/a?b=c", b"/no"))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert denied.startswith(b"HTTP/1.1 403 ")
    assert [one.id.encode() for one in told] == [field(answer), field(denied)]
    served, refused = told
    assert [(rule.scope, rule.text.split()[0], rule.holds) for rule in served.rules] == [
        ("route", "set-header", True),
        ("route", "deny", False),
        ("backend", "set-header", True),
    ]
    assert (served.status, served.answered) == (200, False)
    assert "The server's answer becomes:\n  HTTP/1.1 200 OK\n" in story(served)
    assert "Cookie: a=b" in served.sent
    assert "X-Back: 1" in served.sent
    assert (refused.status, refused.reason, refused.sent) == (403, "denied", ())


async def test_a_real_request_is_told_which_routes_it_lost(front: Any, backends: Backends) -> None:
    told: list[Explanation] = []
    [rule] = parse_rules("deny if { hdr(x-canary) -m found }", {})
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.site.tracer = LiveTracer(lambda: TOKEN, told.append, plane.apply.host)
        plane.route(server)
        found = plane.apply.host("www.example.com")
        [route] = found.routes
        wider, canary = replace(route, path="/"), replace(route, path="/a", when=rule.condition)
        plane.apply.put(PutHost(replace(found, routes=(replace(route, path="/a"), wider, canary)), ()))
        await plane.talk(asking())
    reasons = [(one.path, one.why) for one in told[0].routes]
    assert reasons == [
        ("/a", ""),
        ("/a", "it asks for more: if { hdr(x-canary) -m found }"),
        ("/", "/a is longer"),
    ]


async def test_without_the_token_a_request_is_served_and_nothing_is_told(
    front: Any, backends: Backends
) -> None:
    told: list[Explanation] = []
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        plain = await plane.talk(asking())
        plane.site.tracer = LiveTracer(lambda: TOKEN, told.append, plane.apply.host)
        for request in (GET, asking(b"0123456789abcdeX"), asking(b"")):
            answer = await plane.talk(request)
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert field(answer) == b""
    assert field(plain) == b""
    assert told == []


async def test_no_server_ever_sees_the_token(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        await plane.talk(asking().replace(b"Headgate-Explain", b"headgate-EXPLAIN"))
        plane.site.tracer = LiveTracer(lambda: TOKEN, lambda _: None, plane.apply.host)
        await plane.talk(asking())
    assert len(backends.heads) == 2
    assert all(TOKEN not in head for head in backends.heads)


async def test_no_more_are_explained_in_a_second_than_the_bound_allows(
    front: Any, backends: Backends
) -> None:
    told: list[Explanation] = []
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.site.tracer = LiveTracer(lambda: TOKEN, told.append, plane.apply.host)
        plane.route(server)
        plane.site.tick = 7
        answers = [field(await plane.talk(asking())) for _ in range(MOST + 3)]
        plane.site.tick = 8
        answers.append(field(await plane.talk(asking())))
    assert [bool(answer) for answer in answers] == [True] * MOST + [False] * 3 + [True]
    assert len(told) == MOST + 1


async def test_the_token_is_the_one_in_the_file_and_without_a_file_nobody_has_it(
    front: Any, backends: Backends, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "token"
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.site.tracer = LiveTracer(token_in(str(file)), lambda _: None, plane.apply.host)
        plane.route(server)

        async def is_explained(token: bytes) -> bool:
            plane.site.tick += 1
            return bool(field(await plane.talk(asking(token))))

        assert not await is_explained(b"")
        assert not await is_explained(TOKEN)
        file.write_bytes(TOKEN)
        assert await is_explained(TOKEN)
        file.write_bytes(TOKEN[::-1])
        assert await is_explained(TOKEN[::-1])
        assert not await is_explained(TOKEN)
        file.unlink()
        assert not await is_explained(TOKEN[::-1])
        assert not await is_explained(b"")
    assert caplog.messages == [f"no request is explained: {file}: No such file or directory"] * 2
