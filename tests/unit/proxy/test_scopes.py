"""Rules of platforms, routes and backends: who is asked first, who sees what, and what a change costs."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from ingress.acl.cursor import Family
from ingress.acl.grammar import parse_backend_rules, parse_rules
from ingress.filter.steps import Steps, compile_policy
from ingress.model.backend import Backend
from ingress.model.change import Begin, Commit, DropPlatform, PutBackend, PutHost, PutPlatform
from ingress.model.platform import EVERYWHERE, Platform
from ingress.model.policy import Policy
from ingress.model.route import Host, Origin, PathKind, Route
from ingress.proxy import apply, scopes
from tests.unit.proxy.conftest import Backends

GET = b"GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"
ORIGIN = Origin("test", "ingress", "default", "web")
CLASS = "test:infra/edge"


def policy(request: str = "", response: str = "", final: str = "", backends: str = "") -> Policy:
    return Policy(
        parse_rules(request, {}),
        parse_backend_rules(backends, {}, resolve=str),
        response_rules=parse_rules(response, {}, Family.RESPONSE),
        final_rules=parse_rules(final, {}, Family.FINAL),
    )


def platform(name: str, rules: Policy) -> PutPlatform:
    return PutPlatform(Platform(name, Origin("test", "platform", "infra", name or "all"), rules))


@asynccontextmanager
async def stage(front: Any, backends: Backends, *rules: tuple[str, Policy]) -> AsyncIterator[Any]:
    """A route of a class to a backend `b`; the rules by scope: `route`, `backend`, or a platform's name."""
    scopes = dict(rules)
    async with front() as plane, backends.serve(backends.echo) as server:
        for name in (EVERYWHERE, CLASS):
            plane.apply.put(platform(name, scopes.get(name, Policy())))
        plane.apply.put(PutBackend(Backend("b", (server,), policy=scopes.get("backend", Policy())), (100,)))
        plane.apply.put(PutBackend(Backend("other", (server,)), (101,)))
        route = Route(PathKind.PREFIX, "/", "b", ORIGIN, scopes.get("route", Policy()), platform=CLASS)
        plane.apply.put(PutHost(Host("www.example.com", (route,)), (98,)))
        plane.apply.put(Commit(1))
        yield plane


def said(head: bytes, name: bytes) -> bytes:
    """The value of a field."""
    found = [line.partition(b": ")[2] for line in head.split(b"\r\n") if line.startswith(name + b": ")]
    return b",".join(found)


def everywhere(text: str) -> list[tuple[str, Policy]]:
    """The rule in each scope, with the scope's own letter for LETTER."""
    return [
        (scope, policy(text.replace("LETTER", letter)))
        for scope, letter in ((EVERYWHERE, "p"), (CLASS, "c"), ("route", "r"), ("backend", "b"))
    ]


async def test_a_request_goes_from_the_platform_to_the_backend(front: Any, backends: Backends) -> None:
    rules = everywhere("set-var-fmt(txn.way) '%[var(txn.way)]LETTER'\nset-header X-Way %[var(txn.way)]")
    async with stage(front, backends, *rules) as plane:
        await plane.talk(GET)
    assert said(backends.heads[0], b"X-Way") == b"pcrb"


async def test_an_answer_goes_back_from_the_backend_to_the_platform(front: Any, backends: Backends) -> None:
    texts = [
        (scope, f"set-header X-Way '%[res.hdr(x-way)]{letter}'")
        for scope, letter in ((EVERYWHERE, "p"), (CLASS, "c"), ("route", "r"), ("backend", "b"))
    ]
    for rules in (
        [(scope, policy(response=text)) for scope, text in texts],
        [(scope, policy(final=text)) for scope, text in texts],
    ):
        async with stage(front, backends, *rules) as plane:
            answer = await plane.talk(GET)
        assert said(answer.partition(b"\r\n\r\n")[0], b"X-Way") == b"brcp"


