"""Whom a route has asked who may pass, and how many requests it takes, as people write it."""

from typing import Any

import pytest

from discovery.dialects.headgate import read
from discovery.option import Scope
from discovery.policy import read_policy
from ingress.acl.written import write_rule
from ingress.model.admission import Authorize, LimitConcurrent, LimitRate
from ingress.model.condition import Call, Expression
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin

ORIGIN = Origin("kubernetes", "ingress", "team-a", "shop")
URL = "http://auth.example.com:9091/verify?a=b"


def find(word: str) -> str:
    return f"kubernetes:{word}"


def policy_of(**options: str) -> tuple[Policy, tuple[Problem, ...]]:
    annotations = {f"headgate.dev/{name.replace('_', '-')}": text for name, text in options.items()}
    return read_policy(read(annotations, Scope.INGRESS, ORIGIN), ORIGIN, str, None, find)


def question_of(**options: str) -> Authorize:
    policy, problems = policy_of(**options)
    assert not problems
    [action] = [rule.action for rule in policy.rules if isinstance(rule.action, Authorize)]
    return action


def test_all_that_can_be_said_of_a_question() -> None:
    assert question_of(auth_url=URL) == Authorize(URL, cookies=("*",))
    asked = question_of(
        auth_url="HTTPS://Auth.Example.com/Verify",
        auth_method="*",
        auth_request_headers="Cookie, Authorization",
        auth_response_headers="X-User,X-Forwarded-Groups",
        auth_response_cookies="-",
        auth_signin="https://auth.example.com/start",
        auth_timeout="500ms",
        auth_ssl_verify="false",
    )
    assert asked == Authorize(
        "https://auth.example.com/Verify",
        method="",
        told=("Cookie", "Authorization"),
        copied=("X-User", "X-Forwarded-Groups"),
        sign_in="https://auth.example.com/start",
        seconds=0.5,
        verify=False,
    )


@pytest.mark.parametrize(
    ("url", "backend"),
    [
        ("http://auth.sso.svc/verify", "kubernetes:sso/auth:80"),
        ("http://auth.sso.svc.cluster.local:9091", "kubernetes:sso/auth:9091"),
        ("https://auth.sso.svc", "kubernetes:sso/auth:443"),
        ("http://auth.sso/verify", ""),
        ("http://10.0.0.1/", ""),
        ("http://[fd00::1]:81/", ""),
    ],
)
def test_a_service_of_the_cluster_is_asked_itself_and_is_known_to_be_asked(url: str, backend: str) -> None:
    policy, problems = policy_of(auth_url=url)
    assert not problems
    assert policy.asked == ((backend,) if backend else ())
    assert policy.judges == {backend}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"auth_url": "ftp://x/"}, "it is no URL such as http://"),
        ({"auth_url": "auth.example.com"}, "it is no URL such as http://"),
        ({"auth_url": "http://user:pass@x/"}, "it is no URL such as http://"),
        ({"auth_url": "http:///x"}, "it is no URL such as http://"),
        ({"auth_url": "http://x:70000/"}, "there is no port 70000"),
        ({"auth_url": "https://$host/oauth2/auth"}, "it has a variable in it"),
        ({"auth_url": "http://x/%[path]"}, "it has a variable in it"),
        ({"auth_url": "http://x/a b"}, "it is no URL such as http://"),
        ({"auth_url": "http://x/#a"}, "# cannot be in a URL; write it as %23"),
        ({"auth_url": "http://x/\r\nX: y"}, "it is no URL such as http://"),
        ({"auth_url": URL, "auth_method": "CONNECT"}, '"CONNECT" is none of GET, '),
        ({"auth_url": URL, "auth_response_headers": "X-A, Host"}, '"Host" is said by Headgate itself'),
        ({"auth_url": URL, "auth_response_headers": "X-Forwarded-For"}, "is said by Headgate itself"),
        ({"auth_url": URL, "auth_response_headers": "Content-Length"}, "is said by Headgate itself"),
        ({"auth_url": URL, "auth_response_headers": "a:b"}, '"a:b" is not a name'),
        ({"auth_url": URL, "auth_request_headers": " "}, "there is no name in it"),
        ({"auth_url": URL, "auth_signin": "//evil"}, "it is neither a URL"),
        ({"auth_url": URL, "auth_signin": "javascript:x"}, "it is neither a URL"),
        ({"auth_url": URL, "auth_timeout": "5"}, '"5" has no unit'),
        ({"auth_signin": "/start"}, "there is no auth-url beside it"),
        ({"http_request": "authorize if { path /a }"}, "there is no auth-url"),
        ({"auth_url": "http://-x.y.svc:1/"}, ""),
        ({"limit_rps": "0"}, '"0" is not a number from 1'),
        ({"limit_rps": "-1"}, '"-1" is not a number from 1'),
        ({"limit_connections": "many"}, '"many" is not a number from 1'),
        ({"limit_burst_multiplier": "5"}, "there is no limit beside it"),
        ({"limit_connections": "5", "limit_burst_multiplier": "5"}, "there is no limit-rps or limit-rpm"),
        ({"limit_by": "src"}, "there is no limit beside it"),
        ({"limit_rps": "5", "limit_by": "hrd(x)"}, "hdr"),
        ({"limit_rps": "5", "limit_ipv6_prefix": "129"}, "is not a number of bits from 1 to 128"),
        ({"limit_rps": "5", "limit_allowlist": "10.0.0.0/99"}, "10.0.0.0/99"),
    ],
)
def test_what_cannot_be_read_closes_the_route_and_says_why(options: dict[str, str], why: str) -> None:
    policy, problems = policy_of(**options)
    assert policy.closed
    assert any(why in str(problem) and problem.closes for problem in problems), problems
    assert all("team-a/shop" in str(problem.origin) for problem in problems)


