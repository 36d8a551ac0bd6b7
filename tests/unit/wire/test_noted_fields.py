"""Fields that rules ask for are noted while a head is read, and are the same as those that are searched."""

import pytest

from ingress.model.settings import Limits
from ingress.wire import request as module
from ingress.wire.names import REQUEST_NAMES, Names
from ingress.wire.request import Request, note, parse_request
from ingress.wire.request_fields import meaning

HEAD = (
    b"GET / HTTP/1.1\r\nHost: a.org\r\nUser-Agent:  x y \r\nX-A: 1\r\nx-a:2\r\nX-a: \r\n"
    b"X-Forwarded-For: 192.0.2.1\r\nx-forwarded-for: 192.0.2.2\r\nX_A: 3\r\n\r\n"
)
NAMES = (b"host", b"user-agent", b"x-a", b"x-forwarded-for", b"x_a", b"x-none")


@pytest.fixture(autouse=True)
def nothing_else_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is noted here is forgotten behind the test."""
    monkeypatch.setattr(module, "NAMES", Names(meaning, REQUEST_NAMES))


def read() -> Request:
    return parse_request(HEAD, Limits())


def test_a_noted_field_has_the_values_that_a_search_finds() -> None:
    searched = {name: read().values(name) for name in NAMES}
    assert searched[b"x-a"] == [b"1", b"2", b""]
    for name in NAMES:
        note(name)
    request = read()
    assert {name: request.values(name) for name in NAMES} == searched
    assert request.found is None, "something was searched"
    assert request.forwarded_for == [b"192.0.2.1", b"192.0.2.2"]
    assert read().values(b"x-none") == []


def test_a_noted_field_that_rules_have_changed_has_the_new_values() -> None:
    note(b"x-a")
    request = read()
    request.set_field(b"X-A", b"new")
    request.set_field(b"X-B", b"new")
    assert request.values(b"x-a") == [b"new"]
    request.del_field(b"X-A")
    assert request.values(b"x-a") == []
    request = read()
    request.add_field(b"X-B", b"new")
    assert request.values(b"x-a") == [b"1", b"2", b""]


def test_no_more_fields_are_noted_than_the_bound_allows_and_all_are_found() -> None:
    for number in range(module.MOST_NOTED * 2):
        note(b"x-%d" % number)
    note(b"x-a")
    assert len(module.NAMES.noted) == module.MOST_NOTED
    assert read().values(b"x-a") == [b"1", b"2", b""]


def test_a_request_that_was_read_before_finds_the_field_all_the_same() -> None:
    before = read()
    note(b"x-a")
    assert before.values(b"x-a") == [b"1", b"2", b""]