@pytest.mark.parametrize(
    ("denies", "way"), [(EVERYWHERE, b"p"), (CLASS, b"cp"), ("route", b"rcp"), ("backend", b"brcp")]
)
async def test_an_answer_of_a_scope_is_seen_by_itself_and_those_outside_of_it(
    denies: str, way: bytes, front: Any, backends: Backends
) -> None:
    rules = [
        (
            scope,
            policy("deny" if scope == denies else "", final=f"set-header X-Way '%[res.hdr(x-way)]{letter}'"),
        )
        for scope, letter in ((EVERYWHERE, "p"), (CLASS, "c"), ("route", "r"), ("backend", "b"))
    ]
    async with stage(front, backends, *rules) as plane:
        answer = await plane.talk(GET)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert said(answer.partition(b"\r\n\r\n")[0], b"X-Way") == way
    assert backends.heads == []


async def test_no_rule_of_a_route_keeps_the_platform_from_refusing(front: Any, backends: Backends) -> None:
    rules = [("route", policy("allow")), ("backend", policy("allow")), (EVERYWHERE, policy("deny"))]
    async with stage(front, backends, *rules) as plane:
        assert (await plane.talk(GET)).startswith(b"HTTP/1.1 403 ")


async def test_allow_ends_the_rules_of_its_own_scope_only(front: Any, backends: Backends) -> None:
    rules = everywhere("set-header X-LETTER 1\nallow\nset-header X-LETTER 2")
    async with stage(front, backends, *rules) as plane:
        await plane.talk(GET)
    assert [said(backends.heads[0], name) for name in (b"X-p", b"X-c", b"X-r", b"X-b")] == [b"1"] * 4


async def test_the_rules_of_a_backend_are_for_every_route_to_it_and_for_no_other(
    front: Any, backends: Backends
) -> None:
    chooses = policy(backends="other if { path /other }\nb if { path /chosen }")
    async with stage(front, backends, ("backend", policy("deny deny_status 429"))) as plane:
        routes = [
            Route(PathKind.PREFIX, "/", "other", replace(ORIGIN, name="shop"), chooses),
            Route(PathKind.PREFIX, "/b", "b", replace(ORIGIN, name="blog")),
        ]
        plane.apply.put(PutHost(Host("shop.example.com", tuple(routes)), (96, 97)))
        for path, status in ((b"/", b"200"), (b"/chosen", b"429"), (b"/b", b"429"), (b"/other", b"200")):
            request = GET.replace(b"/a?b=c", path).replace(b"www.", b"shop.")
            assert (await plane.talk(request)).split()[1] == status, path


async def test_the_rules_of_a_backend_change_with_it(front: Any, backends: Backends) -> None:
    async with stage(front, backends, ("backend", policy("deny"))) as plane:
        statuses = [(await plane.talk(GET)).split()[1]]
        for rules in (policy("deny deny_status 429"), Policy()):
            plane.apply.put(PutBackend(Backend("b", policy=rules)))
            statuses.append((await plane.talk(GET)).split()[1])
    assert statuses == [b"403", b"429", b"503"]


