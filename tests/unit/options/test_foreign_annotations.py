"""Whoever comes from another controller hears which of its annotations do nothing here."""

import pytest

from discovery.dialects.foreign import OURS, foreign_problems
from discovery.options import OPTIONS
from ingress.model.route import Origin

ORIGIN = Origin("test", "ingress", "team-a", "shop")
NGINX = "nginx.ingress.kubernetes.io/"


def said(**annotations: str) -> list[str]:
    """What is said of annotations of ingress-nginx, with the names after the prefix."""
    written = {NGINX + name.replace("_", "-"): text for name, text in annotations.items()}
    return [str(problem) for problem in foreign_problems(written, ORIGIN)]


def test_a_guard_that_guards_nothing_here_is_told_with_what_does() -> None:
    assert said(whitelist_source_range="10.0.0.0/8") == [
        "ingress team-a/shop: nginx.ingress.kubernetes.io/whitelist-source-range: ingress-nginx reads it, "
        "Headgate does not: nobody is kept out (here headgate.dev/http-request: deny unless { src NETWORK })"
    ]


def test_guards_are_one_problem_and_all_else_another_however_many_there_are() -> None:
    guards, others = said(
        auth_type="basic", auth_url="x", proxy_body_size="8m", use_regex="true", limit_rps="5"
    )
    assert "auth-type: " in guards
    assert guards.endswith(
        "(here headgate.dev/auth-secret); the same goes for "
        "auth-url (here headgate.dev/auth-url), limit-rps (here headgate.dev/limit-rps)"
    )
    assert others.endswith(
        "proxy-body-size: ingress-nginx reads it, Headgate does not "
        "(here headgate.dev/proxy-body-size); the same goes for use-regex"
    )


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("haproxy.org/path-rewrite", "HAProxy's Ingress controller"),
        ("haproxy-ingress.github.io/app-root", "HAProxy Ingress"),
        ("traefik.ingress.kubernetes.io/router.middlewares", "Traefik"),
        ("nginx.org/rewrites", "the NGINX Ingress Controller"),
    ],
)
def test_the_controller_that_reads_it_is_named(name: str, product: str) -> None:
    [problem] = foreign_problems({name: "x"}, ORIGIN)
    assert (problem.option, problem.closes) == (name, False)
    assert problem.reason.startswith(f"{product} reads it, ")


@pytest.mark.parametrize(
    "name", ["cert-manager.io/issuer", "kubernetes.io/ingress.class", "headgate.dev/acl"]
)
def test_what_is_for_no_other_controller_is_no_problem(name: str) -> None:
    assert list(foreign_problems({name: "x"}, ORIGIN)) == []
    assert list(foreign_problems(None, ORIGIN)) == []


def test_every_advice_is_an_option_that_exists() -> None:
    advised = {text.removeprefix("headgate.dev/").split(" ")[0].rstrip(":") for text in OURS.values()}
    assert advised <= OPTIONS.keys()


def test_a_value_is_not_shown_as_it_may_be_a_secret() -> None:
    assert not any("hunter2" in text for text in said(auth_secret="hunter2", app_root="hunter2"))
