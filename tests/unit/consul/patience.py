"""An event loop whose clock goes only while there is nothing to do: on a busy machine nothing is late."""

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any

Events = list[tuple[selectors.SelectorKey, int]]


class _Selector(selectors.DefaultSelector):
    """Knows for how long it has waited, as far as it was asked to."""

    waited = 0.0

    def select(self, timeout: float | None = None) -> Events:
        began = time.monotonic()
        events = super().select(timeout)
        if timeout is None or timeout > 0.0:
            spent = time.monotonic() - began
            # Without an event all of the time has passed, however late this process was told so.
            limit = spent if timeout is None else timeout
            self.waited += min(spent, limit) if events else limit
        return events


class PatientLoop(asyncio.SelectorEventLoop):
    """Time is what it spends waiting."""

    def __init__(self) -> None:
        self._patience = _Selector()
        super().__init__(self._patience)

    def time(self) -> float:
        """Seconds that were spent waiting so far."""
        return self._patience.waited

    def work(self, seconds: float) -> None:
        """Let time pass as if somebody had worked for so long."""
        self._patience.waited += seconds


def run(story: Coroutine[Any, Any, None]) -> None:
    """Run to the end, in that time; fails if there is none in sight."""
    with asyncio.Runner(loop_factory=PatientLoop) as runner:
        runner.run(asyncio.wait_for(story, 30.0))
