"""The options that are texts of rules, read as the policy of a route."""

from collections.abc import Callable

import pytest

from discovery.dialects.headgate import read
from discovery.dialects.reading import Reading
from discovery.option import Scope
from discovery.option_values import OptionError, parse_codings, parse_types
from discovery.policy import read_policy
from discovery.rules import Piece, RuleText
from ingress.model.policy import (
    AddHeader,
    Allow,
    Coding,
    Compression,
    Deny,
    Policy,
    Redirect,
    Reject,
    SetStatus,
)
from ingress.model.problem import Problem
from ingress.model.route import Origin

ORIGIN = Origin("files", "ingress", "team-a", "shop")


def policy_of(**texts: str) -> tuple[Policy, tuple[Problem, ...]]:
    """What rules say, by the field of their option."""
    values = {
        field: RuleText((Piece(f"headgate.dev/{field.replace('_', '-')}", text),))
        for field, text in texts.items()
    }
    return read_policy(Reading(values), ORIGIN, str)


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


def of_annotations(annotations: dict[str, str]) -> tuple[Policy, tuple[Problem, ...]]:
    named = {f"headgate.dev/{name}": text for name, text in annotations.items()}
    return read_policy(read(named, Scope.INGRESS, ORIGIN), ORIGIN, str)


def test_rules_under_several_names_follow_each_other_by_their_numbers() -> None:
    names = ("http-request.10-b", "http-request.9-a", "http-request.last", "http-request")
    policy, problems = of_annotations({name: f"add-header X {name}" for name in names})
    assert problems == ()
    assert [rule.action.value[0] for rule in policy.rules if isinstance(rule.action, AddHeader)] == [
        "http-request",
        "http-request.9-a",
        "http-request.10-b",
        "http-request.last",
    ]


def test_every_wrong_line_is_told_with_the_name_and_line_it_stands_at() -> None:
    policy, problems = of_annotations(
        {"http-request": "deny\ndney\ndeyn", "http-request.2": "set-header X 1\n\n nope if TRUE"}
    )
    assert policy.closed
    assert [(problem.option, problem.reason.partition(":")[0]) for problem in problems] == [
        ("headgate.dev/http-request", "line 2, column 1"),
        ("headgate.dev/http-request", "line 3, column 1"),
        ("headgate.dev/http-request.2", "line 3, column 2"),
    ]


def test_only_rules_have_suffixes() -> None:
    _, (problem,) = of_annotations({"use-backend.": "a"})
    assert problem.reason.startswith("unknown option")


def test_a_request_meets_tcp_request_first_and_redirect_last() -> None:
    policy, problems = of_annotations(
        {
            "redirect": "scheme https if { path / }",
            "tcp-request": "connection accept if { src 10.0.0.0/8 }\ncontent reject",
            "http-request": "allow",
        }
    )
    assert problems == ()
    assert [rule.action for rule in policy.connection_rules] == [Allow(), Reject()]
    assert [type(rule.action) for rule in policy.redirects] == [Redirect]


@pytest.mark.parametrize("line", ["reject", "content deny", "inspect-delay 5s", "connection"])
def test_tcp_request_refuses_what_is_not_its_own(line: str) -> None:
    policy, (problem,) = of_annotations({"tcp-request": line})
    assert policy.closed
    assert problem.option == "headgate.dev/tcp-request"


def test_compression_is_of_the_policy_with_its_types_or_the_usual_ones() -> None:
    read_values = {"compression": parse_codings("zstd, gzip"), "compression_types": parse_types("Text/* a/b")}
    policy, problems = read_policy(Reading(read_values), ORIGIN, str)
    assert policy.compression == Compression((Coding.ZSTD, Coding.GZIP), ("text/*", "a/b"))
    del read_values["compression_types"]
    policy, _ = read_policy(Reading(read_values), ORIGIN, str)
    assert policy.compression == Compression((Coding.ZSTD, Coding.GZIP))
    assert problems == ()


@pytest.mark.parametrize(
    ("parse", "text", "why"),
    [
        (parse_codings, "gzip zsdt", 'the nearest one is "zstd"'),
        (parse_codings, "", "is no coding of gzip, br, zstd"),
        (parse_types, "text/html html", '"html" is not a media type'),
        (parse_types, " ", "no media type"),
    ],
)
def test_what_is_no_coding_or_type_is_told(parse: Callable[[str], object], text: str, why: str) -> None:
    with pytest.raises(OptionError, match=why):
        parse(text)
