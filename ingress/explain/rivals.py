"""Rivals: the routes that could have had a request, and why each of them has it or has not."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from ingress.acl.written import write_condition
from ingress.model.condition import Condition
from ingress.model.explanation import Explanation, SeenRoute
from ingress.model.route import Host, PathKind, Route
from ingress.route.paths import HostPaths, as_sent

RIVALS: Final = 20
"""Routes that are named, the winner included."""


class Rival(NamedTuple):
    """A route of a host."""

    host: str
    route: Route
    why: str = ""
    """Why it does not have the request; empty: it has it."""


Holds = Callable[[Condition], bool]


def host_names(host: str) -> tuple[str, ...]:
    """The names under which routes of a host may stand, in the order in which they are asked."""
    labels = host.split(".")
    tails = [".".join(labels[place:]) for place in range(1, len(labels))] if labels[0] else []
    wild = (f"*.{tails[0]}", *(f"**.{tail}" for tail in tails)) if tails else ()
    return (*((host,) if host else ()), *wild, "")


def rivals(
    hosts: Mapping[str, Host], host: str, path: bytes, winner: Route | None, holds: Holds
) -> list[Rival]:
    """The route that has a request (for a lower-case host without its port) first, then those that look as
    if they could, the longest path first. `holds`: whether the request meets a condition."""
    known = [hosts[name] for name in host_names(host) if name in hosts]
    places = [(one.name, route) for one in known for route in one.routes]
    won = next((Rival(*place) for place in places if place[1] is winner), None)
    lost = (Rival(*place, _why(*place, path, won, holds)) for place in places if place[1] is not winner)
    losers = sorted((rival for rival in lost if rival.why), key=_length, reverse=True)
    return [*(() if won is None else (won,)), *losers][:RIVALS]


def seen_routes(
    hosts: Mapping[str, Host], told: Explanation, winner: Route | None, holds: Holds
) -> tuple[SeenRoute, ...]:
    """The same routes as an account shows them; `told` says whose request it is."""
    found = rivals(hosts, told.host, told.path.encode(), winner, holds)
    return tuple(
        SeenRoute(host, route.kind, route.path, route.backend, route.origin, why)
        for host, route, why in found
    )


def _length(rival: Rival) -> int:
    return len(rival.route.path)


def _why(host: str, route: Route, path: bytes, winner: Rival | None, holds: Holds) -> str:
    """Why a route lost; empty: it does not look as if it could have won."""
    alone = HostPaths((route,), (route,))
    if not (alone.find(path) or alone.fallback):
        return _misses(route, path)
    if route.when is not None and not holds(route.when):
        return f"it asks for more: {write_condition(route.when)}"
    return _outdone(host, route, winner) if winner is not None else ""


def _outdone(host: str, route: Route, winner: Rival) -> str:
    """Why another route that takes the request has it."""
    if route.kind is PathKind.FALLBACK:
        return "it takes what no other route takes"
    if winner.route.priority or route.priority:
        return f"it has priority {route.priority}, and the other has {winner.route.priority}"
    if host != winner.host:
        return f'the host "{winner.host}" is more exact' if winner.host else "the other host is more exact"
    if winner.route.kind is PathKind.EXACT:
        return f"{winner.route.path} is exactly the path"
    if winner.route.path == route.path:
        return "of two for one path, that with a condition is asked first"
    return f"{winner.route.path} is longer"


def _misses(route: Route, path: bytes) -> str:
    """Why a route that seems to fit does not take the path."""
    own = as_sent(route.path)
    if own == path or route.kind is PathKind.FALLBACK:
        return ""
    if own.rstrip(b"/") == path.rstrip(b"/"):
        return f"it takes {route.path} exactly, and the slash at the end is the difference"
    if path.startswith((own, own.rstrip(b"/") + b"/")):
        return _misses_below(route, path, own)
    if unquote_to_bytes(own) == unquote_to_bytes(path):
        return "paths are compared as they are sent, and %XX is not decoded"
    if own.lower() == path.lower():
        return "upper and lower case differ"
    return ""


def _misses_below(route: Route, path: bytes, own: bytes) -> str:
    if route.kind is PathKind.EXACT:
        return f"it takes {route.path} exactly, and nothing else"
    rest = path[len(own) :].split(b"/")[0].decode("utf-8", "backslashreplace")
    return f"prefixes are compared by element, and {route.path}{rest} is another one"


def hints(names: Iterable[str], hosts: Mapping[str, Host], host: str) -> Iterator[str]:
    """What may help where nothing takes a request: names that look as if they should take its host, and what
    paths those (`hosts`) take that do."""
    known = frozenset(names)
    for name in host_names(host):
        if name in hosts:
            paths = sorted(f"{route.kind} {route.path}" for route in hosts[name].routes)
            more = f" and {len(paths) - RIVALS} more" if len(paths) > RIVALS else ""
            yield f"{name or '(any host)'} takes {', '.join(paths[:RIVALS])}{more}"
    if not known:
        yield "there are no routes at all; headgate check tells which objects are of another class, or wrong"
    labels = host.split(".")
    for place in range(1, len(labels) - 1):
        wide = "*." + ".".join(labels[place + 1 :])
        if wide in known:
            yield f'"{wide}" is there, but the star stands for one label alone'
            return
    if host not in known and (near := get_close_matches(host, known, n=1)):
        yield f'there is no host "{host}"; the nearest name is "{near[0]}"'
