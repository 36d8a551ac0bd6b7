"""The directory: which row of the shared page belongs to which object, kept in the page itself."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from ingress.observe.cells import RESERVED, ROW, ServerCell, owner_id

QUARANTINE: Final = 300.0
"""Seconds for which a released row keeps its owner: requests that began under it still count there."""

NO_ROW: Final = (0,) * ROW


class Directory:
    """Gives out rows by key: the same key gets the same row, also after the controller was restarted."""

    def __init__(self, owners: memoryview, columns: Sequence[memoryview], now: Callable[[], float]) -> None:
        self._owners = owners
        self._columns = columns
        self._now = now
        self._fresh = RESERVED
        self._slots: dict[int, int] = {}
        self._unclaimed: set[int] = set()
        self._resting: OrderedDict[int, float] = OrderedDict()
        self._recover()

    def slot_of(self, key: str) -> int:
        """The row of this key, its own until it is released; 0 where no row is left."""
        owner = owner_id(key)
        self._unclaimed.discard(owner)
        self._resting.pop(owner, None)
        slot = self._slots.get(owner, 0) or self._take()
        if slot:
            self._slots[owner] = slot
            self._owners[slot] = owner
        return slot

    def release(self, key: str) -> None:
        """The object is gone. If it comes back while its row rests, it finds its counts again."""
        owner = owner_id(key)
        self._unclaimed.discard(owner)
        self._rest(owner)

    def release_unclaimed(self) -> None:
        """After the first full sync: what an earlier controller gave out and nobody asked for is gone."""
        for owner in sorted(self._unclaimed, key=self._slots.__getitem__):
            self._rest(owner)
        self._unclaimed.clear()

    def sum(self, slot: int, key: str, cell: int) -> int:
        """One cell of the row over all workers that have claimed it for this key."""
        owner, first = owner_id(key), slot * ROW
        return sum(column[first + cell] for column in self._columns if column[first] == owner)

    def row(self, key: str) -> Sequence[int]:
        """All cells of the key's row, each over all workers; zeros where nothing was counted."""
        owner = owner_id(key)
        slot = self._slots.get(owner)
        if slot is None:
            return NO_ROW
        first = slot * ROW
        rows = [column[first : first + ROW].tolist() for column in self._columns if column[first] == owner]
        return (
            [0, *(sum(cells) for cells in zip(*(row[1:] for row in rows), strict=True))] if rows else NO_ROW
        )

    def _recover(self) -> None:
        for slot in range(RESERVED, len(self._owners)):
            owner = self._owners[slot]
            # Rows are given out from the first on and keep an owner for ever: the first gap is the end.
            if not owner:
                break
            self._slots[owner] = slot
            self._fresh = slot + 1
        self._unclaimed = set(self._slots)

    def _rest(self, owner: int) -> None:
        if owner in self._slots and owner not in self._resting:
            self._resting[owner] = self._now() + QUARANTINE

    def _take(self) -> int:
        slot = self._rested()
        if not slot and self._fresh < len(self._owners):
            slot, self._fresh = self._fresh, self._fresh + 1
        return slot

    def _rested(self) -> int:
        """The row that has rested longest, if long enough and with no request in flight; else 0."""
        if not self._resting:
            return 0
        owner, until = next(iter(self._resting.items()))
        if until > self._now():
            return 0
        if self._busy(owner):
            # A tunnel may stay for hours: its row waits another turn, and does not hold up the others.
            self._resting[owner] = self._now() + QUARANTINE
            self._resting.move_to_end(owner)
            return 0
        del self._resting[owner]
        return self._slots.pop(owner)

    def _busy(self, owner: int) -> bool:
        cell = self._slots[owner] * ROW
        return bool(owner & 1) and any(
            column[cell] == owner and column[cell + ServerCell.IN_FLIGHT] for column in self._columns
        )
