"""Trailers of requests reach the server, but for those that could pass for something else there."""

from typing import Any, Final

import pytest

from ingress.acl.grammar import Family, parse_rules
from ingress.model.backend import Server
from ingress.model.policy import Policy
from tests.unit.proxy.conftest import OK, Backends, Conversation
from tests.unit.proxy.test_attempts import refusing

HEAD: Final = (
    b"POST / HTTP/1.1\r\nHost: www.example.com\r\nTransfer-Encoding: chunked\r\n%bConnection: close%b\r\n\r\n"
)
BODY: Final = b"5\r\nhello\r\n0\r\n"
GOOD: Final = b"X-Checksum: abc\r\nServer-Timing: a;dur=1\r\n"


async def until_end(backends: Backends, conversation: Conversation) -> None:
    """Keep head and body as they come, and answer."""
    backends.heads.append(await conversation.head())
    body = b""
    while not (body.endswith(b"\r\n\r\n") and b"0\r\n" in body):
        body += await conversation.reader.read(4096)
    backends.bodies.append(body)
    conversation.say(OK)


def rules(text: str) -> Policy:
    return Policy(parse_rules(text, {}, Family.REQUEST))


async def sent(front: Any, backends: Backends, data: bytes, policy: Policy, cut: int) -> bytes:
    """What the server gets of a body that comes in two pieces."""
    async with front() as plane, backends.serve(lambda c: until_end(backends, c)) as server:
        plane.route(server, policy=policy)
        reader, writer = await plane.connect()
        writer.write(data[:cut])
        if cut < len(data):
            await plane.until(lambda: bool(backends.heads) or cut < data.index(b"\r\n\r\n") + 4)
            writer.write(data[cut:])
        assert (await reader.read()).endswith(b"ok")
        writer.close()
    return backends.bodies[-1]


@pytest.mark.parametrize("cut", range(0, 200, 7))
async def test_trailers_go_on_wherever_the_packets_split(cut: int, front: Any, backends: Backends) -> None:
    data = HEAD % (b"", b"") + BODY + GOOD + b"\r\n"
    assert await sent(front, backends, data, Policy(), min(cut, len(data))) == BODY + GOOD + b"\r\n"


BARRED: Final = {
    "framing": b"Content-Length: 5\r\n",
    "a host": b"Host: other.example\r\n",
    "credentials": b"Authorization: Basic eA==\r\n",
    "who the client is": b"X-Forwarded-For: 10.0.0.1\r\n",
    "the same with underscores": b"x_forwarded_for: 10.0.0.1\r\n",
    "a client's certificate": b"X-SSL-Client-Verify: 0\r\n",
    "what Connection names": b"X-Hop: 1\r\n",
    "what a rule sets": b"X-User: root\r\n",
    "the same in underscores": b"X_User: root\r\n",
    "what a rule takes away": b"X-Internal: 1\r\n",
}


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("name", BARRED)
async def test_a_trailer_cannot_be_what_the_head_may_not(
    name: str, at_once: bool, front: Any, backends: Backends
) -> None:
    policy = rules("set-header X-User nobody\ndel-header X-Internal")
    head = HEAD % (b"", b", x-hop")
    data = head + BODY + BARRED[name] + GOOD + b"\r\n"
    cut = len(data) if at_once else len(head)
    assert await sent(front, backends, data, policy, cut) == BODY + GOOD + b"\r\n"


async def test_trailers_go_to_the_server_that_takes_the_request_in_the_end(
    front: Any, backends: Backends
) -> None:
    data = HEAD % (b"", b"") + BODY + GOOD + b"\r\n"
    async with front() as plane, backends.serve(lambda c: until_end(backends, c)) as server:
        dead: Server = refusing()
        plane.route(dead, server)
        for _ in range(2):
            assert (await plane.talk(data)).endswith(b"ok")
    assert backends.bodies == [BODY + GOOD + b"\r\n"] * 2
