"""Conflicts: what those are told who asked for a thing that another object has."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from discovery.assemble.contest import Bid
from ingress.model.problem import Problem
from ingress.model.route import Origin


class Owned(Protocol):
    """What an object has asked for."""

    @property
    def origin(self) -> Origin:
        """The object."""


T = TypeVar("T", bound=Owned)


def conflict(what: str, bids: Sequence[Bid[T]]) -> Iterator[Problem]:
    """A problem for each bid but the first, with the name of the winner and by what right it won."""
    winner = bids[0]
    for loser in bids[1:]:
        yield Problem(loser.value.origin, "", _reason(what, winner, loser))


def _reason(what: str, winner: Bid[T], loser: Bid[T]) -> str:
    if winner.value.origin == loser.value.origin:
        return f"{what} is asked for twice; the first one counts"
    right = "is older" if winner.rank[0] != loser.rank[0] else "comes first by name"
    return f"{what} belongs to {winner.value.origin}, which {right}"
