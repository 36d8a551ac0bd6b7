"""One object may ask for so much and no more, over all its rules; it alone pays for what is beyond."""

import pytest

from discovery import bounds
from discovery.bounds import MOST, weigh
from discovery.dialects.headgate import read
from discovery.option import Scope
from discovery.policy import read_policy
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin

ORIGIN = Origin("test", "ingress", "team-a", "shop")


def policy_of(**texts: str) -> tuple[Policy, tuple[Problem, ...]]:
    annotations = {f"headgate.dev/{name.replace('_', '-')}": text for name, text in texts.items()}
    return read_policy(read(annotations, Scope.INGRESS, ORIGIN), ORIGIN, str)


def lines(count: int, line: str) -> str:
    return "\n".join([line] * count)


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (
            {name: lines(400, "deny if { path /a }") for name in ("http_request", "http_response")}
            | {"http_after_response": lines(400, "del-header x-a")},
            "1200 rules, at most 1000",
        ),
        (
            {"acl": lines(40, "a path /a"), "http_request": lines(400, "deny if a")},
            "16000 tests in their conditions, at most 10000",
        ),
        (
            {"acl": "a path " + "/a " * 1000, "http_request": lines(200, "deny if a")},
            "200000 patterns in these",
        ),
        ({"http_request": lines(300, "set-header x '%[path]%[src]'")}, "600 samples in texts"),
    ],
)
def test_an_object_with_too_much_is_closed_and_told_of_what(texts: dict[str, str], reason: str) -> None:
    policy, problems = policy_of(**texts)
    assert policy.closed
    assert policy.rules == ()
    assert reason in str(problems[-1])
    assert str(problems[-1]).startswith("ingress team-a/shop: its rules are too many: ")


def test_an_object_with_as_much_as_is_allowed_is_served() -> None:
    texts = {name: lines(450, "deny if { path /a }") for name in ("http_request", "http_response")}
    policy, problems = policy_of(**texts, http_after_response=lines(100, "del-header x-a"))
    assert problems == ()
    assert weigh(policy).rules == MOST.rules


def test_every_bound_is_told_by_its_name() -> None:
    assert set(bounds.MOST.__struct_fields__) == set(bounds._NAMES)
