"""What rules do to a request, in which order, and what they answer."""

import pytest

from ingress.acl.action import ACTIONS
from ingress.acl.cursor import Family
from ingress.acl.form import ActionForm
from ingress.acl.grammar import parse_acls, parse_backend_rules, parse_rules
from ingress.filter.reply import Reply
from ingress.filter.steps import Steps, compile_policy
from ingress.model.policy import Policy
from ingress.model.reason import Reason
from ingress.model.settings import Limits
from ingress.wire.request import Request, parse_request
from tests.unit.acl.conftest import Client


def steps_of(rules: str, backends: str = "", acls: str = "") -> Steps:
    """The steps of those texts."""
    named = parse_acls(acls)
    steps = compile_policy(
        Policy(parse_rules(rules, named), parse_backend_rules(backends, named, resolve=str))
    )
    assert steps is not None
    return steps


def request_of(target: str = "/", *fields: str, method: str = "GET") -> Request:
    """A request for www.ex.com."""
    lines = (f"{method} {target} HTTP/1.1", "Host: www.ex.com:8080", *fields, "\r\n")
    return parse_request("\r\n".join(lines).encode(), Limits())


def reply_of(rules: str, target: str = "/", *fields: str) -> Reply:
    """What the rules answer."""
    reply = steps_of(rules).run(request_of(target, *fields), Client())
    assert reply is not None
    return reply


def test_a_policy_without_anything_costs_nothing() -> None:
    assert compile_policy(Policy()) is None


def test_a_policy_whose_guard_cannot_be_read_lets_nobody_in() -> None:
    steps = compile_policy(Policy(parse_rules("return", {}), closed="the text is broken"))
    assert steps is not None
    reply = steps.run(request_of(), Client())
    assert reply is not None
    assert (reply.status, reply.reason) == (503, Reason.ROUTE_CLOSED)
    assert b"the text is broken" not in reply.render()


def test_the_first_rule_that_answers_ends_the_rules() -> None:
    steps = steps_of(
        "set-header X 1\ndeny if { path /a }\nreturn status 404 if { path_beg /a }\nset-header Y 2"
    )
    request = request_of("/a")
    reply = steps.run(request, Client())
    assert reply is not None
    assert (reply.status, reply.reason) == (403, Reason.DENIED)
    assert (request.values(b"x"), request.values(b"y")) == ([b"1"], [])


RULES_IN_A_ROW = """
deny deny_status 403 if { path /a }
deny deny_status 403 if { path_beg /b } or { path /c } { method POST }
deny deny_status 404 if { path /a } or { path /d }
deny deny_status 404 unless { path /e } or { path /f }
return if { path /f }
return if { path /e } !{ method POST }
deny deny_status 429
"""


@pytest.mark.parametrize(
    ("target", "status"), [("/a", 403), ("/bb", 403), ("/c", 404), ("/d", 404), ("/e", 200), ("/f", 200)]
)
def test_rules_in_a_row_that_end_alike_are_asked_as_they_are_written(target: str, status: int) -> None:
    assert reply_of(RULES_IN_A_ROW, target).status == status


def test_without_an_answer_the_request_goes_on() -> None:
    assert steps_of("deny deny_status 429 unless { path / }").run(request_of(), Client()) is None


def test_a_rule_sees_what_the_rules_before_it_have_set() -> None:
    steps = steps_of(
        "set-header X-Role guest\ndeny if { hdr(x-role) admin }\ndel-header X\nreturn if { hdr(x) 1 }"
    )
    assert steps.run(request_of("/", "X-Role: admin", "X: 1"), Client()) is None


def test_the_backend_is_that_of_the_first_rule_that_holds() -> None:
    steps = steps_of("", "blog if b\nother if b or { path /x }", acls="b path_beg /blog")
    assert [steps.backend(request_of(path), Client()) for path in ("/blog", "/x", "/")] == [
        "blog",
        "other",
        None,
    ]


