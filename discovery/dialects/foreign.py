"""Annotations of other controllers: nothing of them is done here, and whoever wrote them has to know."""

from collections.abc import Iterator, Mapping
from typing import Final

from discovery.dialects.reading import problem_with
from discovery.option import Scope
from discovery.rules import option_of
from ingress.model.problem import Problem
from ingress.model.route import Origin

PRODUCTS: Final = {
    "nginx.ingress.kubernetes.io/": "ingress-nginx",
    "nginx.org/": "the NGINX Ingress Controller",
    "haproxy.org/": "HAProxy's Ingress controller",
    "haproxy-ingress.github.io/": "HAProxy Ingress",
    "traefik.ingress.kubernetes.io/": "Traefik",
}
"""Who reads the annotations with a prefix."""

_ONLY: Final = "headgate.dev/http-request: deny unless { src NETWORK }"
_NOT: Final = "headgate.dev/http-request: deny if { src NETWORK }"
OURS: Final = {
    **dict.fromkeys(("whitelist-source-range", "allowlist-source-range", "allow-list", "whitelist"), _ONLY),
    **dict.fromkeys(("denylist-source-range", "deny-list", "blacklist"), _NOT),
    "auth-type": "headgate.dev/auth-secret",
    "limit-whitelist": "headgate.dev/limit-allowlist",
    "rate-limit-requests": "headgate.dev/limit-rps",
    "auth-tls-verify-client": "headgate.dev/auth-tls-verify",
    "force-ssl-redirect": "headgate.dev/ssl-redirect",
    "rewrite-target": "headgate.dev/http-request: replace-path",
    "path-rewrite": "headgate.dev/http-request: replace-path",
    "permanent-redirect": "headgate.dev/redirect: location",
    "temporal-redirect": "headgate.dev/redirect: location",
    "request-redirect": "headgate.dev/redirect: prefix",
    "affinity": "headgate.dev/cookie on the Service",
    "cookie-persistence": "headgate.dev/cookie on the Service",
    "load-balance": "headgate.dev/balance on the Service",
    "backend-protocol": "headgate.dev/server-ssl on the Service",
    "proxy-connect-timeout": "headgate.dev/timeout-connect on the Service",
    "proxy-read-timeout": "headgate.dev/timeout-server on the Service",
}
"""What is written here in place of theirs, where it has another name."""

_GUARD_WORDS: Final = frozenset(
    {"allow", "allowlist", "auth", "blacklist", "deny", "denylist", "limit", "modsecurity", "whitelist"}
)


def foreign_problems(annotations: Mapping[str, str] | None, origin: Origin) -> Iterator[Problem]:
    """What other controllers would do for an Ingress and nobody does here: one problem for those that
    keep requests out, one for the rest. They are no flaws: the object may be there for both."""
    for prefix, product in PRODUCTS.items():
        names = [name.removeprefix(prefix) for name in annotations or () if name.startswith(prefix)]
        guards = [name for name in names if not _GUARD_WORDS.isdisjoint(name.split("-"))]
        others = [name for name in names if name not in guards]
        if guards:
            yield _problem(
                origin, prefix, guards, f"{product} reads it, Headgate does not: nobody is kept out"
            )
        if others:
            yield _problem(origin, prefix, others, f"{product} reads it, Headgate does not")


def _problem(origin: Origin, prefix: str, names: list[str], reason: str) -> Problem:
    first, *rest = map(_with_advice, names)
    advice = first.removeprefix(names[0])
    more = f"; the same goes for {', '.join(rest)}" if rest else ""
    return problem_with(origin, prefix + names[0], "", reason + advice + more)


def _with_advice(name: str) -> str:
    ours = OURS.get(name, "")
    if not ours and (option := option_of(name)) is not None:
        place = "" if option.fits(Scope.INGRESS) else f" on the {option.scope}"
        ours = f"headgate.dev/{option.name}{place}"
    return f"{name} (here {ours})" if ours else name
