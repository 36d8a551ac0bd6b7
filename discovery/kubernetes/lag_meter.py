"""How long after its cause a change of endpoints was told."""

from collections.abc import Callable
from datetime import datetime

from ingress.model.times import Times


class LagMeter:
    """Measures from the times that the endpoints controller writes on its slices."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` gives seconds since the epoch, and by the same clock as the cluster's, one hopes."""
        self.lag = Times()
        self._now = now
        # What happened before says nothing of how fast we are.
        self._began = now()
        self._waiting: list[float] = []

    def heard(self, cause: str) -> None:
        """A slice has changed because of something that happened at this time (RFC 3339)."""
        try:
            happened = datetime.fromisoformat(cause).timestamp()
        except ValueError:
            return
        if happened > self._began:
            self._waiting.append(happened)

    def told(self) -> None:
        """All that was heard has been told."""
        if not self._waiting:
            return
        now = self._now()
        for happened in self._waiting:
            self.lag = self.lag.after(max(0.0, now - happened))
        self._waiting.clear()