def texts(**options: str) -> list[str]:
    policy, problems = policy_of(**options)
    assert not problems
    return [write_rule(rule) for rule in policy.rules]


def test_it_is_asked_behind_what_only_refuses_and_before_all_else() -> None:
    rules = "deny if { path /a }\nreject if { path /b }\nset-path /x\ndeny if { path /c }"
    assert texts(auth_url=URL, http_request=rules) == [
        "deny deny_status 403 if { path /a }",
        "reject if { path /b }",
        f"authorize at {URL}",
        "set-path /x",
        "deny deny_status 403 if { path /c }",
    ]


def test_who_lets_requests_pass_by_a_rule_does_not_pass_the_question_by() -> None:
    assert texts(auth_url=URL, http_request="allow if { path /a }")[0] == f"authorize at {URL}"


def test_it_is_asked_where_it_is_written_and_when() -> None:
    rules = "set-path /x\nauthorize if !{ path_beg /public }"
    assert texts(auth_url=URL, http_request=rules) == [
        "set-path /x",
        f"authorize at {URL} if !{{ path_beg /public }}",
    ]


def test_limits_come_first_then_passwords_then_the_question() -> None:
    found = texts(auth_url=URL, limit_rps="10", limit_connections="20", limit_rpm="100")
    assert found == [
        "limit-concurrent 20 by src",
        "limit-rate 10/1s burst 50 by src",
        "limit-rate 100/60s burst 500 by src",
        f"authorize at {URL}",
    ]


def test_all_that_can_be_said_of_limits() -> None:
    options: dict[str, Any] = {
        "limit_rps": "10",
        "limit_connections": "20",
        "limit_burst_multiplier": "2",
        "limit_by": "hdr(X-Api-Key)",
        "limit_ipv6_prefix": "48",
        "limit_allowlist": "10.0.0.0/8, fd00::/8",
    }
    policy, problems = policy_of(**options)
    assert not problems
    key = Expression(Call("hdr", ("X-Api-Key",)))
    name = "kubernetes ingress team-a/shop"
    assert [rule.action for rule in policy.rules] == [
        LimitConcurrent(20, key, 48, name),
        LimitRate(10, 1.0, 20, key, 48, name),
    ]
    assert {write_rule(rule).partition(" if ")[2] for rule in policy.rules} == {
        "!{ src 10.0.0.0/8 fd00::/8 }"
    }
