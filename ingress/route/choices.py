"""The routes of one host where its path does not decide alone: conditions and priorities."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Generic, TypeVar

from ingress.model.route import Host, PathKind, Route, rank
from ingress.route.paths import BOUNDARIES, SLASH, HostPaths, as_sent

Target = TypeVar("Target")

Holds = Callable[[Any, Any], bool]
"""Whether a request and its client meet the condition of a route."""

_PREFIXES: Final = (PathKind.PREFIX, PathKind.BEGINS)


class Choice(Generic[Target]):
    """A route as one of several that may take a path."""

    __slots__ = ("holds", "path", "priority", "rank", "route", "target")

    def __init__(self, host: str, route: Route, target: Target, holds: Holds | None) -> None:
        self.route = route
        self.path = as_sent(route.path)
        self.rank = rank(host, route)
        self.priority = route.priority
        self.target = target
        self.holds = holds
        """None: it has no condition."""


class HostChoices(Generic[Target]):
    """Which route of a host takes a request, by its path and what else it is."""

    __slots__ = ("_conditional", "_plain", "fallback")

    def __init__(self, host: Host, targets: Sequence[Target], conditions: Sequence[Holds | None]) -> None:
        choices = [
            Choice(host.name, route, target, holds)
            for route, target, holds in zip(host.routes, targets, conditions, strict=True)
        ]
        plain = _reachable([choice for choice in choices if choice.holds is None])
        self._plain = HostPaths([choice.route for choice in plain], plain)
        conditional = [choice for choice in choices if choice.holds is not None]
        self._conditional = tuple(sorted(conditional, key=_rank, reverse=True))
        self.fallback = None if self._plain.fallback is None else self._plain.fallback.target

    def find(self, path: bytes, request: Any, client: Any) -> Choice[Target] | None:
        """The route of the highest rank that takes the request, of equals the one with a condition; None:
        not this host."""
        plain = self._plain.find(path)
        for choice in self._conditional:
            if plain is not None and choice.rank < plain.rank:
                break
            if _takes(choice, path) and choice.holds is not None and choice.holds(request, client):
                return choice
        return plain


def _rank(choice: Choice[Any]) -> int:
    return choice.rank


def _own(choice: Choice[Any]) -> bytes:
    """What the paths begin with that it takes."""
    return choice.path.removesuffix(SLASH) if choice.route.kind is PathKind.PREFIX else choice.path


def _takes(choice: Choice[Any], path: bytes) -> bool:
    own = choice.path
    match choice.route.kind:
        case PathKind.EXACT:
            return path == own
        case PathKind.BEGINS:
            return path.startswith(own)
        case PathKind.PREFIX:
            own = _own(choice)
            return not own or (path.startswith(own) and path[len(own) : len(own) + 1] in BOUNDARIES)
    return False


def _reachable(choices: Sequence[Choice[Target]]) -> list[Choice[Target]]:
    """Those without a condition that take any path at all: a higher rank leaves nothing to a lower one
    whose paths it takes all. So the longest path decides among what is left."""
    covering: dict[bytes, list[Choice[Target]]] = {}
    for choice in choices:
        covering.setdefault(_own(choice), []).append(choice)
    lengths = sorted({len(path) for path in covering})
    return [
        choice
        for choice in choices
        if not any(_covers(other, choice) for other in _shorter(choice, covering, lengths))
    ]


def _shorter(
    choice: Choice[Target], covering: dict[bytes, list[Choice[Target]]], lengths: Iterable[int]
) -> Iterable[Choice[Target]]:
    """Those whose path the path of this one begins with."""
    for length in lengths:
        if length > len(choice.path):
            return
        yield from covering.get(choice.path[:length], ())


def _covers(one: Choice[Any], other: Choice[Any]) -> bool:
    """Whether one is asked first and takes all paths of the other."""
    if one.rank <= other.rank or one.route.kind not in _PREFIXES or other.route.kind is PathKind.FALLBACK:
        return False
    own = _own(one)
    if one.route.kind is PathKind.PREFIX and other.route.kind is PathKind.BEGINS:
        # What is at the end of an element there may go on within it here.
        return not own or other.path.startswith(own + SLASH)
    return _takes(one, _own(other) or SLASH)
