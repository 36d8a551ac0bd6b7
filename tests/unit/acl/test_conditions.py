"""How terms are joined, and which names there are."""

from collections.abc import Callable

import pytest

from ingress.acl.condition import PREDEFINED

Ask = Callable[..., bool]
ACLS = "t always_true\nf always_false\nblog path_beg /blog\nblog path_beg /news\n"


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("t", True),
        ("f", False),
        ("!f", True),
        ("! f", True),
        ("!!t", True),
        ("! ! ! t", False),
        ("t f", False),
        ("t t t", True),
        ("f or t", True),
        ("f || f OR t", True),
        ("t f or f t", False),
        ("f t or t !f t", True),
        ("{ path / } t", True),
        ("!{ path / } or f", False),
        ("{ path_sub or } or t", True),
        ("TRUE", True),
        ("METH_GET", True),
        ("METH_POST", False),
        ("LOCALHOST", False),
    ],
)
def test_and_binds_tighter_than_or(formula: str, expected: bool, holds: Ask) -> None:
    assert holds(formula, "GET /", acls=ACLS) is expected


def test_lines_of_one_name_are_alternatives(holds: Ask) -> None:
    assert [path for path in ("/blog", "/news", "/x") if holds("blog", f"GET {path}", acls=ACLS)] == [
        "/blog",
        "/news",
    ]


def test_lines_of_one_name_may_ask_different_things(holds: Ask) -> None:
    acls = "a path /x\na hdr(x) 1\na method POST"
    assert holds("a", "GET /x", acls=acls)
    assert holds("a", "GET /", "X: 1", acls=acls)
    assert holds("a", "POST /", acls=acls)
    assert not holds("a", "GET /", acls=acls)


def test_a_declared_name_goes_before_a_predefined_one(holds: Ask) -> None:
    assert not holds("TRUE", acls="TRUE path /other")


@pytest.mark.parametrize("name", PREDEFINED)
def test_every_predefined_name_can_be_asked(name: str, holds: Ask) -> None:
    assert holds(f"{name} or !{name}", acls=ACLS)


def test_get_includes_head(holds: Ask) -> None:
    assert holds("METH_GET", "HEAD /", acls=ACLS)
