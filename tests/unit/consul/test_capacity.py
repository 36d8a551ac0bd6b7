"""How many loops an agent bears."""

import pytest

from discovery.consul.api import UnreachableError
from discovery.consul.capacity import MOST, USUAL, Capacity, read_capacity
from discovery.consul.question import Answer, Head, Question
from discovery.consul.timings import Timings
from tests.unit.consul.patience import run

SAYS_300 = b'{"DebugConfig":{"HTTPMaxConnsPerClient":300}}'


@pytest.mark.parametrize(
    ("limit", "loops"), [(200, 150), (2000, 1950), (0, MOST), (10**6, MOST), (20, 1), (-1, MOST)]
)
def test_some_connections_are_left_for_others(limit: int, loops: int) -> None:
    assert read_capacity(b'{"DebugConfig":{"HTTPMaxConnsPerClient":%d}}' % limit) == loops


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b'{"DebugConfig":{}}', b'{"DebugConfig":null}', b"[]"]
)
def test_an_agent_that_does_not_say_bears_what_is_usual(body: bytes) -> None:
    assert read_capacity(body) == USUAL


@pytest.mark.parametrize(
    ("answer", "at_once", "most"),
    [
        (Answer(Head(200), SAYS_300), 1, 250),
        (Answer(Head(200), SAYS_300), 10, 2500),
        (Answer(Head(403), b"Permission denied"), 1, USUAL),
        (Answer(Head(403), b"Permission denied"), 200, MOST),
    ],
)
def test_each_connection_carries_as_many_questions_as_its_protocol_allows(
    answer: Answer, at_once: int, most: int
) -> None:
    async def ask(_: Question) -> Answer:
        return answer

    capacity = Capacity(ask, lambda: at_once, Timings())
    run(capacity.run())
    assert capacity.most == most


def test_an_agent_that_is_away_is_asked_again() -> None:
    answers = [None, Answer(Head(500), b"No leader"), Answer(Head(200), SAYS_300)]

    async def ask(_: Question) -> Answer:
        if (answer := answers.pop(0)) is None:
            raise UnreachableError("refused")
        return answer

    capacity = Capacity(ask, lambda: 1, Timings(hello=0.001))
    run(capacity.run())
    assert capacity.most == 250
