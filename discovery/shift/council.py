"""The council of the replicas: who goes on with the shifts, and what one replica makes of the common book.

Whoever the book names leads, for as long as it is seen to write; then any other takes its place. A replica
that sees failures of its own calls a shift off whether it leads or not. Time is handed in.
"""

from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from discovery.shift.record import Book, Record
from discovery.shift.shifts import Shifts

TERM: Final = 15.0
"""Seconds without a sign of the leader after which it is taken for gone."""
RENEWAL: Final = 4.0
"""Seconds after which a leader gives a sign though nothing has changed."""
OUT_OF_TOUCH: Final = 8.0
"""Seconds without the book after which a leader goes on no more: somebody else may soon lead."""


class Part(StrEnum):
    """What a replica does for the shifts."""

    LEADS = "leads"
    FOLLOWS = "follows"
    CUT_OFF = "cut-off"
    """It cannot read the book: what was decided last stays in force."""


class Council:
    """The seat of one replica."""

    def __init__(self, me: str, shifts: Shifts) -> None:
        """`me` is a name that no other process has."""
        self.part = Part.CUT_OFF
        self._me = me
        self._shifts = shifts
        self._sign: tuple[str, int] = ("", -1)
        self._seen_at = 0.0
        self._wrote_at = 0.0
        self._touched_at = 0.0

    def read(self, book: Book, now: float, *, complete: bool) -> Book | None:
        """Take what the book says; what should stand there in its place, or None: it may stay as it is.
        `complete`: a shift that is not known here is not there any more."""
        self._touched_at = now
        if (book.leader, book.turn) != self._sign:
            self._sign, self._seen_at = (book.leader, book.turn), now
        led = book.leader == self._me
        vacant = not book.leader or now - self._seen_at >= TERM
        self._shifts.follow(book.shifts, leads=led and self.part is Part.LEADS, complete=complete)
        self.part = Part.LEADS if led else Part.FOLLOWS
        shifts = self._wanted(book, leads=led or vacant, complete=complete)
        if led or vacant:
            due = vacant or shifts != book.shifts or now - self._wrote_at >= RENEWAL
            return Book(self._me, book.turn + 1, shifts) if due else None
        return None if shifts == book.shifts else replace(book, shifts=shifts)

    def wrote(self, book: Book, now: float) -> None:
        """The book says this now."""
        self._sign, self._seen_at = (book.leader, book.turn), now
        self._wrote_at = self._touched_at = now
        self.part = Part.LEADS if book.leader == self._me else Part.FOLLOWS
        self._shifts.told()

    def missed(self, now: float) -> None:
        """The book could not be read or written."""
        if now - self._touched_at >= OUT_OF_TOUCH:
            self.part = Part.CUT_OFF

    def _wanted(self, book: Book, *, leads: bool, complete: bool) -> dict[str, Record]:
        mine = {name: shift.record for name, shift in self._shifts.all().items()}
        if leads:
            others = {} if complete else book.shifts
            return {**others, **mine}
        unsaid = self._shifts.unsaid()
        return {**book.shifts, **{name: record for name, record in mine.items() if name in unsaid}}
