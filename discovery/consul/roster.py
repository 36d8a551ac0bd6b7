"""A roster: what a watched thing consists of, kept where an answer cannot be trusted to be whole."""

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Roster(Generic[K, V]):
    """The members by key."""

    __slots__ = ("kept", "members")

    def __init__(self) -> None:
        self.members: dict[K, V] = {}
        self.kept: frozenset[K] = frozenset()
        """Members that the last answer missed, and that are believed to be there all the same."""

    def take(self, found: Mapping[K, V], *, whole: bool) -> bool:
        """Take an answer; what a whole one misses is gone. Says whether anything has changed."""
        missing = {key: value for key, value in self.members.items() if key not in found}
        members = dict(found) if whole else {**missing, **found}
        self.kept = frozenset() if whole else frozenset(missing)
        changed = members != self.members
        self.members = members
        return changed

    def forget(self, key: K) -> bool:
        """The member is gone for certain; says whether it was there."""
        self.kept -= {key}
        return self.members.pop(key, None) is not None