@pytest.mark.parametrize(
    ("rule", "target", "location"),
    [
        ("redirect location /there", "/a?b", b"/there"),
        ("redirect prefix https://h.org/p", "/a?b", b"https://h.org/p/a?b"),
        ("redirect prefix /", "/a?b", b"/a?b"),
        ("redirect prefix /p drop-query", "/a?b", b"/p/a"),
        ("redirect prefix /p drop-query append-slash", "/a?b", b"/p/a/"),
        ("redirect prefix /p drop-query append-slash", "/a/?b", b"/p/a/"),
        ("redirect scheme https", "/a?b", b"https://www.ex.com:8080/a?b"),
        ("redirect scheme https", "http://h.org/a?", b"https://h.org/a?"),
        ("redirect location /50%%", "/", b"/50%"),
    ],
)
def test_a_redirect_says_where_to_go(rule: str, target: str, location: bytes) -> None:
    reply = reply_of(rule, target)
    assert (reply.status, reply.reason, reply.body) == (302, Reason.REDIRECTED, b"")
    assert reply.headers == b"Cache-Control: no-cache\r\nLocation: %b\r\n" % location


def test_a_permanent_redirect_may_be_kept() -> None:
    assert reply_of("redirect location /x code 308").headers == b"Location: /x\r\n"


def test_a_return_has_what_the_rule_says() -> None:
    reply = reply_of("return status 418 content-type text/x string 'a b' hdr X-Why 50%%")
    assert reply == Reply(418, Reason.RETURNED, b"Content-Type: text/x\r\nX-Why: 50%\r\n", b"a b")


@pytest.mark.parametrize("form", ACTIONS.values(), ids=ACTIONS)
def test_the_example_of_every_action_runs(form: ActionForm) -> None:
    for family in form.families:
        stage = "connection " if family is Family.CONNECTION and "connection" not in form.example else ""
        rules = parse_rules(stage + form.example, {}, family) if "{" not in form.example else ()
        assert rules or parse_rules(stage + form.example, {}, family)
    if Family.REQUEST in form.families:
        steps_of(form.example).run(request_of("/none"), Client())


@pytest.mark.parametrize(
    ("reply", "fields", "wire"),
    [
        (
            Reply(403, Reason.DENIED, body=b"no\n"),
            b"Connection: close\r\n",
            b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 3\r\n"
            b"Content-Type: text/plain; charset=utf-8\r\nX-Headgate-Reason: denied\r\n\r\nno\n",
        ),
        (Reply(204, Reason.RETURNED), b"", b"HTTP/1.1 204 No Content\r\nX-Headgate-Reason: returned\r\n\r\n"),
        (
            Reply(599, Reason.RETURNED, b"A: b\r\n", b"x"),
            b"",
            b"HTTP/1.1 599 \r\nContent-Length: 1\r\nContent-Type: text/plain; charset=utf-8\r\nA: b\r\n"
            b"X-Headgate-Reason: returned\r\n\r\nx",
        ),
    ],
)
def test_a_reply_is_rendered_with_its_reason_and_length(reply: Reply, fields: bytes, wire: bytes) -> None:
    assert reply.render(fields) == wire


def test_a_reply_to_head_has_the_length_but_no_body() -> None:
    wire = Reply(200, Reason.RETURNED, body=b"abc").render(head_only=True)
    assert b"Content-Length: 3\r\n" in wire
    assert wire.endswith(b"\r\n\r\n")


def test_allow_ends_its_own_family_only() -> None:
    policy = Policy(
        parse_rules("allow\ndeny", {}),
        connection_rules=parse_rules("content accept\ncontent reject", {}, Family.CONNECTION),
        redirects=parse_rules("location /new if { path / }", {}, Family.REDIRECT),
    )
    steps = compile_policy(policy)
    assert steps is not None
    reply = steps.run(request_of("/"), Client())
    assert reply is not None
    assert reply.reason is Reason.REDIRECTED
    assert steps.run(request_of("/x"), Client()) is None
