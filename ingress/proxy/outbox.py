"""What goes out in a turn of the loop: collected, and written all at once at the turn's end."""

import asyncio
from collections.abc import Callable
from typing import Final

Write = Callable[[bytes], None]

BULK: Final = 16 * 1024
"""Bytes that are written at once: whoever gives them has to hear at once that there is no more room."""


class Outbox:
    """Writes of all connections of a worker, in the order in which they were asked for.

    A write to a peer that waits wakes the processor it sleeps on, which costs more than the write.
    One after another they find that processor awake, and the kernel's code for sending in the cache.
    """

    __slots__ = ("_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[Write, bytes]] = []

    def put(self, write: Write, data: bytes) -> None:
        """Call `write(data)` when the events that the loop has at hand are dealt with."""
        if len(data) > BULK:
            self.flush()
            write(data)
            return
        waiting = self._waiting
        if not waiting:
            self._loop.call_soon(self.flush)
        waiting.append((write, data))

    def flush(self) -> None:
        """Write what waits. To be called before a connection is ended, so that the end comes last."""
        waiting, self._waiting = self._waiting, []
        for write, data in waiting:
            try:
                write(data)
            except RuntimeError:
                # uvloop's word for a connection that has ended since; it is told so itself.
                continue
