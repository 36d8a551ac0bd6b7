"""The options that are texts of rules, read as the policy of a route."""

import pytest

from discovery.dialects.reading import Reading
from discovery.policy import read_policy
from ingress.model.policy import AddHeader, Deny, Policy, SetStatus
from ingress.model.problem import Problem
from ingress.model.route import Origin

ORIGIN = Origin("files", "ingress", "team-a", "shop")


def policy_of(**texts: str) -> tuple[Policy, tuple[Problem, ...]]:
    return read_policy(Reading(texts), ORIGIN, str)


def test_each_family_of_rules_has_its_place() -> None:
    policy, problems = policy_of(
        http_request="deny", http_response="set-status 404", http_after_response="add-header X 1"
    )
    assert problems == ()
    assert [rule.action for rule in policy.rules] == [Deny()]
    assert [rule.action for rule in policy.response_rules] == [SetStatus(404)]
    assert [rule.action for rule in policy.final_rules] == [AddHeader("X", ("1",))]


@pytest.mark.parametrize(
    ("option", "closes"), [("http_request", True), ("http_response", True), ("http_after_response", False)]
)
def test_only_rules_that_may_refuse_close_their_route(option: str, closes: bool) -> None:
    policy, (problem,) = policy_of(**{option: "dney"})
    assert (problem.closes, bool(policy.closed)) == (closes, closes)
    assert problem.option == f"headgate.dev/{option.replace('_', '-')}"


@pytest.mark.parametrize(
    "option", ["acl", "http_request", "http_response", "http_after_response", "use_backend"]
)
def test_a_problem_with_rules_does_not_show_them(option: str) -> None:
    _, problems = policy_of(**{option: "set-header Authorization Bearer s3cr3t"})
    assert problems
    assert "s3cr3t" not in "".join(f"{problem}{problem.value}" for problem in problems)


def test_an_error_in_an_acl_does_not_hide_those_in_the_rules() -> None:
    policy, problems = policy_of(acl="good path /a\nbad pth /b", http_request="deny if good\ndney if bad")
    assert [problem.option for problem in problems] == ["headgate.dev/acl", "headgate.dev/http-request"]
    assert "line 2" in problems[1].reason
    assert "line 1" not in problems[1].reason
    assert policy.rules == ()
    assert policy.closed


def test_rules_that_use_an_acl_with_an_error_have_none_of_their_own() -> None:
    _, problems = policy_of(acl="bad pth /b", http_request="deny if bad", use_backend="a if !bad")
    assert [problem.option for problem in problems] == ["headgate.dev/acl"]
