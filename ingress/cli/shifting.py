"""The shifts of this process, alone or kept alike with those of other replicas."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from discovery.shift.council import Part
from discovery.shift.record import Record
from discovery.shift.record_store import AwayError, RecordStore
from discovery.shift.sharing import Sharing
from discovery.shift.shift import Shift, ShiftState
from discovery.shift.shifts import Count, Shifts, Table
from discovery.trouble_log import TroubleLog
from ingress.admin.view import Objection, ShiftFacts
from ingress.cli.shift_record import replica_name

_OVER: Final = {
    ShiftState.DONE: "it is done",
    ShiftState.ROLLED_BACK: "it was rolled back, and begins anew when its text changes",
}


class Shifting:
    """All shifts, and what other replicas say of them."""

    def __init__(self, table: Table, record: RecordStore | None, is_complete: Callable[[], bool]) -> None:
        """`is_complete` says whether all sources have said everything."""
        self._shifts = Shifts(table)
        self._sharing: Sharing | None = None
        if record is not None:
            facts = replica_name(), is_complete, TroubleLog("shifts"), time.monotonic
            self._sharing = Sharing(record, self._shifts, *facts)

    @property
    def part(self) -> Part:
        """What this process does for the shifts."""
        return Part.LEADS if self._sharing is None else self._sharing.part

    def restore(self, records: Mapping[str, Record], table: Callable[[], None]) -> None:
        """Go on where an earlier process was; `table` puts the routes of that time in force."""
        self._shifts.restore(records)
        table()
        self._shifts.begin()

    def records(self) -> dict[str, Record]:
        """What a later process has to know."""
        return self._shifts.records()

    def step(self, now: float, count: Count) -> None:
        """Some time has passed."""
        self._shifts.step(now, count, leads=self.part is Part.LEADS)
        if self._sharing is not None:
            self._sharing.look()

    async def share(self) -> None:
        """Keep the shifts alike in all replicas, until cancelled."""
        if self._sharing is None:
            await asyncio.Event().wait()
        else:
            await self._sharing.run()

    async def pause(self, backend: str, *, paused: bool) -> Objection | None:
        """Stop a shift for a while in all replicas, or go on with it."""
        shift = self._shifts.all().get(backend)
        if shift is None:
            return Objection(404, "there is no shift of this backend")
        if over := _OVER.get(shift.state):
            return Objection(409, over)
        if not paused and shift.ramp.paused:
            return Objection(409, "its text says paused; remove that there")
        if self._sharing is None:
            shift.pause(paused=paused)
            return None
        try:
            await self._sharing.pause(backend, paused=paused)
        except AwayError as away:
            return Objection(503, f"the record of the replicas is out of reach, so nothing goes on: {away}")
        return None

    def facts(self) -> Sequence[ShiftFacts]:
        """How far they are."""
        return [_facts(name, shift, self.part) for name, shift in self._shifts.all().items()]


def _facts(backend: str, shift: Shift, part: Part) -> ShiftFacts:
    record = shift.record
    # Without the record nobody goes on.
    waits = part is Part.CUT_OFF and shift.state is ShiftState.RUNNING
    return ShiftFacts(
        backend,
        (ShiftState.WAITING if waits else shift.state).value,
        shift.share,
        shift.ramp.to,
        record.progress,
        shift.part_of_failures,
        record.rolled_back,
        part.value,
    )
