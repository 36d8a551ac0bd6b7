"""What rules change of requests and answers, as the other side sees it."""

import pytest

from ingress.acl.cursor import Family
from ingress.acl.form import ANYWHERE
from ingress.acl.grammar import AclError, parse_rules
from ingress.filter.reply import Manner, Reply
from ingress.filter.steps import Steps, compile_policy
from ingress.model.policy import Policy
from ingress.model.reason import Reason
from ingress.model.settings import Limits
from ingress.wire.request import Request, parse_request
from ingress.wire.response import Response, parse_response
from tests.unit.acl.conftest import Client


def steps_of(rules: str = "", response: str = "", final: str = "") -> Steps:
    """The steps of those texts."""
    families = zip((rules, response, final), ANYWHERE, strict=True)
    request_rules, response_rules, final_rules = (parse_rules(text, {}, family) for text, family in families)
    steps = compile_policy(Policy(request_rules, (), "", response_rules, final_rules))
    assert steps is not None
    return steps


def request_of(line: str = "GET /a/b?c=1", *fields: str) -> Request:
    """A request for h."""
    return parse_request("\r\n".join((f"{line} HTTP/1.1", "Host: h", *fields, "\r\n")).encode(), Limits())


def sent(rules: str, line: str = "GET /a/b?c=1", *fields: str) -> list[str]:
    """The lines that the server gets."""
    request = request_of(line, *fields)
    assert steps_of(rules).run(request, Client()) is None
    return request.forward(b"").decode().rstrip("\r\n").split("\r\n")


FIELDS = [
    ("set-header X new", ["X: a", "x: b, c"], ["X: new"]),
    ("add-header X new", ["X: a", "x: b"], ["X: a", "X: b", "X: new"]),
    ("add-header X new", [], ["X: new"]),
    ("del-header X", ["X: a", "x: b"], []),
    ("replace-header X ^a(.*) '<\\1>'", ["X: ab", "X: b"], ["X: <b>", "X: b"]),
    ("replace-header X b z", ["X: abc"], ["X: z"]),
    ("replace-header X (q)?a '[\\1\\2]'", ["X: a"], ["X: []"]),
    ("replace-header X none z", ["X: abc"], ["X: abc"]),
    ("replace-value X ^b$ z", ["X: a, b , c"], ["X: a,z, c"]),
    ("replace-value X ^b$ %[hdr(none)]", ["X: a,b,c"], ["X: a,,c"]),
    ("set-header X 1\nset-header Y 2\nset-header X 3", [], ["Y: 2", "X: 3"]),
    ("set-header X %[hdr(x)]%[hdr(x)]", ["X: a, b"], ["X: bb"]),
    ("set-var(txn.a) hdr(x)\nset-header X %[var(txn.a),upper]", ["X: a"], ["X: A"]),
    ("set-var(txn.a) int(5)\nset-header X %[var(txn.a),add(1)]", [], ["X: 6"]),
    ("set-var(txn.a) int(5)\nset-header X %[int(2),add(txn.a)]", [], ["X: 7"]),
    ("set-var(txn.a) hdr(x)\nset-header X new if { hdr(x),strcmp(txn.a) eq 0 }", ["X: a"], ["X: new"]),
    ("set-var-fmt(req.a) %[path]-\nset-header X %[var(req.a)]", [], ["X: /a/b-"]),
    ("set-var(txn.a) int(5)\nunset-var(txn.a)\nset-header X '<%[var(txn.a)]>'", [], ["X: <>"]),
    ("set-var(txn.a) int(5)\nset-var(txn.a) hdr(none)\nset-header X %[var(txn.a)]", [], ["X: 5"]),
    ("set-var(txn.a) src\nset-header X in if { var(txn.a) -m ip 10.0.0.0/8 }", [], ["X: in"]),
    ("allow if { path /a/b }\nset-header X new", [], []),
]


@pytest.mark.parametrize(("rules", "fields", "expected"), FIELDS)
def test_fields_are_changed_towards_the_server(rules: str, fields: list[str], expected: list[str]) -> None:
    lines = sent(rules, "GET /a/b?c=1", *fields)
    assert [line for line in lines[2:] if line] == [*expected] or lines[2:] == fields == expected


