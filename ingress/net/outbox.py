"""What goes out in a turn of the loop: collected, and written all at once at the turn's end."""

import logging
from collections.abc import Callable
from typing import Final

log = logging.getLogger("headgate.worker")

Write = Callable[[bytes], None]

BULK: Final = 16 * 1024
"""Bytes that are written at once: whoever gives them has to hear at once that there is no more room."""


class Outbox:
    """Writes of all connections of a worker, in the order in which they were asked for.

    A write to a peer that waits wakes the processor it sleeps on, which costs more than the write.
    One after another they find that processor awake, and the kernel's code for sending in the cache.
    """

    __slots__ = ("_flush_soon", "_waiting")

    def __init__(self, flush_soon: Callable[[], None]) -> None:
        """`flush_soon` sees to it that the turn ends with `flush`."""
        self._flush_soon = flush_soon
        self._waiting: list[tuple[Write, bytes]] = []

    def put(self, write: Write, data: bytes) -> None:
        """Call `write(data)` when the events that are at hand are dealt with."""
        if len(data) > BULK:
            self.flush()
            write(data)
            return
        waiting = self._waiting
        if not waiting:
            self._flush_soon()
        waiting.append((write, data))

    def end(self, write: Write, finish: Write) -> None:
        """Call `finish` with what is to be written last, in the place of `write`; or with nothing where that
        has been written already."""
        waiting = self._waiting
        last = waiting.pop()[1] if waiting and waiting[-1][0] is write else b""
        self.put(finish, last)

    def flush(self) -> None:
        """Write what waits. To be called before a connection is ended, so that the end comes last."""
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            for write, data in waiting:
                try:
                    write(data)
                except Exception:
                    # What goes wrong with one connection keeps nothing from the others.
                    log.exception("a fault where bytes were to be sent")
