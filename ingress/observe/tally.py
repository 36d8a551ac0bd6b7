"""Tallies: what is counted by keys that clients choose, over all workers, in a bounded part of the page.

Each worker writes its own table alone and reads those of all: no message, no lock. There are two kinds of
entries. A gauge goes up and down, and is the sum over the tables. A time only grows, and is the latest in
any table: it says when a bucket that is drawn from will be full again (the virtual scheduling of ITU-T
I.371, annex A). Workers that decide in the same few microseconds miss each other's decisions. So of a gauge
with a limit of N there may be as many more as there are other workers, and no more; and of a bucket those
are not counted that were taken at the same moment as another one.

A key has its place in one set of a few entries. Where the set is full, what says nothing any more goes first
(a gauge at 0, a time that has passed), then the time that passes next. Keys are digests under a secret, lest
somebody makes keys that all meet in one set.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

ENTRY: Final = 2
"""Cells: the key, and what is counted."""
WAYS: Final = 8
"""Entries of a set."""
SETS: Final = 8192
TABLE: Final = SETS * WAYS * ENTRY
"""Cells of the table of one worker."""


class Tallies:
    """The tables of all workers, as one of them uses them."""

    __slots__ = ("_own", "_secret", "_tables")

    def __init__(self, tables: Sequence[memoryview], own: int, secret: bytes) -> None:
        self._tables = tuple(tables)
        self._own = self._tables[own]
        self._secret = secret

    @classmethod
    def alone(cls) -> "Tallies":
        """Those of somebody who shares them with nobody."""
        return cls((memoryview(bytearray(TABLE * 8)).cast("q"),), 0, b"alone")

    # What is asked.

    def enter(self, key: int, most: int) -> bool:
        """One more at a time for the key of a gauge; False: there are as many as may be, over all workers.
        Where it is True, `leave` has to follow."""
        if self._total(key) >= most:
            return False
        at = self._claim(key, 0)
        if at >= 0:
            self._own[at + 1] += 1
        return True

    def leave(self, key: int) -> None:
        """One less."""
        at = self._find(self._own, key)
        if at >= 0 and self._own[at + 1] > 0:
            self._own[at + 1] -= 1

    def take(self, key: int, interval: int, depth: int, now: int) -> int:
        """Take one of a bucket that fills by one in each interval and has room for `depth`, a multiple of
        it; 0: it is taken, else how long it takes until there is one. All in the same unit."""
        empty_at = max(self._latest(key), now) + interval
        if empty_at - now > depth:
            return empty_at - now - depth
        at = self._claim(key, now)
        if at >= 0:
            self._own[at + 1] = empty_at
        return 0

    # Keys and their places.

    def gauge(self, *words: bytes) -> int:
        """The key of a gauge."""
        return self._digest(words) | 1

    def time(self, *words: bytes) -> int:
        """The key of a time."""
        return (self._digest(words) & ~1) or 2

    def _digest(self, words: Sequence[bytes]) -> int:
        digest = blake2b(digest_size=8, key=self._secret)
        for word in words:
            digest.update(b"%d:%b" % (len(word), word))
        return int.from_bytes(digest.digest(), "little") >> 1

    def _total(self, key: int) -> int:
        return sum(table[at + 1] for table in self._tables if (at := self._find(table, key)) >= 0)

    def _latest(self, key: int) -> int:
        return max(
            (table[at + 1] for table in self._tables if (at := self._find(table, key)) >= 0), default=0
        )

    def _find(self, table: memoryview, key: int) -> int:
        """Where the entry of the key is; -1: it has none."""
        first = _set_of(key)
        for at in range(first, first + WAYS * ENTRY, ENTRY):
            known = table[at]
            if known == key:
                return at
            if not known:
                # Entries are filled from the first on, and never emptied.
                return -1
        return -1

    def _claim(self, key: int, now: int) -> int:
        """The entry of the key, which it may get just now; -1: all are needed."""
        at = self._find(self._own, key)
        if at >= 0:
            return at
        at = self._spare(_set_of(key), now)
        if at >= 0:
            self._own[at + 1] = 0
            self._own[at] = key
        return at

    def _spare(self, first: int, now: int) -> int:
        own, soonest = self._own, -1
        for at in range(first, first + WAYS * ENTRY, ENTRY):
            known, value = own[at], own[at + 1]
            if not known or value == 0 or (not known & 1 and value <= now):
                return at
            if not known & 1 and (soonest < 0 or value < own[soonest + 1]):
                soonest = at
        return soonest


def _set_of(key: int) -> int:
    return (key >> 1) % SETS * WAYS * ENTRY
