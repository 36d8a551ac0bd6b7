"""Requests that no route takes: they meet the rules for all requests, as in a frontend, and find nothing."""

from typing import Final

from ingress.model.route import PathKind, Route
from ingress.observe.access_log import NO_ROUTE
from ingress.proxy.site import Site, Target

NOWHERE: Final = ""
"""The name of the backend behind them, which has no servers."""


def nowhere(site: Site) -> Target | None:
    """Where such requests go; None, where there are no rules for all requests."""
    steps, platform = site.scopes.everywhere
    if steps is None or platform is None:
        return None
    route = Route(PathKind.FALLBACK, "/", NOWHERE, platform.origin)
    target = Target(route, None, site.unknown_backend(NOWHERE), site.column.claim(0, ""))
    target.steps = steps
    target.log_part = NO_ROUTE
    return target
