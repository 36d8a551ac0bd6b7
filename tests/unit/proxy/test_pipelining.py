"""Requests that a client sends without waiting for answers are answered once each, in their order."""

import asyncio
import random
import re
from typing import Any

import pytest

from ingress.acl.grammar import parse_rules
from ingress.model.policy import Policy
from tests.unit.proxy.conftest import Backends, Conversation

POLICY = Policy(rules=parse_rules("deny if { path_beg /denied }", {}))
KINDS = {
    "served": b"GET /%d HTTP/1.1\r\nHost: www.example.com\r\n\r\n",
    "posted": b"POST /%d HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 3\r\n\r\nabc",
    "denied": b"GET /denied/%d HTTP/1.1\r\nHost: www.example.com\r\n\r\n",
    "denied post": b"POST /denied/%d HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 3\r\n\r\nabc",
    "lost": b"GET /%d HTTP/1.1\r\nHost: nowhere.example\r\n\r\n",
}
STATUS = {"served": 200, "posted": 200, "denied": 403, "denied post": 403, "lost": 404}
LAST = b"GET /last HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_the_requests_are_and_wherever_they_split_each_is_answered_once_in_its_turn(
    seed: int, front: Any, backends: Backends
) -> None:
    dice = random.Random(seed)
    kinds = dice.choices([*KINDS], k=dice.randrange(1, 12))
    data = b"".join(KINDS[kind] % number for number, kind in enumerate(kinds))
    cuts = sorted(dice.choices(range(len(data) + 1), k=dice.randrange(3)))

    async def name(conversation: Conversation) -> None:
        while head := await conversation.head():
            if b"Content-Length: 3" in head:
                await conversation.reader.readexactly(3)
            path = head.split()[1]
            backends.heads.append(path)
            conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path))

    async with front() as plane, backends.serve(name) as server:
        plane.route(server, policy=POLICY)
        reader, writer = await plane.connect()
        for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            writer.write(data[begin:end])
            await asyncio.sleep(0.002)
        await plane.until(lambda: len(plane.log) >= len(kinds))
        writer.write(LAST)
        answer = await reader.read()
        writer.close()
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]
    served = [b"/%d" % number for number, kind in enumerate(kinds) if STATUS[kind] == 200]
    assert statuses == [*(STATUS[kind] for kind in kinds), 200]
    assert backends.heads == [*served, b"/last"]
