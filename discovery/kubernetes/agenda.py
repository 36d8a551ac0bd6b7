"""An agenda: what has to be looked at again when its time has come."""

from collections.abc import Hashable, Iterator
from heapq import heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Agenda(Generic[K]):
    """Keys by the time at which they are due."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, int, K]] = []
        self._count = 0

    def add(self, when: float, key: K) -> None:
        """The key is due at this time, besides others it may be due at."""
        self._count += 1
        heappush(self._entries, (when, self._count, key))

    def due(self, now: float) -> Iterator[K]:
        """Take out the keys whose time has come."""
        while self._entries and self._entries[0][0] <= now:
            yield heappop(self._entries)[2]
