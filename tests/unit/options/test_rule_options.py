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
