"""Routes: which requests of a host go to which backend, and under which policy."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from ingress.model.condition import Condition
from ingress.model.policy import Policy


class PathKind(StrEnum):
    """How a route's path is compared with a request's."""

    EXACT = "exact"
    PREFIX = "prefix"
    """By element: `/blog` and `/blog/` both take `/blog`, `/blog/` and `/blog/x`, not `/blogx`."""
    BEGINS = "begins"
    """By character: `/blog` takes `/blogx` too."""
    FALLBACK = "fallback"
    """Takes what no exact or prefix route of any matching host takes: a default backend."""


class Origin(Struct, frozen=True, order=True, omit_defaults=True):
    """The object that asked for something: what logs, problems and metrics name."""

    source: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """`ingress team-a/shop`."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class Route(Struct, frozen=True, omit_defaults=True):
    """One path of one host."""

    kind: PathKind
    path: str
    """Starts with `/`. `/` for a fallback."""
    backend: str
    """The `name` of a `Backend`."""
    origin: Origin
    policy: Policy = Policy()
    when: Condition | None = None
    """What else a request must meet; where it does not, the next route is asked."""
    priority: int = 0
    """Not 0: it decides in place of the path, and among all that have one over all hosts (`rank`)."""
    platform: str = ""
    """The name of a `Platform` whose rules come before those of the route; empty: none but those that are
    for all routes."""


def rank(host: str, route: Route) -> int:
    """Which route of a host is asked first: the highest.

    One without a priority has that of the rule it would be in Traefik, its length, but that an exact
    path comes before a prefix: so an exact path is first, then the longest prefix.
    """
    if route.priority:
        return route.priority
    return len(host) + len(route.path) + (_EXACT if route.kind is PathKind.EXACT else _PREFIX)


_PREFIX: Final = len("Host(``) && PathPrefix(``)")
_EXACT: Final = _PREFIX + 1


class Host(Struct, frozen=True, omit_defaults=True):
    """All routes of one host name, in no particular order, no two with the same kind, path and condition."""

    name: str
    """Lower-case: `www.example.com`; `*.example.com` (one label), `**.example.com` (one or more);
    empty: any host at all."""
    routes: tuple[Route, ...]
    certified: bool = False
    """There is a certificate for it."""
    authority: str = ""
    """The `name` of the `Authority` of which clients are asked for certificates; empty: they are not."""
