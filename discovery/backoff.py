"""Waiting longer after each failure, with dice so that a thousand clients do not come back as one."""

from collections.abc import Callable


class Backoff:
    """How long to wait after the failures of one thing."""

    def __init__(self, waits: tuple[float, float], healthy: float, dice: Callable[[], float]) -> None:
        """`waits` are the first and the longest; after `healthy` seconds without a failure the wait
        starts small again. `dice` gives numbers from 0 to 1."""
        self._first, self._longest = waits
        self._healthy = healthy
        self._dice = dice
        self._next = self._first
        self._last = float("-inf")

    def failed(self, now: float) -> float:
        """Count a failure and return how long to wait before the next attempt."""
        if now - self._last > self._healthy:
            self._next = self._first
        self._last = now
        wait = self._next * (1.0 + self._dice())
        # Half of the longest wait, as the dice may double it.
        self._next = min(self._next * 2.0, self._longest / 2.0)
        return wait
