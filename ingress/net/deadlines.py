"""Time limits that are seldom reached: one timer for all of them."""

import asyncio
from collections.abc import Callable
from typing import Protocol


class Waiting(Protocol):
    """Who has a time limit."""

    def expired(self) -> None:
        """It is over."""


class Deadlines:
    """Time limits of what is mostly over long before.

    The timer is set for the first of them, and not touched when that is taken back: a timer of its own for
    each connection that is opened costs as much as opening it.
    """

    __slots__ = ("_at", "_loop", "_now", "_timer", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop, now: Callable[[], float]) -> None:
        self._loop = loop
        self._now = now
        self._waiting: dict[Waiting, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._at = 0.0

    def add(self, waiting: Waiting, seconds: float) -> None:
        """Give it so long from now on."""
        at = self._now() + seconds
        self._waiting[waiting] = at
        if self._timer is None or at < self._at:
            self._set(at)

    def discard(self, waiting: Waiting) -> None:
        """It has no time limit any more."""
        self._waiting.pop(waiting, None)

    def _set(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._at = at
        self._timer = self._loop.call_later(max(0.0, at - self._now()), self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = self._now()
        for waiting in [waiting for waiting, at in self._waiting.items() if at <= now]:
            # Another that has expired may have taken it back.
            if self._waiting.pop(waiting, None) is not None:
                waiting.expired()
        if self._waiting and self._timer is None:
            self._set(min(self._waiting.values()))
