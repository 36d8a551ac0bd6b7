"""How many loops an agent bears."""

import pytest

from discovery.consul.capacity import MOST, USUAL, read_capacity


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
