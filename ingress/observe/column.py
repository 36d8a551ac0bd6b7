"""A column of the shared page: the counters that one worker writes and everyone may read."""

from bisect import bisect_left

from ingress.model.reason import Reason
from ingress.observe.cells import (
    BOUNDS,
    DURATION,
    REASON_CELL,
    RESERVED,
    ROW,
    SCRATCH,
    ServerCell,
    owner_id,
)


class Column:
    """One worker's counters: `cells` is written to in place, `cells[first + ServerCell.REQUESTS] += 1`."""

    __slots__ = ("_known", "cells")

    def __init__(self, cells: memoryview) -> None:
        self.cells = cells
        # One byte for each slot: a row is claimed again at each change of its backend, but the
        # requests that are in flight by then are this process's own and go on counting.
        self._known = bytearray(len(cells) // ROW)

    def claim(self, slot: int, key: str) -> int:
        """The row's first cell, for `key` from now on; 0 and what is out of range get the scratch row."""
        if not RESERVED <= slot < len(self._known):
            return SCRATCH * ROW
        first, owner = slot * ROW, owner_id(key)
        if self.cells[first] != owner:
            self._zero(first)
            self.cells[first] = owner
        elif not self._known[slot] and owner & 1:
            self.cells[first + ServerCell.IN_FLIGHT] = 0
        self._known[slot] = 1
        return first

    def reason(self, reason: Reason) -> int:
        """The cell that counts the answers Headgate itself made for this reason."""
        return REASON_CELL[reason]

    def duration(self, microseconds: int) -> int:
        """The cell of the bucket that a request of this duration falls into."""
        return DURATION + bisect_left(BOUNDS, microseconds)

    def _zero(self, first: int) -> None:
        # The owner goes first: a reader that comes in between must not take the old counts for the new key's.
        for cell in range(first, first + ROW):
            self.cells[cell] = 0
