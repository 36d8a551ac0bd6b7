"""Trailers of answers reach the client, but for those that the head of the answer may not have either."""

from typing import Any, Final

import pytest

from ingress.acl.grammar import Family, parse_rules
from ingress.model.policy import Policy
from tests.unit.proxy.conftest import Backends, Conversation
from tests.unit.proxy.test_retry_matrix import heard

ASK: Final = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nTE: trailers\r\nConnection: te, close\r\n\r\n"
HEAD: Final = b"HTTP/1.1 200 OK\r\nConnection: x-hop\r\nTransfer-Encoding: chunked\r\n\r\n"
BODY: Final = b"2\r\nok\r\n0\r\n"
GOOD: Final = b"Grpc-Status: 0\r\nX-Checksum: abc\r\n"
POLICY: Final = Policy(
    response_rules=parse_rules("del-header X-Internal\nset-header X-By us", {}, Family.RESPONSE)
)

BARRED: Final = {
    "nothing": b"",
    "what a rule takes away": b"X-Internal: 1\r\n",
    "the same with underscores": b"x_internal: 1\r\n",
    "what a rule sets": b"X-By: them\r\n",
    "what Connection names": b"X-Hop: 1\r\n",
    "a cookie": b"Set-Cookie: a=1\r\n",
    "framing": b"Content-Length: 5\r\n",
}


async def answered(front: Any, backends: Backends, pieces: tuple[bytes, ...]) -> bytes:
    """The body that the client gets of an answer in these pieces."""

    async def answer(conversation: Conversation) -> None:
        await conversation.head()
        for piece in pieces:
            conversation.say(piece)
            await heard()

    async with front() as plane, backends.serve(answer) as server:
        plane.route(server, policy=POLICY)
        whole: bytes = await plane.talk(ASK)
        assert b"\r\nX-By: us\r\n" in whole
    return whole.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("name", BARRED)
async def test_a_trailer_of_an_answer_cannot_be_what_the_head_may_not(
    name: str, at_once: bool, front: Any, backends: Backends
) -> None:
    end = BODY + BARRED[name] + GOOD + b"\r\n"
    pieces = (HEAD + end,) if at_once else (HEAD, end)
    assert await answered(front, backends, pieces) == BODY + GOOD + b"\r\n"


@pytest.mark.parametrize("cut", range(1, len(BODY + BARRED["what a rule takes away"] + GOOD) + 2))
async def test_what_goes_on_is_the_same_wherever_the_packets_split(
    cut: int, front: Any, backends: Backends
) -> None:
    end = BODY + BARRED["what a rule takes away"] + GOOD + b"\r\n"
    assert await answered(front, backends, (HEAD, end[:cut], end[cut:])) == BODY + GOOD + b"\r\n"
