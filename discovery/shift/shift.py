"""A shift under way: how far it is, and when it is called off. Time and counts are handed in."""

from collections import deque
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec.structs import replace

from discovery.shift.ramp import Ramp
from discovery.shift.record import Record

LONGEST_STEP: Final = 5.0
"""Seconds that one step may count for: what nobody has watched has not passed."""
WINDOW: Final = 30.0
"""Seconds of which failures are counted."""
FEWEST: Final = 20
"""Requests of which a part is worth anything."""
MANY: Final = 5
"""Failures that count even among fewer: servers that fail soon get no more requests."""


class ShiftState(StrEnum):
    """What a shift is doing."""

    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    """Nobody is there to whom the requests could go over."""
    ROLLED_BACK = "rolled-back"
    DONE = "done"


class Counts(NamedTuple):
    """Of the servers to which the requests go over, since ever."""

    requests: int = 0
    failures: int = 0


class Shift:
    """One ramp, step by step. It goes on where it was when only its pace, limit or pause changes; another
    ramp begins anew, and so does one that was rolled back when its text changes."""

    def __init__(self, ramp: Ramp, record: Record | None = None) -> None:
        self.ramp = ramp
        self.record = record if record is not None and record.fits(ramp) else Record(ramp.start, ramp.end)
        self.is_news = False
        """It was called off here, and nobody else has been told."""
        self.state = ShiftState.PAUSED
        self._last: float | None = None
        self._seen: deque[tuple[float, Counts]] = deque()

    def change(self, ramp: Ramp) -> "Shift":
        """The shift by another text."""
        again = Record(ramp.start, ramp.end) if self.record.rolled_back else self.record
        return Shift(ramp, again)

    def follow(self, record: Record, *, leads: bool) -> None:
        """Take what all replicas keep. How far it is, who leads knows best; nobody takes back that it was
        called off."""
        if not record.fits(self.ramp):
            return
        if self.record.rolled_back or (leads and not record.rolled_back):
            record = replace(self.record, paused=record.paused)
        self.record = record

    def pause(self, *, paused: bool) -> None:
        """Stop for a while, or go on."""
        self.record = replace(self.record, paused=paused)

    @property
    def share(self) -> int:
        """Of a hundred requests, those of Kubernetes now."""
        return self.ramp.share(self.record.progress)

    @property
    def part_of_failures(self) -> float:
        """Of the requests in the window, those that failed (0 to 1); 0 while there are too few."""
        if len(self._seen) < 2:
            return 0.0
        requests = self._seen[-1][1].requests - self._seen[0][1].requests
        failures = self._seen[-1][1].failures - self._seen[0][1].failures
        return failures / requests if requests >= FEWEST or failures >= MANY else 0.0

    def step(self, now: float, counts: Counts, *, has_servers: bool, leads: bool = True) -> None:
        """Some time has passed. `now` is in seconds and never goes back. Who does not lead only watches."""
        passed = min(now - self._last, LONGEST_STEP) if self._last is not None else 0.0
        self._last = now
        self._watch(now, counts)
        self.state = self._judge(has_servers=has_servers)
        if self.state is ShiftState.RUNNING and leads:
            self._go_on(passed)

    def _judge(self, *, has_servers: bool) -> ShiftState:
        if self.record.rolled_back:
            return ShiftState.ROLLED_BACK
        if self.record.progress >= 1.0:
            return ShiftState.DONE
        limit = self.ramp.limit
        if limit is not None and (part := self.part_of_failures) > limit:
            reason = f"{part:.1%} of the requests to {self.ramp.to} failed, at {self.share} % for kubernetes"
            self.record = Record(self.ramp.start, self.ramp.end, 0.0, reason, self.ramp, self.record.paused)
            self.is_news = True
            return ShiftState.ROLLED_BACK
        if self.ramp.paused or self.record.paused:
            return ShiftState.PAUSED
        return ShiftState.RUNNING if has_servers else ShiftState.WAITING

    def _go_on(self, passed: float) -> None:
        progress = min(self.record.progress + passed / self.ramp.seconds, 1.0)
        self.record = replace(self.record, progress=progress)
        if progress >= 1.0:
            self.state = ShiftState.DONE

    def _watch(self, now: float, counts: Counts) -> None:
        seen = self._seen
        if seen and (counts.requests < seen[-1][1].requests or counts.failures < seen[-1][1].failures):
            # Servers have gone, and their counts with them.
            seen.clear()
        seen.append((now, counts))
        while seen[0][0] < now - WINDOW:
            seen.popleft()
