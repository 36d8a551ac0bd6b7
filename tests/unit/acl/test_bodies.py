"""Bodies of requests, as rules see them."""

import pytest

from ingress.acl.formula import compile_condition
from ingress.acl.grammar import AclError, Family, parse_rules
from ingress.acl.text import compile_text
from ingress.acl.wait import BODY, BODY_SIZE, Body, Wait
from ingress.acl.written import write_rule
from ingress.model.policy import SetHeader, WaitForBody
from tests.unit.acl.conftest import Client, request_of

PARTS = "%[req.body]|%[req.body_len]|%[req.body_size]|%[req.body_param(a)]"


def text_of(body: bytes, field: str = "Content-Length: 7") -> bytes:
    (rule,) = parse_rules(f"set-header x '{PARTS}'", {})
    assert isinstance(rule.action, SetHeader)
    request = request_of("POST /", field)
    request.set_variable(BODY, (None, body))
    request.set_variable(BODY_SIZE, (None, 20))
    return compile_text(rule.action.value)(request, Client())


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"a=1&b=2", b"a=1&b=2|7|7|1"),
        (b"b=2;a=5", b"b=2;a=5|7|7|5"),
        (b"a=1&a=2", b"a=1&a=2|7|7|1"),
        (b"?a=1?a=", b"?a=1?a=|7|7|"),
        (b"a=2?", b"a=2?|4|7|2?"),
        (b"A=1", b"A=1|3|7|"),
        (b"a=\0\1", b"a=|4|7|"),
    ],
)
def test_the_body_of_a_form_is_taken_apart(body: bytes, text: bytes) -> None:
    assert text_of(body) == text


def test_of_a_body_in_chunks_that_is_known_which_has_been_announced() -> None:
    assert text_of(b"abc", "Transfer-Encoding: chunked") == b"abc|3|20|"


def test_a_request_without_a_body_waits_for_nothing() -> None:
    (rule,) = parse_rules(
        "deny if { req.body_len 0 } { req.body -m found } !{ req.body_param(a) -m found }", {}
    )
    assert rule.condition is not None
    assert compile_condition(rule.condition)(request_of("GET /"), Client())


def test_a_body_that_is_not_there_is_waited_for_but_its_size_is_known() -> None:
    ask = [
        compile_condition(rule.condition)
        for test in ("req.body_size 7", "req.body -m sub x")
        for rule in parse_rules(f"deny if {{ {test} }}", {})
        if rule.condition
    ]
    request = request_of("POST /", "Content-Length: 7")
    assert ask[0](request, Client())
    with pytest.raises(Wait) as caught:
        ask[1](request, Client())
    assert caught.value.need == Body()
    with pytest.raises(Wait):
        ask[0](request_of("POST /", "Transfer-Encoding: chunked"), Client())


@pytest.mark.parametrize(
    ("rule", "action"),
    [
        ("wait-for-body time 5s", WaitForBody(5.0)),
        ("wait-for-body time 500ms at-least 100", WaitForBody(0.5, 100)),
        ("wait-for-body time 1m if METH_POST", WaitForBody(60.0)),
    ],
)
def test_how_long_a_body_is_waited_for_is_said_with_a_unit(rule: str, action: WaitForBody) -> None:
    (read,) = parse_rules(rule, {})
    assert read.action == action
    (again,) = parse_rules(write_rule(read), {})
    assert again == read


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("wait-for-body", '"?time'),
        ("wait-for-body 5s", '"time" is expected'),
        ("wait-for-body time 5", "no time such as"),
        ("wait-for-body time 0s", "from 1ms to 60s"),
        ("wait-for-body time 2m", "from 1ms to 60s"),
        ("wait-for-body time 5s at-least", "number of bytes is missing"),
        ("wait-for-body time 5s at-least 1000000", "no number of bytes up to 65536"),
        ("wait-for-body time 5s atleast 5", "at-least"),
    ],
)
def test_what_cannot_be_waited_for_is_refused(rule: str, why: str) -> None:
    with pytest.raises(AclError, match=why):
        parse_rules(rule, {})


@pytest.mark.parametrize("rule", ["wait-for-body time 5s", "deny if { req.body_len 0 }"])
def test_an_answer_is_too_late_for_the_body(rule: str) -> None:
    with pytest.raises(AclError):
        parse_rules(rule, {}, Family.RESPONSE)
