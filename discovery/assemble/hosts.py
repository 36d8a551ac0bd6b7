"""The hosts: all claims by host and path, and the routes of those who have won."""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from discovery.assemble.conflict import conflict
from discovery.assemble.contest import Bid, Contests, Rank
from discovery.assemble.guard import guard
from discovery.assemble.ledger import Ledger
from discovery.assemble.splits import PLAIN, Splits, tell_split
from discovery.source import Claim
from ingress.model.condition import Call, Criterion, Match
from ingress.model.problem import Problem
from ingress.model.route import Host, Origin, PathKind, Route

_OVER_TLS: Final = (Criterion(Call("ssl_fc"), Match.BOOL),)
Place = tuple[str, PathKind, str, str]
"""Host, kind, path and condition (as text): what one route takes."""


class Hosts:
    """Who claims what of each host. Touching one host costs nothing for the others."""

    def __init__(self, certified: Callable[[str], bool]) -> None:
        """`certified` says whether there is a certificate for a host."""
        self._certified = certified
        self.ledger: Ledger[str, Host] = Ledger(self._host)
        self._contests: Contests[Place, Route] = Contests()
        self._places: dict[str, dict[Place, None]] = {}
        self._splits = Splits()
        self._torn: dict[str, tuple[Problem, ...]] = {}
        """By host, the routes that are closed as another one asks for other certificates of clients."""

    def claim(self, claim: Claim, rank: Rank) -> None:
        """An object asks for a route."""
        place = _place(claim)
        self._contests.enter(place, Bid(rank, claim.route))
        self._places.setdefault(claim.host, {})[place] = None
        self._splits.add(place[:3], place[3])
        self.ledger.touch(claim.host)

    def withdraw(self, claim: Claim, rank: Rank) -> None:
        """An object does not ask for a route any more."""
        place = _place(claim)
        self._contests.withdraw(place, Bid(rank, claim.route))
        if self._contests.holder(place) is None:
            self._forget(claim.host, place)
        self.ledger.touch(claim.host)

    def certificate_changed(self, name: str) -> None:
        """A host, or all those that a wildcard stands for, may have a certificate now, or none."""
        if name.startswith("*."):
            suffix = name[1:]
            for host in self._places:
                if host.endswith(suffix):
                    self.ledger.touch(host)
        elif name in self._places:
            self.ledger.touch(name)

    def rival(self, name: str, origin: Origin) -> Bid[Route] | None:
        """Of the other objects whose routes of a host are for TLS too, the one with the best right."""
        bids = (self._contests.best(place) for place in self._places.get(name, ()))
        rivals = (bid for bid in bids if bid and bid.value.origin != origin and not _is_plain(bid.value))
        return min(rivals, key=lambda bid: bid.rank, default=None)

    def problems(self) -> Iterator[Problem]:
        """One for each claim that another object has won, or that cannot be beside another, and for each that
        is shared with another source."""
        for (host, kind, path, condition), bids in self._contests.contested():
            what = _spoken(host, kind, path)
            yield from conflict(f"{what} under the same condition" if condition else what, bids)
        for problems in self._torn.values():
            yield from problems
        for spot, conditions in self._splits.all():
            routes = [self._contests.holder((*spot, condition)) for condition in (PLAIN, *conditions)]
            plain, *others = [route for route in routes if route is not None]
            for other in others:
                yield from tell_split(_spoken(*spot), spot[0], plain, other)

    def _forget(self, host: str, place: Place) -> None:
        self._splits.remove(place[:3], place[3])
        places = self._places[host]
        del places[place]
        if not places:
            del self._places[host]

    def _host(self, name: str) -> Host | None:
        places = self._places.get(name)
        if places is None:
            self._torn.pop(name, None)
            return None
        # Sorted, since two equal sets of routes have to be equal by value, however they came about.
        found = (self._contests.best(place) for place in (sorted(places) if len(places) > 1 else places))
        guarded = guard(name, [bid for bid in found if bid is not None])
        self._torn.pop(name, None)
        if guarded.problems:
            self._torn[name] = guarded.problems
        return Host(name, guarded.routes, bool(name) and self._certified(name), guarded.authority)


def _place(claim: Claim) -> Place:
    when = claim.route.when
    # Text, as places are sorted and syntax trees cannot be.
    condition = "" if when is None else msgspec.json.encode(when).decode()
    # Who asks for all that begins with a path asks for all below it too.
    kind = PathKind.PREFIX if claim.route.kind is PathKind.BEGINS else claim.route.kind
    return claim.host, kind, claim.route.path, condition


def _is_plain(route: Route) -> bool:
    """Whether the condition of a route says that it is not for TLS."""
    when = route.when
    if when is None or when.unless:
        return False
    return all(any(term.negated and term.tests == _OVER_TLS for term in row) for row in when.alternatives)


def _spoken(host: str, kind: PathKind, path: str) -> str:
    what = "the default backend" if kind is PathKind.FALLBACK else f"{kind} path {path}"
    return f"{what} of {f'host {host}' if host else 'any host'}"
