"""How long changes take until all workers have them in force."""

from collections import deque

from ingress.model.times import Times


class ApplyClock:
    """Measures each version from the change that led to it until the last worker has applied it."""

    def __init__(self) -> None:
        self._running: deque[tuple[int, float]] = deque()
        self._times = Times()

    def start(self, version: int, changed: float) -> None:
        """The version goes out now; what led to it happened at `changed`."""
        self._running.append((version, changed))

    def stop(self, version: int, now: float) -> None:
        """All workers serve this version, and with it the ones before."""
        while self._running and self._running[0][0] <= version:
            _, changed = self._running.popleft()
            self._times = self._times.after(now - changed)

    def give_up(self) -> None:
        """No worker is there to apply anything: what runs would say nothing about workers."""
        self._running.clear()

    def times(self) -> Times:
        """All measurements so far."""
        return self._times
