"""Routes: which requests of a host go to which backend, and under which policy."""

from enum import StrEnum

from msgspec import Struct

from ingress.model.policy import Policy


class PathKind(StrEnum):
    """How a route's path is compared with a request's."""

    EXACT = "exact"
    PREFIX = "prefix"
    """By element: `/blog` and `/blog/` both take `/blog`, `/blog/` and `/blog/x`, not `/blogx`."""
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


class Host(Struct, frozen=True, omit_defaults=True):
    """All routes of one host name, in no particular order, no two with the same kind and path."""

    name: str
    """Lower-case: `www.example.com`; `*.example.com` (one label); empty: any host at all."""
    routes: tuple[Route, ...]
