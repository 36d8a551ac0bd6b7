"""Rules that have to wait: they go on where they stopped, and do nothing twice."""

from base64 import b64encode

import pytest

from ingress.acl.file_uses import Names, name_files
from ingress.acl.grammar import AclError, Family, parse_rules, parse_server_rules
from ingress.acl.sample import Type
from ingress.acl.wait import BODY, BODY_ENOUGH, BODY_SIZE, Body, Check
from ingress.filter.layers import Layers
from ingress.filter.pausing import Pause
from ingress.filter.reply import Reply
from ingress.filter.steps import compile_policy
from ingress.filter.trace import Trace
from ingress.model.platform import Scope
from ingress.model.policy import Policy
from ingress.wire.request import Request
from tests.unit.acl.conftest import Client
from tests.unit.filter.test_steps import request_of, steps_of

ANNS = ("own", "ann:$apr1$abcdefgh$82JubPF2dQkt1tVfvLnXS.")
ANN = f"Authorization: Basic {b64encode(b'ann:x').decode()}"


def policy(rules: str) -> Policy:
    return Policy(parse_rules(rules, {}))


def post() -> Request:
    """A request whose body is yet to come."""
    return request_of("/", "Content-Length: 5", method="POST")


def go_on(
    reply: Reply | None, request: Request, known: bytes = b"a=1&b", enough: bool = True
) -> Reply | None:
    """What the rules say when the body is there."""
    assert isinstance(reply, Pause)
    assert isinstance(reply.need, Body)
    request.set_variable(BODY, (Type.BIN, known))
    request.set_variable(BODY_SIZE, (Type.INT, 5))
    if enough:
        request.set_variable(BODY_ENOUGH, (Type.BOOL, True))
    return reply.go_on()


def status_of(reply: Reply | None) -> int:
    """Its status; 0: there is none."""
    assert not isinstance(reply, Pause)
    return 0 if reply is None else reply.status


def test_rules_that_need_not_wait_do_not_pay_for_it() -> None:
    assert not steps_of("deny if { path /a }\nset-header x %[src]").waits


@pytest.mark.parametrize(
    ("rules", "backends"),
    [
        ("wait-for-body time 1s", ""),
        ("deny if { req.body_len 3 }", ""),
        ("set-header x %[req.body]", ""),
        ("set-var(txn.x) req.body_param(a)", ""),
        ("return lf-string %[http_auth_group(users)]", ""),
        ("deny", "b if { http_auth(users) }"),
    ],
)
def test_where_a_rule_asks_for_what_may_not_be_there_is_known_beforehand(rules: str, backends: str) -> None:
    assert steps_of(rules, backends).waits


def test_a_rule_goes_on_where_it_stopped_and_those_before_it_are_not_asked_again() -> None:
    steps = steps_of("add-header x a\nset-header y %[req.body_param(a)]\nadd-header x b")
    request = post()
    reply = steps.run(request, Client())
    assert request.values(b"x") == [b"a"]
    assert go_on(reply, request) is None
    assert (request.values(b"x"), request.values(b"y")) == ([b"a", b"b"], [b"1"])


def test_allow_ends_its_family_alone_also_behind_a_pause() -> None:
    rules = "allow if { req.body_param(a) 1 }\ndeny"
    request = post()
    assert status_of(go_on(steps_of(rules).run(request, Client()), request)) == 0
    request = post()
    assert status_of(go_on(steps_of(rules).run(request, Client()), request, b"a=2")) == 403


def test_a_rule_that_is_never_reached_is_not_waited_for() -> None:
    steps = steps_of(
        "deny if { path /a }\ndeny if { req.body_len 1 } { url x }\n"
        "deny if !{ req.body_len 1 } !{ path / }\ndeny if { path / } !{ req.body_len 1 } { path /b }"
    )
    assert status_of(steps.run(post(), Client())) == 0
    request = request_of("/a", "Content-Length: 5", method="POST")
    assert status_of(steps.run(request, Client())) == 403


def test_a_server_is_not_chosen_by_what_has_to_be_waited_for() -> None:
    for text in ("a if { req.body_len 1 }", "%[http_auth_group(users)]"):
        with pytest.raises(AclError, match="set-var"):
            parse_server_rules(text, {})


def test_each_family_begins_with_its_first_rule_also_behind_a_pause() -> None:
    early = parse_rules("connection accept if { path /none }", {}, Family.CONNECTION)
    rules = parse_rules("set-header x 1\nset-header y %[req.body]\nset-header x 2", {})
    late = parse_rules("location /a\nlocation /b", {}, Family.REDIRECT)
    steps = compile_policy(Policy(rules, connection_rules=early, redirects=late))
    assert steps is not None
    request = post()
    reply = go_on(steps.run(request, Client()), request)
    assert reply is not None
    assert b"Location: /a\r\n" in reply.headers


def test_the_choice_of_a_backend_may_wait_too() -> None:
    steps = steps_of("set-header x 1", "b if { req.body_param(a) 1 }\nc if { req.body_param(a) 2 }")
    for body, backend in ((b"a=1", "b"), (b"a=2", "c"), (b"a=3", None)):
        request = post()
        assert go_on(steps.run(request, Client()), request, body) is None
        assert steps.backend(request, Client()) == backend


def test_each_layer_has_a_choice_of_its_own_and_the_outer_one_counts() -> None:
    outer = steps_of("set-header x %[req.body_len]", "b if { req.body_param(a) 1 }")
    inner = steps_of("set-header y %[req.body_len]", "c")
    layers = Layers((outer, inner))
    for body, backend in ((b"a=1", "b"), (b"a=2", "c")):
        request = post()
        assert go_on(layers.run(request, Client()), request, body) is None
        assert layers.backend(request, Client()) == backend
        assert (request.values(b"x"), request.values(b"y")) == ([b"3"], [b"3"])


def test_a_password_is_asked_for_once_and_the_answer_decides() -> None:
    names = Names(str, lambda word: ANNS)
    steps = compile_policy(name_files(policy("auth realm in unless { http_auth(own) }"), names))
    assert steps is not None
    for good, status in ((True, 0), (False, 401)):
        request = request_of("/", ANN)
        pause = steps.run(request, Client())
        assert isinstance(pause, Pause)
        assert isinstance(pause.need, Check)
        request.set_variable(pause.need.name, (Type.BOOL, good))
        assert status_of(pause.go_on()) == status
    assert status_of(steps.run(request_of("/"), Client())) == 401


def test_enough_of_a_body_is_enough_for_one_rule_and_not_for_the_next() -> None:
    steps = steps_of("wait-for-body time 1s at-least 2\nwait-for-body time 2s at-least 4\nset-header x 1")
    request = post()
    second = go_on(steps.run(request, Client()), request, b"ab", enough=False)
    assert isinstance(second, Pause)
    assert second.need == Body(2.0, 4)
    assert go_on(second, request, b"abcd", enough=False) is None


def test_a_trace_tells_each_rule_once_and_does_not_wait_for_those_that_were_not_asked() -> None:
    trace = Trace()
    steps = trace.watched(policy("set-header x %[req.body]\ndeny\ndeny if { http_auth(users) }"), Scope.ROUTE)
    request = request_of("/", "Content-Length: 5", ANN, method="POST")
    assert status_of(go_on(steps.run(request, Client()), request)) == 403
    first, second, third = trace.rules(request, Client())
    assert first.effect == 'x: "a=1&b"'
    assert (second.holds, third.asked) == (True, False)
