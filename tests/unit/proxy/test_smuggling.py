"""No request hides in another: judged by the bytes that a server behind Headgate saw."""

import asyncio
from typing import Any

import pytest

from ingress.model.settings import Limits
from tests.fuzz import model
from tests.unit.proxy.conftest import OK, Backends, Conversation
from tests.unit.proxy.payloads import CLASSES, HIDDEN


class Raw:
    """A server that keeps every byte it sees, and answers as soon as a request is whole."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    async def __call__(self, conversation: Conversation) -> None:
        at = len(self.seen)
        self.seen.append(b"")
        answered = 0
        while data := await conversation.reader.read(65536):
            self.seen[at] += data
            whole = len(requests(self.seen[at])[0])
            conversation.say(OK * (whole - answered))
            answered = whole


def requests(data: bytes) -> tuple[list[model.Asked], bytes]:
    """The requests in what a server saw, and what is left of it."""
    found: list[model.Asked] = []
    while (end := data.find(b"\r\n\r\n") + 4) > 3:
        asked = model.read_request(data[:end], Limits())
        assert asked is not None, data
        rest = data[end:]
        if asked.body == model.CHUNKED:
            body = model.read_chunks(rest)
            if body is None:
                return found, data
            rest = body[1]
        elif len(rest) < asked.body:
            return found, data
        else:
            rest = rest[asked.body :]
        found.append(asked)
        data = rest
    return found, data


@pytest.mark.parametrize("name", CLASSES)
async def test_a_server_sees_one_request_or_none(name: str, front: Any, backends: Backends) -> None:
    raw = Raw()
    async with front() as plane, backends.serve(raw) as server:
        plane.route(server)
        plane.route(server, host="other.example")
        for payload in CLASSES[name]:
            raw.seen.clear()
            await send(plane, payload)
            asked = [found for seen in raw.seen for found in requests(seen)[0]]
            left = b"".join(requests(seen)[1] for seen in raw.seen)
            assert [found.path for found in asked] in ([], [b"/"]), payload
            assert not (asked and left), payload
            assert not left.startswith(HIDDEN), payload
            for upstream in list(plane.site.upstreams):
                upstream.transport.abort()
            await plane.until(lambda: not plane.site.upstreams)


async def send(plane: Any, payload: bytes) -> bytes:
    """Send it, half-close, and read what comes."""
    reader, writer = await plane.connect()
    writer.write(payload)
    writer.write_eof()
    try:
        async with asyncio.timeout(5):
            answer: bytes = await reader.read()
            return answer
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_the_hidden_request_is_seen_where_it_is_not_hidden(front: Any, backends: Backends) -> None:
    """So the judge would see it."""
    raw = Raw()
    async with front() as plane, backends.serve(raw) as server:
        plane.route(server)
        await send(plane, b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n" + HIDDEN)
    assert [asked.path for seen in raw.seen for asked in requests(seen)[0]] == [b"/", b"/hidden"]
