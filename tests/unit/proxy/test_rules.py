"""Rules at work between a client and a server."""

from typing import Any

import pytest
from msgspec.structs import replace

from ingress.acl.cursor import Family
from ingress.acl.file_uses import Names, name_files, no_users
from ingress.acl.grammar import parse_rules
from ingress.model.backend import Backend, BackendSettings
from ingress.model.change import Commit, PutBackend, PutFile, PutHost
from ingress.model.patterns import PatternFile
from ingress.model.policy import Policy
from ingress.model.route import Host, Origin, PathKind, Route
from ingress.proxy import refusal
from tests.unit.proxy.conftest import Backends

GET = b"GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"


def policy(request: str = "", response: str = "", final: str = "") -> Policy:
    return Policy(
        parse_rules(request, {}),
        response_rules=parse_rules(response, {}, Family.RESPONSE),
        final_rules=parse_rules(final, {}, Family.FINAL),
    )


async def answer_to(front: Any, backends: Backends, rules: Policy) -> bytes:
    """What a client gets under these rules."""
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=rules)
        answer: bytes = await plane.talk(GET)
    return answer


async def test_the_server_gets_the_request_as_the_rules_leave_it(front: Any, backends: Backends) -> None:
    rules = policy("set-path /new%[path]\nset-header X-To %[dst]:%[dst_port,bool]\nset-header X-From %[src]")
    await answer_to(front, backends, rules)
    assert backends.heads[0].startswith(b"GET /new/a?b=c HTTP/1.1\r\n")
    assert b"\r\nX-To: 127.0.0.1:1\r\nX-From: 127.0.0.1\r\n" in backends.heads[0]


async def test_the_client_gets_the_answer_as_the_rules_leave_it(front: Any, backends: Backends) -> None:
    rules = policy(response="set-header X-A %[status]\nset-status 201", final="set-header X-B %[status]")
    answer = await answer_to(front, backends, rules)
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert b"\r\nX-A: 200\r\nX-B: 201\r\n" in answer


async def test_an_answer_that_is_refused_never_reaches_the_client(front: Any, backends: Backends) -> None:
    answer = await answer_to(front, backends, policy(response="deny", final="set-header X-B %[status]"))
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"\r\nX-B: 502\r\n" in answer
    assert b"X-Headgate-Reason: denied\r\n" in answer


@pytest.mark.parametrize("rule", ["reject", "silent-drop"])
async def test_a_client_that_is_turned_away_gets_no_answer(rule: str, front: Any, backends: Backends) -> None:
    assert await answer_to(front, backends, policy(rule)) == b""
    assert backends.heads == []


async def test_a_client_in_the_tarpit_waits_for_its_refusal(
    front: Any, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusal, "TARPIT", 0.02)
    assert (await answer_to(front, backends, policy("tarpit"))).startswith(b"HTTP/1.1 500 ")


async def test_a_route_with_a_condition_takes_the_requests_that_meet_it(
    front: Any, backends: Backends
) -> None:
    [rule] = parse_rules("deny if { hdr(x-beta) yes }", {})
    origin = Origin("test", "ingress", "default", "web")
    gone = Policy(parse_rules("return status 410", {}))
    routes = (
        Route(PathKind.PREFIX, "/", "test:web", origin),
        Route(PathKind.PREFIX, "/", "test:web", origin, gone, rule.condition),
    )
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.apply.put(PutBackend(Backend("test:web", (server,)), (100,)))
        plane.apply.put(PutHost(Host("www.example.com", routes), (98, 99)))
        assert (await plane.talk(GET)).startswith(b"HTTP/1.1 200 ")
        beta = GET.replace(b"\r\n\r\n", b"\r\nX-Beta: yes\r\n\r\n")
        assert (await plane.talk(beta)).startswith(b"HTTP/1.1 410 ")
        other = GET.replace(b"www.", b"ftp.")
        assert (await plane.talk(other)).startswith(b"HTTP/1.1 503 ")
        plane.apply.put(Commit(1))
        assert (await plane.talk(other)).startswith(b"HTTP/1.1 404 ")


async def test_a_server_may_get_its_own_address_as_host(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, settings=BackendSettings(server_host=True))
        await plane.talk(GET)
    own = f"\r\nHost: {server.address}\r\n".encode()
    assert own in backends.heads[0]
    assert backends.heads[0].count(b"\r\nHost: ") == 1
    assert b"\r\nX-Forwarded-Host: www.example.com\r\n" in backends.heads[0]


async def test_a_file_changes_for_the_next_request_while_its_rules_stay(
    front: Any, backends: Backends
) -> None:
    named = name_files(
        policy("deny if { path -f configmap:l/k }"), Names(lambda _: "file:test:n/l/k", no_users)
    )
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.apply.put(PutFile(PatternFile("file:test:n/l/k", "/b")))
        plane.route(server, policy=named)
        statuses = [(await plane.talk(GET)).split()[1]]
        plane.apply.put(PutFile(PatternFile("file:test:n/l/k", "/a")))
        statuses.append((await plane.talk(GET)).split()[1])
    assert statuses == [b"200", b"403"]


async def test_the_rules_of_one_route_neither_see_nor_touch_the_requests_of_another(
    front: Any, backends: Backends
) -> None:
    """On one host, by path; and on another host."""
    theirs = policy("set-var(txn.seen) str(1)\nset-header X-Theirs 1\nreject", "deny", "set-header X-All 1")
    ours = policy("set-header X-Ours %[var(txn.seen)]-")
    async with front() as plane, backends.serve(backends.echo) as server:
        name = "test:b"
        plane.apply.put(PutBackend(Backend(name, (server,)), (100,)))
        routes = tuple(
            Route(PathKind.PREFIX, path, name, Origin("test", "ingress", team, "web"), rules)
            for path, team, rules in (("/", "team-a", ours), ("/theirs", "team-b", theirs))
        )
        plane.apply.put(PutHost(Host("www.example.com", routes), (98, 99)))
        plane.apply.put(PutHost(Host("other.example.com", (replace(routes[0], policy=theirs),)), (97,)))
        plane.apply.put(Commit(1))
        refused = await plane.talk(GET.replace(b"/a?b=c", b"/theirs"))
        elsewhere = await plane.talk(GET.replace(b"www.", b"other."))
        answer = await plane.talk(GET)
    assert (refused, elsewhere) == (b"", b"")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"X-All" not in answer
    assert len(backends.heads) == 1
    assert b"\r\nX-Ours: -\r\n" in backends.heads[0]
    assert b"X-Theirs" not in backends.heads[0]
