"""Rules that ask about backends, and rules that name a server, between clients and servers."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from ingress.acl.cursor import Family
from ingress.acl.grammar import parse_rules, parse_server_rules
from ingress.model.backend import Server
from ingress.model.policy import Policy
from tests.unit.proxy.conftest import Backends, Conversation

GET = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"
NOWHERE = Server("127.0.0.1", 1)


async def test_a_backend_without_usable_servers_is_seen_by_its_rules(front: Any, backends: Backends) -> None:
    rules = Policy(parse_rules("return status 410 if { nbsrv lt 1 }", {}))
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=rules)
        first = await plane.talk(GET)
        plane.route(replace(server, weight=0), policy=rules)
        assert (first.split()[1], (await plane.talk(GET)).split()[1]) == (b"200", b"410")


async def test_requests_under_way_count_and_the_present_one_does_not(front: Any, backends: Backends) -> None:
    rules = Policy(parse_rules("return status 429 if { be_conn gt 0 }", {}))
    hold = asyncio.Event()

    async def slow(conversation: Conversation) -> None:
        await conversation.head()
        await hold.wait()
        conversation.say(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    async with front() as plane, backends.serve(slow) as server:
        plane.route(server, policy=rules)
        first = asyncio.create_task(plane.talk(GET))
        await plane.until(lambda: len(backends.connections) == 1)
        second = await plane.talk(GET)
        hold.set()
        assert (second.split()[1], (await first).split()[1]) == (b"429", b"204")


def named(rules: str) -> Policy:
    return Policy(servers=parse_server_rules(rules, {}))


async def test_a_request_goes_to_the_server_that_is_named_by_address_or_name(
    front: Any, backends: Backends
) -> None:
    rules = named("web-1 if { path / }")
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(NOWHERE, replace(server, name="web-1"), policy=rules)
        for _ in range(3):
            await plane.talk(GET)
        plane.route(NOWHERE, server, policy=named(server.address))
        await plane.talk(GET)
    assert len(backends.heads) == 4
    assert not any(b'"tries":2' in line for line in plane.log)


@pytest.mark.parametrize("rules", ["gone\nweb-1", "down\nweb-1", "web-0 unless { path / }\nweb-1"])
async def test_a_rule_without_a_server_that_is_up_is_passed_over(
    rules: str, front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        down = replace(NOWHERE, name="down")
        plane.route(down, replace(server, name="web-1"), policy=named(rules))
        plane.site.backend("test:www.example.com/").named("down").up = False
        await plane.talk(GET)
    assert b'"tries":1' in plane.log[0]
    assert server.address.encode() in plane.log[0]


async def test_where_no_named_server_is_up_the_backend_chooses(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=named("%[hdr(x-server)]\ngone"))
        answer = await plane.talk(GET.replace(b"\r\n\r\n", b"\r\nX-Server: nobody\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_a_name_made_of_samples_that_nobody_has_ends_the_rules(front: Any, backends: Backends) -> None:
    """As in HAProxy: it is known only then that there is no such server."""
    async with front() as plane, backends.serve(backends.echo) as server:
        first = replace(server, name="web-0")
        plane.route(first, replace(NOWHERE, name="web-1"), policy=named("%[str(nobody)]\nweb-1"))
        plane.site.backend("test:www.example.com/").position = 0
        await plane.talk(GET)
    assert first.address.encode() in plane.log[0]


async def test_a_named_server_that_fails_is_followed_by_another(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(replace(NOWHERE, name="web-0"), server, policy=named("web-0"))
        answer = await plane.talk(GET)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"tries":2' in plane.log[0]


async def test_an_answer_can_tell_who_has_given_it(front: Any, backends: Backends) -> None:
    said = parse_rules("set-header X-By '%b %[srv_name] %ID'", {}, Family.RESPONSE)
    asked = GET.replace(b"\r\n\r\n", b"\r\nX-Request-ID: abc\r\n\r\n")
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(replace(server, name="web-1"), policy=Policy(response_rules=said))
        named = await plane.talk(asked)
        plane.route(server, policy=Policy(response_rules=said))
        nameless = await plane.talk(asked)
    assert b"\r\nX-By: test:www.example.com/ web-1 abc\r\n" in named
    assert b"\r\nX-By: test:www.example.com/ " + server.address.encode() + b" abc\r\n" in nameless
