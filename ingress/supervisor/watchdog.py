"""The watchdog: which workers have hung, though they have not died."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

STEP: Final = 3.0
"""Seconds between two looks, if patience does not ask for more of them."""
START: Final = 60.0
"""Seconds for which a process that has never moved may still be starting."""


class Life(Struct, frozen=True):
    """What was seen of a process."""

    beat: int
    still: float = 0.0
    """Seconds for which it has not moved."""
    moved: bool = False


class Watchdog:
    """Compares heartbeats with what they were, and counts the time of its own looks only: a machine that
    was asleep, or a supervisor that was stopped, must not find everybody else guilty."""

    def __init__(self, patience: float) -> None:
        """`patience` in seconds; 0: for ever."""
        self.due = 0.0 if patience else float("inf")
        self._patience = patience
        self._step = min(STEP, patience / 5)
        self._looked = 0.0
        self._lives: dict[int, Life] = {}

    def look(self, now: float, beats: Mapping[int, int]) -> list[int]:
        """Take the heartbeat of each process, by its pid; those that have hung."""
        passed = min(now - self._looked, 2 * self._step)
        self._looked, self.due = now, now + self._step
        self._lives = {pid: self._aged(pid, beat, passed) for pid, beat in beats.items()}
        return [pid for pid, life in self._lives.items() if self._has_hung(life)]

    def _aged(self, pid: int, beat: int, passed: float) -> Life:
        before = self._lives.get(pid)
        # What is there at first may be its predecessor's.
        if before is None:
            return Life(beat)
        if before.beat != beat:
            return Life(beat, moved=True)
        return Life(beat, before.still + passed, before.moved)

    def _has_hung(self, life: Life) -> bool:
        return life.still > (self._patience if life.moved else max(START, self._patience))
