"""The annotations of our own dialect."""

import pytest

from discovery.dialects.headgate import NOTHING, PREFIX, read
from discovery.option import Scope
from discovery.options import OPTIONS
from ingress.model.problem import Problem
from ingress.model.route import Origin

ORIGIN = Origin("test", "ingress", "team-a", "shop")


def problems(scope: Scope, name: str, text: str = "x") -> tuple[Problem, ...]:
    return read({PREFIX + name: text}, scope, ORIGIN).problems


def test_annotations_of_others_are_passed_over() -> None:
    assert (
        read({"nginx.ingress.kubernetes.io/rewrite-target": "/", "headgate": "x"}, Scope.INGRESS, ORIGIN)
        is NOTHING
    )
    assert read(None, Scope.INGRESS, ORIGIN) is NOTHING


def test_values_are_known_by_the_field_of_their_option() -> None:
    reading = read({"headgate.dev/timeout-connect": "5s"}, Scope.SERVICE, ORIGIN)
    assert reading.values == {"timeout_connect": 5.0}
    assert not reading.problems


@pytest.mark.parametrize(
    ("scope", "name", "advice", "closes"),
    [
        (Scope.INGRESS, "http-requests", "did you mean headgate.dev/http-request?", True),
        (Scope.INGRESS, "HTTP_Request", "did you mean headgate.dev/http-request?", True),
        (Scope.INGRESS, "acls", "did you mean headgate.dev/acl?", True),
        (Scope.INGRESS, "use-backends", "did you mean headgate.dev/use-backend?", False),
        (Scope.INGRESS, "deny", "remove it", True),
        (Scope.INGRESS, "auth-secrets", "did you mean headgate.dev/auth-secret?", True),
        (Scope.INGRESS, "blance", "did you mean headgate.dev/balance, on the Service?", False),
        (Scope.SERVICE, "blance", "did you mean headgate.dev/balance?", False),
        (Scope.SERVICE, "acls", "did you mean headgate.dev/acl?", True),
        (Scope.SERVICE, "use-backends", "did you mean headgate.dev/use-backend, on the Ingress?", False),
        (Scope.INGRESS, "", "remove it", False),
        (Scope.INGRESS, "x" * 300, "remove it", False),
    ],
)
def test_an_unknown_option_is_named_with_the_nearest_and_closes_if_it_may_guard(
    scope: Scope, name: str, advice: str, closes: bool
) -> None:
    (problem,) = problems(scope, name)
    assert problem.reason.startswith(f"unknown option; {advice}")
    assert problem.closes is closes
    assert ("closed" in problem.reason) is closes


@pytest.mark.parametrize("name", [name for name, option in OPTIONS.items() if not option.also])
def test_an_option_on_the_wrong_kind_of_object_is_told_where_it_belongs(name: str) -> None:
    scope = OPTIONS[name].scope
    other = Scope.SERVICE if scope is Scope.INGRESS else Scope.INGRESS
    (problem,) = problems(other, name)
    assert problem.reason == f"has no effect on this {other}; it belongs on the {scope}"


@pytest.mark.parametrize(
    "name", [*(name for name, option in OPTIONS.items() if option.rules), "http-requets"]
)
def test_a_problem_never_shows_a_text_in_which_secrets_may_stand(name: str) -> None:
    for scope in Scope:
        found = problems(scope, name, 'set-header Authorization "Bearer s3cr3t"')
        assert all("s3cr3t" not in f"{problem}{problem.value}" for problem in found)


def test_a_text_that_became_a_name_is_not_shown() -> None:
    (problem,) = problems(Scope.INGRESS, "http-request set-header Authorization s3cr3t")
    assert problem.option == "headgate.dev/http-request"
    assert "s3cr3t" not in problem.reason


def test_a_problem_names_object_option_and_value_and_costs_no_other_option() -> None:
    reading = read({"headgate.dev/tries": "y" * 500, "headgate.dev/balance": "random"}, Scope.SERVICE, ORIGIN)
    (problem,) = reading.problems
    assert (problem.origin, problem.option, problem.value) == (ORIGIN, "headgate.dev/tries", "y" * 200)
    assert reading.values == {"balance": "random"}


def test_a_secret_that_cannot_be_read_is_in_no_problem() -> None:
    [problem] = problems(Scope.SERVICE, "dynamic-cookie-key", "hunter2")
    assert "hunter2" not in str(problem)
    assert problem.value == ""