async def test_a_change_of_a_platform_is_in_force_at_once_and_compiles_nothing_else(
    front: Any, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[Policy] = []

    def count(policy: Policy, *, https: bool = False) -> Steps | None:
        steps = compile_policy(policy, https=https)
        if steps is not None:
            compiled.append(policy)
        return steps

    async with stage(front, backends, ("route", policy("set-header X-Route 1"))) as plane:
        for module in (apply, scopes):
            monkeypatch.setattr(module, "compile_policy", count)
        statuses = []
        changes: Sequence[Any] = (
            platform(EVERYWHERE, policy("deny")),
            platform(EVERYWHERE, policy("deny deny_status 429")),
            platform(EVERYWHERE, Policy()),
            platform(CLASS, policy("deny deny_status 404")),
        )
        for change in changes:
            plane.apply.put(change)
            statuses.append((await plane.talk(GET)).split()[1])
    assert statuses == [b"403", b"429", b"200", b"404"]
    assert len(compiled) == 3


async def test_hosts_that_ask_the_same_share_what_was_compiled(front: Any, backends: Backends) -> None:
    async with stage(front, backends) as plane:
        steps = []
        for number, rules in enumerate(("deny if { path /a }", "deny if { path /a }", "deny")):
            route = Route(PathKind.PREFIX, "/", "b", ORIGIN, policy(rules))
            plane.apply.put(PutHost(Host(f"{number}.example.com", (route,)), (0,)))
            steps.append(plane.site.table.find(b"%d.example.com" % number, b"/").own)
    assert steps[0] is steps[1]
    assert steps[2] is not steps[0]


async def test_a_route_whose_platform_is_not_there_lets_nobody_in(front: Any, backends: Backends) -> None:
    async with stage(front, backends) as plane:
        plane.apply.put(DropPlatform(CLASS))
        assert (await plane.talk(GET)).startswith(b"HTTP/1.1 503 ")
        plane.apply.put(platform(CLASS, Policy()))
        assert (await plane.talk(GET)).startswith(b"HTTP/1.1 200 ")


ELSEWHERE = GET.replace(b"www.", b"no-such.")


async def test_a_request_that_no_route_takes_meets_the_rules_for_all_and_no_others(
    front: Any, backends: Backends
) -> None:
    scopes = [(CLASS, policy("deny deny_status 500")), ("route", policy("deny deny_status 500"))]
    for rule, status in (
        ("deny deny_status 429", b"429"),
        ("redirect prefix https://www.example.com", b"302"),
        ("set-header X-A 1", b"404"),
    ):
        async with stage(front, backends, *scopes, (EVERYWHERE, policy(rule))) as plane:
            answer = await plane.talk(ELSEWHERE)
        assert answer.split()[1] == status, rule
    assert b"X-Headgate-Reason: no-route\r\n" in answer


async def test_rules_for_all_may_wait_for_the_body_of_a_request_that_no_route_takes(
    front: Any, backends: Backends
) -> None:
    rules = policy("deny if { req.body -m sub x }")
    for body, status in ((b"x", b"403"), (b"y", b"404")):
        async with stage(front, backends, (EVERYWHERE, rules)) as plane:
            head = ELSEWHERE.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 1\r\n\r\n")
            assert (await plane.talk(head + body)).split()[1] == status


async def test_rules_for_all_see_the_answer_that_there_is_no_route(front: Any, backends: Backends) -> None:
    rules = policy(final="set-header X-Seen %[status]", response="set-header X-Of-Server 1")
    async with stage(front, backends, (EVERYWHERE, rules)) as plane:
        answer = await plane.talk(ELSEWHERE)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert said(answer.partition(b"\r\n\r\n")[0], b"X-Seen") == b"404"
    assert b"X-Of-Server" not in answer
    assert b'"route":""' in plane.log[-1]


async def test_a_request_that_no_route_takes_is_refused_while_the_rules_for_all_cannot_be_read(
    front: Any, backends: Backends
) -> None:
    async with stage(front, backends, (EVERYWHERE, Policy(closed="broken"))) as plane:
        assert (await plane.talk(ELSEWHERE)).startswith(b"HTTP/1.1 503 ")
        plane.apply.put(DropPlatform(EVERYWHERE))
        assert (await plane.talk(ELSEWHERE)).startswith(b"HTTP/1.1 404 ")


async def test_a_platform_that_a_full_state_does_not_name_is_gone(front: Any, backends: Backends) -> None:
    async with stage(front, backends, (EVERYWHERE, policy("deny"))) as plane:
        plane.apply.put(Begin())
        plane.apply.put(Commit(2))
        assert list(plane.site.scopes.names) == []


async def test_a_closed_backend_lets_nobody_in(front: Any, backends: Backends) -> None:
    async with stage(front, backends, ("backend", Policy(closed="broken"))) as plane:
        answer = await plane.talk(GET)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"X-Headgate-Reason: route-closed\r\n" in answer


async def test_rules_of_every_scope_may_wait_and_go_on_where_they_were(
    front: Any, backends: Backends
) -> None:
    rules = everywhere(
        "wait-for-body time 5s\nset-var-fmt(txn.way) '%[var(txn.way)]LETTER%[req.body]'\n"
        "set-header X-Way %[var(txn.way)]"
    )
    async with stage(front, backends, *rules) as plane:
        body = b"GET", b"POST", b"\r\n\r\n", b"\r\nContent-Length: 1\r\n\r\n1"
        answer = await plane.talk(GET.replace(*body[:2]).replace(*body[2:]))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert said(backends.heads[0], b"X-Way") == b"p1c1r1b1"
    assert len(backends.heads) == 1
