"""Fields that rules ask for are noted while a head is read, and are the same as those that are searched."""

import pytest

from ingress.acl.said import Said
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


def test_what_a_field_says_is_the_same_whether_it_is_noted_or_not() -> None:
    agent, several, empty, none = (Said(name) for name in (b"user-agent", b"x-a", b"x-empty", b"x-none"))
    for noted in ((), NAMES, (b"x-empty",)):
        for name in noted:
            note(name)
        request = parse_request(HEAD[:-2] + b"X-Empty:\r\n\r\n", Limits())
        assert several.by(request) == b"1\n2\n"
        assert agent.by(request) == b"x y"
        assert empty.by(request) == b""
        assert none.by(request) is None
        request.set_field(b"X-A", b"new")
        assert several.by(request) == b"new"
        assert agent.by(request) == b"x y"


def test_a_field_is_found_wherever_its_place_is(monkeypatch: pytest.MonkeyPatch) -> None:
    several = Said(b"x-a")
    for names in ((b"x-a", b"user-agent"), (b"user-agent", b"x-a")):
        monkeypatch.setattr(module, "NAMES", Names(meaning, REQUEST_NAMES))
        for name in names:
            note(name)
        assert several.by(read()) == b"1\n2\n"


def test_a_field_that_was_read_before_is_noted_from_then_on() -> None:
    head = HEAD[:-2] + b"X-Request-Id: 7\r\n\r\n"
    assert parse_request(head, Limits()).request_id == b"7"
    note(b"x-request-id")
    request = parse_request(head, Limits())
    assert request.values(b"x-request-id") == [b"7"]
    assert request.found is None, "something was searched"
    assert request.request_id == b"7"


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