TARGETS = [
    ("set-path /new", "GET /new?c=1"),
    ("set-path /p%[path]", "GET /p/a/b?c=1"),
    ("set-path new", "GET /new?c=1"),
    ("set-path '/a b#\\?d=%[str(é)]'", "GET /a%20b%23\\?d=%C3%A9?c=1"),
    ("set-pathq /new", "GET /new"),
    ("set-query d=2", "GET /a/b?d=2"),
    ("set-query ''", "GET /a/b?"),
    ("set-uri /x?y", "GET /x?y"),
    ("replace-path ^/a/(.*) /z/\\1", "GET /z/b?c=1"),
    ("replace-path none /z", "GET /a/b?c=1"),
    ("replace-pathq (.*)c=(.*) \\1d=\\2", "GET /a/b?d=1"),
    ("replace-uri ^/a(.*) \\1", "GET /b?c=1"),
    ("set-method POST", "POST /a/b?c=1"),
    ("set-method 'a b'", "GET /a/b?c=1"),
    ("set-method HEAD", "GET /a/b?c=1"),
    ("set-path /new\nset-method PUT\nset-query %[path]", "PUT /new?/new"),
]


@pytest.mark.parametrize(("rules", "line"), TARGETS)
def test_the_request_line_is_changed_towards_the_server(rules: str, line: str) -> None:
    assert (
        sent(rules.replace("\\?", "?").replace("/\\1", "'/\\1'"))[0] == line.replace("\\?", "?") + " HTTP/1.1"
    )


def test_the_target_in_another_form_stays_in_it_for_the_rules_that_follow() -> None:
    lines = sent("set-path /new\nset-header X %[url]", "GET http://h.org/a?b")
    assert lines[0] == "GET /new?b HTTP/1.1"
    assert "X: http://h.org/new?b" in lines


def test_an_address_as_uri_changes_the_host_too() -> None:
    lines = sent("set-uri http://other:81/x?y")
    assert (lines[0], lines[1]) == ("GET /x?y HTTP/1.1", "Host: other:81")


def test_the_length_of_an_answer_stays_known() -> None:
    assert sent("set-method GET", "HEAD /")[0] == "HEAD / HTTP/1.1"


@pytest.mark.parametrize(
    ("rule", "status", "manner", "headers"),
    [
        ("tarpit", 500, Manner.DELAY, b""),
        ("tarpit deny_status 429", 429, Manner.DELAY, b""),
        ("reject", 403, Manner.CLOSE, b""),
        ("silent-drop", 403, Manner.VANISH, b""),
        ("auth realm staff", 401, Manner.ANSWER, b'WWW-Authenticate: Basic realm="staff"\r\n'),
        ("redirect location %[urlp(c)]x code 301", 301, Manner.ANSWER, b"Location: 1x\r\n"),
        ("redirect location %[urlp(none)] ignore-empty\nreturn", 200, Manner.ANSWER, b""),
        ("redirect prefix /%[method] code 308", 308, Manner.ANSWER, b"Location: /GET/a/b?c=1\r\n"),
        ("redirect location /x code 301 set-cookie A=1", 301, Manner.ANSWER, b"Set-Cookie: A=1; path=/;\r\n"),
        ("redirect location /x clear-cookie A=", 302, Manner.ANSWER, b"A=; path=/; Max-Age=0;\r\n"),
        ("return status 404 hdr X-A %[src]", 404, Manner.ANSWER, b"X-A: 10.1.2.3\r\n"),
    ],
)
def test_rules_answer_in_their_manner(rule: str, status: int, manner: Manner, headers: bytes) -> None:
    reply = steps_of(rule).run(request_of(), Client())
    assert reply is not None
    assert (reply.status, reply.manner) == (status, manner)
    assert headers in reply.headers


def test_a_returned_text_may_have_samples() -> None:
    reply = steps_of("return lf-string '%[src] asks'").run(request_of(), Client())
    assert reply == Reply(
        200, Reason.RETURNED, b"Content-Type: text/plain; charset=utf-8\r\n", b"10.1.2.3 asks"
    )


def response_of(*fields: str, status: int = 200) -> Response:
    """An answer without a body."""
    head = "\r\n".join((f"HTTP/1.1 {status} Fine", "Content-Length: 0", *fields, "\r\n"))
    return parse_response(head.encode(), b"GET", Limits())


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        (
            "set-header X %[status]-%[method]",
            ["HTTP/1.1 200 Fine", "Content-Length: 0", "S: 1", "X: 200-GET"],
        ),
        ("del-header S", ["HTTP/1.1 200 Fine", "Content-Length: 0"]),
        ("del-header S if { res.hdr(s) 2 }", ["HTTP/1.1 200 Fine", "Content-Length: 0", "S: 1"]),
        ("set-status 404 reason Gone", ["HTTP/1.1 404 Gone", "Content-Length: 0", "S: 1"]),
        ("replace-header S 1 %[res.fhdr(s)]2", ["HTTP/1.1 200 Fine", "Content-Length: 0", "S: 12"]),
        ("allow if { status 200 }\ndel-header S", ["HTTP/1.1 200 Fine", "Content-Length: 0", "S: 1"]),
    ],
)
@pytest.mark.parametrize("family", ["response", "final"])
def test_answers_are_changed_towards_the_client(rules: str, lines: list[str], family: str) -> None:
    response = response_of("S: 1")
    steps = steps_of(**{family: rules})
    assert steps.responds
    assert steps.respond(request_of(), response, Client()) is None
    assert response.forward(b"", chunked_ok=True).decode().split("\r\n")[:-2] == lines


