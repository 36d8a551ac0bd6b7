"""How long changes take until all workers have them in force."""

from collections import deque

from ingress.admin.view import ApplyTimes


class ApplyClock:
    """Measures each version from the change that led to it until the last worker has applied it."""

    def __init__(self) -> None:
        self._running: deque[tuple[int, float]] = deque()
        self._times = ApplyTimes()

    def start(self, version: int, changed: float) -> None:
        """The version goes out now; what led to it happened at `changed`."""
        self._running.append((version, changed))

    def stop(self, version: int, now: float) -> None:
        """All workers serve this version, and with it the ones before."""
        while self._running and self._running[0][0] <= version:
            _, changed = self._running.popleft()
            self._add(now - changed)

    def _add(self, took: float) -> None:
        times = self._times
        self._times = ApplyTimes(times.count + 1, times.sum + took, took, max(times.max, took))

    def give_up(self) -> None:
        """No worker is there to apply anything: what runs would say nothing about workers."""
        self._running.clear()

    def times(self) -> ApplyTimes:
        """All measurements so far."""
        return self._times
