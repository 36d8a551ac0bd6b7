"""Contests: several objects may ask for the same thing; the best of them has it, the rest wait."""

from bisect import insort
from collections.abc import Hashable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

Rank = tuple[str | int, ...]


class Bid(NamedTuple, Generic[T]):
    """What one object asks for; the lowest rank wins, and among equals the first that came."""

    rank: Rank
    value: T


class Contests(Generic[K, T]):
    """Who asks for each key. A change costs what its key costs, however many keys there are."""

    __slots__ = ("_bids", "_contested")

    def __init__(self) -> None:
        self._bids: dict[K, list[Bid[T]]] = {}
        self._contested: dict[K, None] = {}

    def enter(self, key: K, bid: Bid[T]) -> None:
        """Somebody asks for the key."""
        bids = self._bids.get(key)
        if bids is None:
            self._bids[key] = [bid]
            return
        insort(bids, bid, key=_rank)
        self._contested[key] = None

    def withdraw(self, key: K, bid: Bid[T]) -> None:
        """Somebody does not ask for the key any more; the next in line has it, if there is one."""
        bids = self._bids[key]
        bids.remove(bid)
        if len(bids) < 2:
            self._contested.pop(key, None)
        if not bids:
            del self._bids[key]

    def holder(self, key: K) -> T | None:
        """What was asked for by who has the key now."""
        bids = self._bids.get(key)
        return bids[0].value if bids else None

    def bids(self, key: K) -> Sequence[Bid[T]]:
        """All that ask for the key, the winner first."""
        return self._bids.get(key, ())

    def best(self, key: K) -> Bid[T] | None:
        """The bid that has the key now."""
        bids = self._bids.get(key)
        return bids[0] if bids else None

    def contested(self) -> Iterator[tuple[K, list[Bid[T]]]]:
        """The keys that more than one asks for, with all their bids, the winner first."""
        for key in self._contested:
            yield key, self._bids[key]


def _rank(bid: Bid[T]) -> Rank:
    return bid.rank