def test_an_answer_can_be_refused() -> None:
    reply = steps_of(response="deny if { res.fhdr(s) -m found }").respond(
        request_of(),
        response_of("S: 1"),
        Client(),
    )
    assert reply is not None
    assert (reply.status, reply.reason) == (502, Reason.DENIED)


def test_what_a_request_has_kept_is_known_when_it_is_answered() -> None:
    steps = steps_of("set-var(txn.a) path", response="set-header X %[var(txn.a)]")
    request, response = request_of(), response_of()
    steps.run(request, Client())
    steps.respond(request, response, Client())
    assert response.values(b"x") == [b"/a/b"]


def test_rules_about_all_answers_change_our_own() -> None:
    steps = steps_of(
        final="set-header X-Frame-Options DENY\ndel-header Location\nset-status 303 if { status 302 }"
    )
    reply = Reply(302, Reason.REDIRECTED, b"Location: /x\r\n")
    assert steps.finish(request_of(), reply, Client()) == Reply(
        303, Reason.REDIRECTED, b"X-Frame-Options: DENY\r\n", phrase=b"See Other"
    )


def test_a_route_without_rules_about_answers_does_not_ask_them() -> None:
    assert not steps_of("set-header X 1").responds


@pytest.mark.parametrize(
    ("rule", "family", "message"),
    [
        ("set-path /x", Family.RESPONSE, '"set-path" is possible in http-request only'),
        ("set-status 404", Family.REQUEST, "is possible in http-response and http-after-response only"),
        ("deny", Family.FINAL, "is possible in http-request and http-response only"),
        ("http-response deny", Family.RESPONSE, 'leave out "http-response"'),
        ("deny if { status 500 }", Family.REQUEST, '"status" asks about the answer'),
        ("set-status 204", Family.RESPONSE, "has no body"),
        ("set-header X-Headgate-Reason x", Family.FINAL, "is said by the proxy itself"),
        ("set-var(req.a) path", Family.RESPONSE, "does not live that long: use txn, or res"),
        ("set-var(res.a) path", Family.REQUEST, "does not live that long: use txn, or req"),
        ("set-var(proc.a) path", Family.REQUEST, "scopes are txn, req and res"),
        ("set-var path", Family.REQUEST, "a variable in parentheses is expected"),
        ("set-var(txn.a) path_beg", Family.REQUEST, 'unknown fetch "path_beg"'),
        ("set-var(txn.a) path]", Family.REQUEST, "is not of the form"),
        ("replace-header X ( y", Family.REQUEST, "not one of RE2"),
        ("auth realm 'a\"b'", Family.REQUEST, "is no realm"),
        ("redirect location /x set-cookie 'a b'", Family.REQUEST, "is no cookie"),
        ("redirect location /x set-cookie A clear-cookie B", Family.REQUEST, "one of"),
        ("redirect prefix /x ignore-empty", Family.REQUEST, "only beside"),
        ("allow now", Family.REQUEST, "column 7: unknown option of allow"),
    ],
)
def test_what_has_no_place_in_a_family_is_refused(rule: str, family: Family, message: str) -> None:
    with pytest.raises(AclError) as refused:
        parse_rules(rule, {}, family)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ("res.cook(a) 1", True),
        ("res.cook(b) '\"x;y\"'", True),
        ("res.cook(c) -m found", False),
        ("res.cook(Path) -m found", False),
        ("res.cook_cnt(a) 2", True),
        ("res.cook_val(a) gt 1", True),
        ("res.hdr_val(s) 2", True),
        ("res.hdr_ip(x) 10.0.0.0/8", True),
    ],
)
def test_what_an_answer_has_can_be_asked_for(test: str, holds: bool) -> None:
    lines = (
        "HTTP/1.1 200 OK",
        "Set-Cookie: a=1; Path=/; Max-Age=3",
        "Set-Cookie: a=2",
        'Set-Cookie: b="x;y"; c=3',
        "Set-Cookie: c=",
        "S: 1, 2",
        "X: nonsense, 10.1.2.3",
        "Content-Length: 0",
        "\r\n",
    )
    steps = steps_of(response=f"deny if {{ {test} }}")
    response = parse_response("\r\n".join(lines).encode(), b"GET", Limits())
    assert (steps.respond(request_of(), response, Client()) is not None) is holds
