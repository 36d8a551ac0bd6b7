"""A socket that connections come to."""

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from errno import EMFILE, ENFILE, ENOBUFS, ENOMEM
from typing import Any, Final

from ingress.net.calls import accept
from ingress.net.events import IN
from ingress.net.poller import Poller
from ingress.net.stream import Stream

AT_ONCE: Final = 64
"""Connections that are accepted before others get their turn."""
EXHAUSTED: Final = frozenset((EMFILE, ENFILE, ENOBUFS, ENOMEM))
PAUSE: Final = 0.1
"""Seconds without accepting when there is no room for another connection."""

log = logging.getLogger("headgate.worker")


class Listener:
    """Accepts connections, and gives each a user."""

    __slots__ = ("_listening", "_make", "_poller", "port")

    def __init__(self, poller: Poller, listening: socket.socket, make: Callable[[], Any]) -> None:
        """`listening` listens already; `make` makes who is told what happens on a connection."""
        self._poller = poller
        self._listening = listening
        self._make = make
        self.port: int = listening.getsockname()[1]
        listening.setblocking(False)
        # The sockets of its connections have what it has.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watch()

    def _watch(self) -> None:
        if self._listening.fileno() >= 0:
            self._poller.watch(self._listening.fileno(), IN, self)

    def ready(self, events: int) -> None:
        """Somebody waits to be accepted."""
        for _ in range(AT_ONCE):
            try:
                accepted = accept(self._listening)
            except OSError as error:
                if error.errno in EXHAUSTED:
                    self._rest(error)
                    return
                # One that has gone before it was accepted (accept(2)).
                continue
            if accepted is None:
                return
            descriptor, address, port = accepted
            self._serve(descriptor, (address, port))

    def _serve(self, descriptor: int, peer: tuple[str, int]) -> None:
        stream = Stream(self._poller, descriptor, None, peer)
        try:
            stream.set_protocol(self._make())
            stream.begin()
        except Exception as error:
            # A fault of ours costs this connection, and no other one.
            self._poller.report(error, self._make)
            stream.abort()

    def _rest(self, error: OSError) -> None:
        """Those that wait to be accepted would be told of again and again: look away for a while."""
        log.warning("no connection can be accepted on port %d: %s", self.port, error)
        self._poller.forget(self._listening.fileno())
        self._poller.call_later(PAUSE, self._watch)

    def close(self) -> None:
        """Accept no more."""
        if self._listening.fileno() >= 0:
            with suppress(OSError):
                self._poller.forget(self._listening.fileno())
            self._listening.close()
