"""Sharing: the shifts of all replicas kept alike, by a book that each of them reads every other second."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec
from msgspec.structs import replace

from discovery.shift.council import Council, Part
from discovery.shift.record import Book
from discovery.shift.record_store import AwayError, Kept, RecordStore
from discovery.shift.shifts import Shifts
from discovery.trouble_log import TroubleLog

PAUSE: Final = 2.0
"""Seconds between two looks into the book."""
_ATTEMPTS: Final = 5
"""Where somebody else writes at the same time, the book is read again at once, so many times."""
_ASKED: Final = "the record of shifts"
_UNREADABLE: Final = "what is kept there is not a record of shifts; delete it"


class Sharing:
    """One replica at the book."""

    def __init__(
        self,
        store: RecordStore,
        shifts: Shifts,
        me: str,
        is_complete: Callable[[], bool],
        troubles: TroubleLog,
        now: Callable[[], float],
    ) -> None:
        """`is_complete` says whether all shifts that there are, are known here; `now` is in seconds and never
        goes back."""
        self._store = store
        self._shifts = shifts
        self._council = Council(me, shifts)
        self._is_complete = is_complete
        self._troubles = troubles
        self._now = now
        self._wanted = asyncio.Event()
        self._known: frozenset[str] = frozenset()

    @property
    def part(self) -> Part:
        """What this replica does for the shifts."""
        return self._council.part

    def look(self) -> None:
        """Read the book soon, if something is new here that others have to know, or that they decide."""
        names = frozenset(self._shifts.all())
        if names != self._known or self._shifts.unsaid():
            self._wanted.set()

    async def run(self) -> None:
        """Keep the shifts alike until cancelled; nobody is asked while there are none."""
        while True:
            if self._known or self._shifts.all():
                await self.meet()
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE):
                    await self._wanted.wait()
            self._wanted.clear()

    async def pause(self, name: str, *, paused: bool) -> None:
        """Have all replicas stop a shift for a while, or go on with it. Raises AwayError."""

        def change(book: Book) -> Book:
            record = book.shifts.get(name, self._shifts.all()[name].record)
            return replace(book, shifts={**book.shifts, name: replace(record, paused=paused)})

        await self._turn(change)

    async def meet(self) -> None:
        """Take what the book says, and say in it what the others have to know."""
        self._known = frozenset(self._shifts.all())
        try:
            await self._turn()
        except AwayError as away:
            self._council.missed(self._now())
            self._troubles.tell(_ASKED, str(away), self._now())

    async def _turn(self, change: Callable[[Book], Book] = lambda book: book) -> None:
        """Read the book, and write into it what has to be there."""
        for _ in range(_ATTEMPTS):
            kept = await self._store.read()
            book = _read(kept)
            complete = self._is_complete()
            wanted = change(self._council.read(book, self._now(), complete=complete) or book)
            if wanted == book:
                return
            if await self._store.write(msgspec.json.encode(wanted), kept.version):
                self._council.wrote(wanted, self._now())
                self._shifts.follow(wanted.shifts, leads=self.part is Part.LEADS, complete=complete)
                return
        raise AwayError("others write all the time")


def _read(kept: Kept) -> Book:
    if not kept.text.strip():
        return Book()
    try:
        return msgspec.json.decode(kept.text, type=Book)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise AwayError(_UNREADABLE) from None
