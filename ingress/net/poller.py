"""Waiting for all sockets of a worker at once."""

import asyncio
import logging
import os
import select
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from ingress.net.deadlines import Deadlines
from ingress.net.events import IN
from ingress.net.outbox import Outbox

EVENTS: Final = 128
"""Events that are taken at once."""
TURNS: Final = 2
"""Times that events are looked for before the loop gets its turn."""

log = logging.getLogger("headgate.worker")


class Watcher(Protocol):
    """Who is told that a socket is ready."""

    def ready(self, events: int) -> None:
        """These events have come; or had come for another socket that had this descriptor before."""


class Poller:
    """An epoll instance, which the loop watches as one descriptor among others.

    In a turn the events are dealt with that there are; at its end, all at once, what they give to be sent is
    sent, and what they have ended is closed. To leave the sockets to the loop costs a callback with a context
    for each event, and several calls to the kernel for each connection.
    """

    __slots__ = (
        "_again",
        "_closing",
        "_due",
        "_epoll",
        "_later",
        "_loop",
        "_watchers",
        "deadlines",
        "outbox",
        "turning",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, now: Callable[[], float]) -> None:
        self._loop = loop
        self._epoll: select.epoll | None = None
        self._watchers: dict[int, Watcher] = {}
        self._again: list[Watcher] = []
        self._later: list[Callable[[], None]] = []
        self._closing: list[int] = []
        self.turning = False
        """A turn is under way, at whose end everything is settled."""
        self._due = False
        """The loop will have it settled."""
        self.outbox = Outbox(self.settle_soon)
        self.deadlines = Deadlines(loop, now)
        """Of connections that are being opened."""

    def watch(self, descriptor: int, events: int, watcher: Watcher) -> None:
        """Tell the watcher of these events. OSError: there is no room for another socket."""
        if self._epoll is None:
            self._epoll = select.epoll()
            self._loop.add_reader(self._epoll.fileno(), self.turn)
        self._epoll.register(descriptor, events)
        self._watchers[descriptor] = watcher

    def change(self, descriptor: int, events: int) -> None:
        """Tell of these events from now on."""
        if self._epoll is not None:
            self._epoll.modify(descriptor, events)

    def forget(self, descriptor: int) -> None:
        """Tell no more of it."""
        if self._watchers.pop(descriptor, None) is not None and self._epoll is not None:
            with suppress(OSError):
                self._epoll.unregister(descriptor)

    def close_later(self, descriptor: int) -> None:
        """Close it at the end of the turn: until then events may be told that had come for it, which must
        not be taken for those of a new one."""
        self._watchers.pop(descriptor, None)
        self._closing.append(descriptor)
        self.settle_soon()

    def again(self, watcher: Watcher) -> None:
        """Tell the watcher once more, soon, that it has something to read."""
        self._again.append(watcher)
        if not self.turning and len(self._again) == 1:
            self._loop.call_soon(self.turn)

    def later(self, call: Callable[[], None]) -> None:
        """Call at the end of the turn."""
        self._later.append(call)
        self.settle_soon()

    def settle_soon(self) -> None:
        """Have everything settled at the end of the turn."""
        if not self.turning and not self._due:
            self._due = True
            self._loop.call_soon(self.settle)

    def turn(self) -> None:
        """Deal with what there is."""
        if self._epoll is None or self.turning:
            return
        poll = self._epoll.poll
        self.turning = True
        try:
            for _ in range(TURNS):
                events = poll(0, EVENTS)
                if not events and not self._again:
                    break
                self._deal(events)
                self.settle()
        finally:
            self.turning = False
        if self._again:
            self._loop.call_soon(self.turn)

    def _deal(self, events: list[tuple[int, int]]) -> None:
        watchers = self._watchers
        again, self._again = self._again, []
        for descriptor, event in events:
            watcher = watchers.get(descriptor)
            if watcher is not None:
                watcher.ready(event)
        for watcher in again:
            watcher.ready(IN)

    def settle(self) -> None:
        """Send what is to be sent, tell who has lost a connection, and close what is closed."""
        self._due = False
        self.outbox.flush()
        while self._later or self._closing:
            later, self._later = self._later, []
            for call in later:
                try:
                    call()
                except Exception as error:
                    # It keeps no end from the others, and no descriptor open.
                    self.report(error, call)
            self.outbox.flush()
            closing, self._closing = self._closing, []
            for descriptor in closing:
                os.close(descriptor)

    def report(self, error: Exception, what: object) -> None:
        """Log an exception that nobody has handled."""
        log.error("a fault in %r", what, exc_info=error)

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call after some time."""
        self._loop.call_later(seconds, call)

    def close(self) -> None:
        """Watch nothing any more."""
        if self._epoll is not None:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._epoll = None
            self._watchers.clear()
