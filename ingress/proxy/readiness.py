"""Waiting for sockets that belong to transports, which the event loop watches for nobody else."""

import asyncio
import select
from collections.abc import Callable
from contextlib import suppress
from typing import Final

IN: Final = select.EPOLLIN
OUT: Final = select.EPOLLOUT


class Readiness:
    """An epoll instance of its own, which the loop watches as one more descriptor.

    The kernel keeps it apart from the loop's, so both may watch the same socket. To add and remove readers
    at the loop itself costs several times as much, and libuv loses some that come and go fast.
    """

    __slots__ = ("_calls", "_epoll", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll: select.epoll | None = None
        self._calls: dict[int, Callable[[], None]] = {}

    def watch(self, descriptor: int, events: int, call: Callable[[], None]) -> None:
        """Call whenever the descriptor is ready, or broken, until it is forgotten. OSError: it cannot be."""
        if self._epoll is None:
            self._epoll = select.epoll()
            self._loop.add_reader(self._epoll.fileno(), self._ready)
        self._epoll.register(descriptor, events)
        self._calls[descriptor] = call

    def forget(self, descriptor: int) -> None:
        """Watch it no longer; to be said before it is closed."""
        if self._calls.pop(descriptor, None) is not None and self._epoll is not None:
            with suppress(OSError):
                self._epoll.unregister(descriptor)

    def _ready(self) -> None:
        if self._epoll is None:
            return
        for descriptor, _ in self._epoll.poll(0):
            # One that is called may have others forgotten.
            call = self._calls.get(descriptor)
            if call is not None:
                call()

    def close(self) -> None:
        """Watch nothing any more."""
        if self._epoll is not None:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._epoll = None
            self._calls.clear()
