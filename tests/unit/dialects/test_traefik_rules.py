"""Rules of Traefik's routers as hosts, paths and conditions."""

import pytest

from discovery.dialects.complaint import ComplaintError
from discovery.dialects.traefik_rule import Alternative, read_rule
from tests.unit.dialects.conftest import condition


def spoken(rule: str) -> list[str]:
    return [_spoken(alternative) for alternative in read_rule(rule)]


def _spoken(alternative: Alternative) -> str:
    when = alternative.condition()
    words = [alternative.host or "any host", alternative.kind, alternative.path]
    return " ".join(words + ([condition(when)] if when else []))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("Host(`a.io`)", ["a.io prefix /"]),
        ('Host("A.io.") && Path("/x")', ["a.io exact /x"]),
        ("Host(`*.a.io`) && PathPrefix(`/x`)", ["*.a.io begins /x"]),
        ("Host(`*`)", ["any host prefix /"]),
        ("Host(`a.io`) && (Path(`/x`) || PathPrefix(`/y`))", ["a.io exact /x", "a.io begins /y"]),
        ("Host(`a.io`) || Host(`b.io`) && Path(`/x`)", ["a.io prefix /", "b.io exact /x"]),
        ("!Method(`get`)", ["any host prefix / if !{ method -m method GET }"]),
        (
            "!(Method(`GET`) || Method(`HEAD`))",
            ["any host prefix / if !{ method -m method GET } !{ method -m method HEAD }"],
        ),
        ("PathPrefix(`/a`) && PathPrefix(`/ab`)", ["any host begins /a if { path -m beg /ab }"]),
        ("Host(`10.0.0.1`)", ["any host prefix / if { hdr(host),host_only -m str 10.0.0.1 }"]),
        ("Query(`a`)", ["any host prefix / if { query -m reg (^|&)a=?(&|$) }"]),
        ("Query(`a`,`b c`)", ["any host prefix / if { urlp(a),url_dec(1) -m str b c }"]),
        ("Header(`X-A`,`b`)", ["any host prefix / if { req.fhdr(X-A) -m str b }"]),
        ("ClientIP(`10.0.0.0/8`)", ["any host prefix / if { src -m ip 10.0.0.0/8 }"]),
        (
            "!Host(`*.a.io`)",
            [r"any host prefix / if !{ hdr(host),host_only -m reg ^[^.]+\.a\.io$ }"],
        ),
    ],
)
def test_a_rule_is_places_and_conditions(rule: str, expected: list[str]) -> None:
    assert spoken(rule) == expected


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("", "a matcher such as"),
        ("Host(`a`", '")" is missing'),
        ("Host(`a`) Host(`b`)", "is not expected there"),
        ("Host(`a`) & Host(`b`)", "cannot be read"),
        ("Hots(`a`)", "unknown matcher Hots"),
        ("Host(`a`,`b`)", "Host takes one text"),
        ("Path(`x`)", "a path begins with a slash"),
        ("PathRegexp(`(`)", "not one of RE2"),
        ("ClientIP(`10.0.0.0/99`)", "ClientIP"),
        ("Header(`a b`,`c`)", "not the name of a header"),
        ("Host(a)", "back quotes"),
        ("!Host(`*`)", "never be true"),
        ("(" * 40 + "Host(`a`)" + ")" * 40, "too many parentheses"),
        (" && ".join(["(Path(`/a`) || Path(`/b`))"] * 9), "alternatives"),
        ("!" * 5000, "a matcher such as"),
        ("Host(`" + "a" * 9000 + "`)", "longer than"),
    ],
)
def test_a_rule_that_cannot_be_read_says_why(rule: str, reason: str) -> None:
    with pytest.raises(ComplaintError, match=reason.replace("(", r"\(").replace(")", r"\)")):
        read_rule(rule)
