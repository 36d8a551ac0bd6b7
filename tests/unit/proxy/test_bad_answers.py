"""Answers that can be read in two ways, or that nobody asked for, reach no client and cost a connection."""

import asyncio
from typing import Any, Final

import pytest

from tests.unit.proxy.conftest import OK, Backends, Conversation
from tests.unit.proxy.test_retry_matrix import heard

HOST: Final = b" / HTTP/1.1\r\nHost: www.example.com\r\n"
POST: Final = b"POST" + HOST + b"Content-Length: 1\r\nConnection: close\r\n\r\nx"
ASK: Final = b"GET" + HOST + b"\r\n"
CHUNKED: Final = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
EVIL: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"

BAD: Final = {
    "another protocol": b"SSH-2.0-OpenSSH\r\n\r\n",
    "an endless head": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "two framings": CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    "chunks in HTTP/1.0": CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n",
    "a size that is none": CHUNKED + b"x\r\n",
    "a size with a sign": CHUNKED + b"+5\r\nhello\r\n0\r\n\r\n",
    "a chunk that is longer than it says": CHUNKED + b"1\r\nhello\r\n0\r\n\r\n",
    "a size line that ends with LF": CHUNKED + b"5\nhello\r\n0\r\n\r\n",
    "a trailer that is no field": CHUNKED + b"0\r\nX\r\n\r\n",
    "bytes behind the last chunk": CHUNKED + b"0\r\n\r\n" + EVIL,
    "bytes behind its length": OK + EVIL,
    "a length on 204": b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok",
    "a body on 204": b"HTTP/1.1 204 No Content\r\n\r\nok",
    "chunks on 204": CHUNKED.replace(b"200 OK", b"204 No Content") + b"0\r\n\r\n",
    "a body on 304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok",
    "a hint with a body": b"HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\nok" + OK,
    "another answer behind 204": b"HTTP/1.1 204 No Content\r\n\r\n" + EVIL,
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_answer_is_502_and_its_connection_is_not_used_again(
    name: str, front: Any, backends: Backends
) -> None:
    async def answer(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(BAD[name])
        await conversation.reader.read()

    async with front() as plane, backends.serve(answer) as server:
        plane.route(server)
        got = await plane.talk(POST)
        await plane.until(lambda: not plane.site.upstreams)
    assert got.startswith(b"HTTP/1.1 502 ")
    assert got.count(b"HTTP/1.1 ") == 1
    assert b"\r\nX-Headgate-Reason: bad-response\r\n" in got


LATER: Final = {
    "a chunk that is longer than it says": (CHUNKED + b"1\r\n", b"hello\r\n0\r\n\r\n"),
    "a size that is none": (CHUNKED + b"5\r\nhello\r\n", b"x\r\n"),
    "bytes behind the last chunk": (CHUNKED + b"5\r\nhello\r\n", b"0\r\n\r\n" + EVIL),
    "bytes behind its length": (OK[:-1], b"k" + EVIL),
}


@pytest.mark.parametrize("name", LATER)
async def test_an_answer_that_turns_bad_is_seen_to_be_broken_off(
    name: str, front: Any, backends: Backends
) -> None:
    begun, more = LATER[name]

    async def answer(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(begun)
        await heard()
        conversation.say(more)
        await conversation.reader.read()

    async with front() as plane, backends.serve(answer) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(ASK)
        await reader.readuntil(b"\r\n\r\n")
        body = await reader.read()
        writer.close()
        await plane.until(lambda: not plane.site.upstreams)
    assert b'"reason":"bad-response"' in plane.log[0]
    assert b"evil" not in body
    assert len(body) < 2 if begun.startswith(OK[:-1]) else not body.endswith(b"0\r\n\r\n")


OLD: Final = b"GET / HTTP/1.0\r\nHost: www.example.com\r\n\r\n"
UNTIL_CLOSE: Final = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf"
ENDLESS: Final = {
    "an answer without a length": (POST, UNTIL_CLOSE),
    "chunks for a client that does not know them": (OLD, CHUNKED + b"4\r\nhalf\r\n"),
}


@pytest.mark.parametrize("expires", [False, True])
@pytest.mark.parametrize("name", ENDLESS)
async def test_the_end_of_a_broken_answer_is_not_taken_for_its_own(
    name: str, expires: bool, front: Any, backends: Backends
) -> None:
    """Where only the end of the connection says where the answer ends."""
    asked, begun = ENDLESS[name]
    go = asyncio.Event()

    async def answer(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(begun)
        await go.wait()
        conversation.reset()

    async with front() as plane, backends.serve(answer) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(asked)
        await reader.readuntil(b"half")
        if expires:
            plane.expire()
        go.set()
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
    assert (b'"reason":"timeout-server"' if expires else b'"reason":"server-aborted"') in plane.log[0]


async def test_an_answer_before_its_request_reaches_nobody(front: Any, backends: Backends) -> None:
    """Whoever asked next on that connection would get what belongs to nobody, or to somebody else."""
    said = asyncio.Event()

    async def ahead(conversation: Conversation) -> None:
        while await conversation.head():
            conversation.say(OK)
            await heard()
            conversation.say(EVIL)
            said.set()

    async with front() as plane, backends.serve(ahead) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        for _ in range(3):
            said.clear()
            writer.write(ASK)
            assert (await reader.readuntil(b"\r\n\r\nok")).startswith(b"HTTP/1.1 200 OK\r\n")
            await said.wait()
            await plane.until(lambda: not plane.site.upstreams)
        writer.close()
    assert len(backends.connections) == 3
