"""The shared page: counters of all workers in one piece of memory, each worker in its own column.

Workers add to their own cells, the controller adds the columns up: statistics and in-flight counts are
right over all of them without a message, and survive whichever process dies. The memory is a memfd that
the supervisor makes; it is sparse, so only rows in use cost anything.
"""

import mmap
import os
from collections.abc import Callable, Iterator
from typing import Final

from ingress.model.reason import Reason
from ingress.observe.cells import (
    BOUNDS,
    DURATION,
    GAUGES,
    REASON_CELL,
    RESERVED,
    ROW,
    RouteCell,
    ServerCell,
    WorkerCell,
    owner_id,
    route_key,
    server_key,
)
from ingress.observe.column import Column
from ingress.observe.directory import Directory
from ingress.observe.tally import ENTRY, TABLE, Tallies

__all__ = [
    "BOUNDS",
    "DURATION",
    "RESERVED",
    "ROW",
    "Column",
    "Directory",
    "Page",
    "RouteCell",
    "ServerCell",
    "WorkerCell",
    "owner_id",
    "route_key",
    "server_key",
]

MAGIC: Final = 0x4865616467617465  # "Headgate"
LAYOUT: Final = 2
SECRET: Final = slice(8, 10)
"""The cells of the header that keys of tallies are made with."""
HEADER: Final = 512
"""Cells before the directory: one page of memory, so that the directory and columns start on one too."""


class Page:
    """Counters of `workers` workers with `slots` rows each."""

    def __init__(self, fd: int, workers: int, slots: int) -> None:
        self.fd = fd
        self.workers = workers
        self.slots = slots
        size = _size(workers, slots)
        self._cells = memoryview(mmap.mmap(fd, size)).cast("q")
        self._columns = tuple(self._view(worker) for worker in range(workers))

    @classmethod
    def create(cls, workers: int, slots: int = 1 << 18) -> "Page":
        """A fresh page, all zero; its descriptor `fd` is to be inherited by the other processes."""
        if workers < 1 or slots <= RESERVED or slots % 512:
            raise ValueError(f"a page of {workers} workers and {slots} slots")
        fd = os.memfd_create("headgate-page", os.MFD_CLOEXEC)
        os.ftruncate(fd, _size(workers, slots))
        page = cls(fd, workers, slots)
        for place, value in enumerate((MAGIC, LAYOUT, workers, slots)):
            page._cells[place] = value
        page._cells[SECRET] = memoryview(os.urandom(16)).cast("q")
        return page

    @classmethod
    def attach(cls, fd: int) -> "Page":
        """The page another process made, by its inherited descriptor."""
        header = memoryview(os.pread(fd, 32, 0)).cast("q")
        if len(header) != 4 or header[0] != MAGIC or header[1] != LAYOUT:
            raise ValueError("the descriptor is not a page of counters of this version")
        return cls(fd, header[2], header[3])

    def column(self, worker: int) -> Column:
        """The counters of one worker, for that worker to write. Whoever only reads asks the page."""
        return Column(self._columns[worker])

    def begin(self, worker: int) -> Column:
        """The counters of a worker that has just started: nothing that its predecessor had open still is."""
        column = self._columns[worker]
        for gauge in GAUGES:
            column[gauge] = 0
        for first in self._touched(self._first(worker), self.slots * ROW, ROW, RESERVED * ROW):
            if column[first + ServerCell.OWNER] & 1:
                column[first + ServerCell.IN_FLIGHT] = 0
        table = self._table(worker)
        for at in self._touched(self._first_of_table(worker), TABLE, ENTRY):
            if table[at] & 1:
                table[at + 1] = 0
        return Column(column)

    def tallies(self, worker: int) -> Tallies:
        """What is counted by keys of clients, for one worker to count."""
        tables = [self._table(each) for each in range(self.workers)]
        return Tallies(tables, worker, bytes(self._cells[SECRET]))

    def directory(self, now: Callable[[], float]) -> Directory:
        """Which row belongs to whom, for the one controller; what a dead one gave away stays given."""
        owners = self._cells[HEADER : HEADER + self.slots]
        return Directory(owners, self._columns, now)

    def worker_cell(self, worker: int, cell: WorkerCell) -> int:
        """One counter of one worker."""
        return int(self._columns[worker][cell])

    def total(self, cell: WorkerCell) -> int:
        """One counter over all workers."""
        return sum(column[cell] for column in self._columns)

    def answers(self, reason: Reason) -> int:
        """How often Headgate itself answered for this reason, over all workers."""
        cell = REASON_CELL[reason]
        return sum(column[cell] for column in self._columns)

    def durations(self) -> list[int]:
        """Requests in each bucket of duration, over all workers: one for each of `BOUNDS`, and the rest."""
        buckets = range(DURATION, DURATION + len(BOUNDS) + 1)
        return [sum(column[bucket] for column in self._columns) for bucket in buckets]

    def _touched(self, first: int, cells: int, step: int, skipped: int = 0) -> Iterator[int]:
        """Of so many cells in steps, those that have memory: to look at the others would give them some."""
        place, end = (first + skipped) * 8, (first + cells) * 8
        while (place := self._seek(place, os.SEEK_DATA, end)) < end:
            hole = self._seek(place, os.SEEK_HOLE, end)
            yield from range(place // 8 - first, hole // 8 - first, step)
            place = hole

    def _seek(self, place: int, what: int, end: int) -> int:
        try:
            return min(os.lseek(self.fd, place, what), end)
        except OSError:  # ENXIO: no data from here on
            return end

    def _first(self, worker: int) -> int:
        """The first cell of the column of a worker."""
        return HEADER + self.slots + worker * self.slots * ROW

    def _first_of_table(self, worker: int) -> int:
        return self._first(self.workers) + worker * TABLE

    def _view(self, worker: int) -> memoryview:
        first = self._first(worker)
        return self._cells[first : first + self.slots * ROW]

    def _table(self, worker: int) -> memoryview:
        first = self._first_of_table(worker)
        return self._cells[first : first + TABLE]


def _size(workers: int, slots: int) -> int:
    """Bytes."""
    return (HEADER + slots + workers * (slots * ROW + TABLE)) * 8
