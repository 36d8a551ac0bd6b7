"""A guard: of which authority the clients of a host are asked for certificates.

It is asked for in the handshake, before any path is known, so a host has one at most: that of its oldest
object which wants one. Routes that want another one are closed, as nobody could be let in rightly.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from discovery.assemble.contest import Bid
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Route


class Guarded(NamedTuple):
    """The routes of a host as they can be served."""

    routes: tuple[Route, ...]
    authority: str = ""
    problems: tuple[Problem, ...] = ()


def guard(host: str, bids: Sequence[Bid[Route]]) -> Guarded:
    """The routes that have won, those closed that ask for other certificates than the oldest."""
    routes = tuple(bid.value for bid in bids)
    wanting = [bid for bid in bids if _authority(bid.value)]
    if not wanting:
        return Guarded(routes)
    first = min(wanting, key=lambda bid: bid.rank).value
    authority = _authority(first)
    losers = [route for route in routes if _authority(route) not in {"", authority}]
    if not losers:
        return Guarded(routes, authority)
    return Guarded(
        tuple(_closed(route) if route in losers else route for route in routes),
        authority,
        tuple(_problems(host, losers, first)),
    )


def _authority(route: Route) -> str:
    wanted = route.policy.client_certificates
    return "" if wanted is None else wanted.authority


def _closed(route: Route) -> Route:
    return replace(route, policy=Policy(closed="the host asks for certificates of another authority"))


def _problems(host: str, losers: Sequence[Route], first: Route) -> Iterator[Problem]:
    for origin in sorted({route.origin for route in losers}):
        reason = (
            f"clients of {f'host {host}' if host else 'any host'} are asked for certificates by "
            f"{first.origin}, which is older and names another Secret; the routes here are closed"
        )
        yield Problem(origin, "headgate.dev/auth-tls-secret", reason, closes=True)
