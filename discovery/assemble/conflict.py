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
        if loser.value.origin.source != winner.value.origin.source:
            rival = full_name(loser.value.origin)
            reason = f"{what} is asked for by {rival} too, which does not get it: this one "
            yield Problem(winner.value.origin, "", reason + _right(winner, loser))


def _reason(what: str, winner: Bid[T], loser: Bid[T]) -> str:
    if winner.value.origin == loser.value.origin:
        return f"{what} is asked for twice; the first one counts"
    same_source = loser.value.origin.source == winner.value.origin.source
    owner = str(winner.value.origin) if same_source else full_name(winner.value.origin)
    return f"{what} belongs to {owner}, which {_right(winner, loser)}"


def _right(winner: Bid[T], loser: Bid[T]) -> str:
    """The first part of the ranks that differs has decided."""
    reasons = ("is of the source that is preferred", "is older", "is of the source that comes first")
    differences = (ours != theirs for ours, theirs in zip(winner.rank, loser.rank, strict=True))
    return next(
        (why for why, differ in zip(reasons, differences, strict=False) if differ), "comes first by name"
    )


def full_name(origin: Origin) -> str:
    """`service web of consul`."""
    return f"{origin} of {origin.source}"
