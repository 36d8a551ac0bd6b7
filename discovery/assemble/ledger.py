"""A ledger: what workers have been told by key, so that they are told nothing twice."""

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Difference(NamedTuple, Generic[K, V]):
    """A key of which something else was told before; None: there was nothing, or nothing is left."""

    key: K
    before: V | None
    after: V | None


class Ledger(Generic[K, V]):
    """What has been told, and which keys may be out of date by now."""

    __slots__ = ("_current", "_dirty", "told")

    def __init__(self, current: Callable[[K], V | None]) -> None:
        """`current` says what a key should be now; it is asked only for keys that were touched."""
        self.told: dict[K, V] = {}
        self._current = current
        self._dirty: dict[K, None] = {}

    def touch(self, key: K) -> None:
        """The key may differ from what was told."""
        self._dirty[key] = None

    def settle(self) -> Iterator[Difference[K, V]]:
        """What differs from what was told, by value; from here on it counts as told."""
        dirty, self._dirty = self._dirty, {}
        for key in dirty:
            before, after = self.told.get(key), self._current(key)
            if before != after:
                self._record(key, after)
                yield Difference(key, before, after)

    def _record(self, key: K, value: V | None) -> None:
        if value is None:
            self.told.pop(key, None)
        else:
            self.told[key] = value
