"""Answers that Headgate makes itself say when, why, and in words; what it refused is in the log."""

import json
from typing import Any

import pytest

from ingress.model.settings import Limits, Settings
from tests.unit.proxy.conftest import Backends

GET = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"
PIPELINED = b"GET /next HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
DATE = b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"


def entry(line: bytes) -> dict[str, Any]:
    """A line of the log."""
    loaded: dict[str, Any] = json.loads(line)
    return loaded


async def test_an_answer_of_our_own_has_a_date_and_says_its_reason_in_words(front: Any) -> None:
    async with front() as plane:
        plane.site.wall = lambda: 784111777.9
        plane.route()
        answer = await plane.talk(GET)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert DATE in head + b"\r\n"
    assert b"\r\nContent-Type: text/plain; charset=utf-8\r\n" in head
    assert b"\r\nContent-Length: %d\r\n" % len(body) in head
    assert body == b"no-endpoints: the route is known, its backend has no server to send to\n"


async def test_to_head_the_same_is_said_without_a_body(front: Any) -> None:
    async with front() as plane:
        plane.site.wall = lambda: 784111777.9
        plane.route()
        whole = await plane.talk(GET)
        answer = await plane.talk(GET.replace(b"GET", b"HEAD"))
        refused = await plane.talk(b"HEAD / HTTP/1.1\r\n\r\n")
    assert answer == whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert refused.endswith(b"\r\n\r\n")
    assert b"\r\nContent-Length: 0\r\n" not in refused


async def test_a_refusal_has_a_date_and_says_what_is_wrong(front: Any) -> None:
    async with front() as plane:
        plane.site.wall = lambda: 784111777.9
        answer = await plane.talk(b"GET / HTTP/1.1\r\n\r\n" + PIPELINED)
    assert DATE in answer
    assert answer.endswith(b"\r\n\r\nbad-request: HTTP/1.1 without Host\n")


async def test_the_date_goes_on_with_the_clock(front: Any) -> None:
    async with front() as plane:
        plane.site.wall = lambda: 784111777.0
        assert DATE in await plane.talk(GET)
        plane.site.wall = lambda: 784111778.0
        assert b"Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n" in await plane.talk(GET)


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (
            b"GET /a?b=c HTTP/1.1\r\nHost: a.example\r\nHost: b\r\n\r\n" + PIPELINED,
            ("GET", "/a?b=c", "a.example"),
        ),
        (b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", ("POST", "/x", "a")),
        (b'GET /"\x01\xff HTTP/1.1\r\nHost: a\r\n\r\n', ("GET", '/"\x01\xff', "a")),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", ("", "", "")),
    ],
)
async def test_what_was_read_of_a_refused_request_is_in_the_log(
    sent: bytes, seen: tuple[str, str, str], front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        answer = await plane.talk(sent)
    logged = entry(plane.log[0])
    assert (logged["method"], logged["path"], logged["host"]) == seen
    assert logged["reason"] == "bad-request"
    assert logged["bytes"] == len(answer.partition(b"\r\n\r\n")[2])
    assert len(plane.log) == 1
    assert not backends.heads


async def test_a_head_that_came_too_late_is_logged_with_what_there_was_of_it(front: Any) -> None:
    async with front(Settings(limits=Limits(timeout_request=1.0))) as plane:
        reader, writer = await plane.connect()
        writer.write(b"GET /slow HTTP/1.1\r\nHost: a.example\r\nX-")
        await plane.until(lambda: any(client.rest for client in plane.site.clients))
        plane.expire()
        assert b"X-Headgate-Reason: timeout-request\r\n" in await reader.read()
        writer.close()
    logged = entry(plane.log[0])
    assert (logged["path"], logged["host"], logged["status"]) == ("/slow", "a.example", 408)
