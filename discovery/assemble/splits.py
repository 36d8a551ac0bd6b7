"""Splits: one path of one host that routes of two sources share, one of them by a condition."""

from collections.abc import Iterator

from discovery.assemble.conflict import full_name
from ingress.model.problem import Problem
from ingress.model.route import PathKind, Route, rank

Spot = tuple[str, PathKind, str]
"""Host, kind and path."""
PLAIN = ""
"""In place of a condition: there is none."""


class Splits:
    """The conditions under which each spot is asked for. A change costs what its spot costs."""

    def __init__(self) -> None:
        self._conditions: dict[Spot, dict[str, None]] = {}
        self._split: dict[Spot, None] = {}

    def add(self, spot: Spot, condition: str) -> None:
        """Somebody asks for the spot under this condition."""
        self._conditions.setdefault(spot, {})[condition] = None
        self._note(spot)

    def remove(self, spot: Spot, condition: str) -> None:
        """Nobody does any more."""
        del self._conditions[spot][condition]
        self._note(spot)

    def all(self) -> Iterator[tuple[Spot, list[str]]]:
        """The spots that are asked for with and without conditions, and the conditions."""
        for spot in self._split:
            yield spot, [condition for condition in self._conditions[spot] if condition != PLAIN]

    def _note(self, spot: Spot) -> None:
        conditions = self._conditions[spot]
        if not conditions:
            del self._conditions[spot]
        if PLAIN in conditions and len(conditions) > 1:
            self._split[spot] = None
        else:
            self._split.pop(spot, None)


def tell_split(what: str, host: str, plain: Route, conditional: Route) -> Iterator[Problem]:
    """What both are told, if they are of different sources: within one it is meant."""
    if plain.origin.source == conditional.origin.source:
        return
    shared = f"{what} is asked for by"
    one, other = full_name(plain.origin), full_name(conditional.origin)
    if rank(host, conditional) >= rank(host, plain):
        yield Problem(plain.origin, "", f"{shared} {other} too, which gets what meets its condition")
        yield Problem(conditional.origin, "", f"{shared} {one} too, which gets all that does not meet it")
    else:
        yield Problem(conditional.origin, "", f"{shared} {one} too, which gets all: its priority is higher")
