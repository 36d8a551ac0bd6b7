"""A TCP connection."""

import os
import socket
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

from ingress.net.calls import connect, forget, receive, send
from ingress.net.events import BROKEN, ENDED, IN, ONCE, OUT
from ingress.net.poller import Poller
from ingress.net.socketcalls import MOST

HIGH: Final = 32 * 1024
LOW: Final = 16 * 1024
"""Bytes that wait to be sent: more than enough, and little again."""


class Opening(Protocol):
    """Who wants to know how it went to connect."""

    def opened(self) -> None:
        """The peer has accepted, and whoever uses the connection has been told."""

    def failed(self, error: OSError) -> None:
        """There will be no connection."""


class Stream:
    """One connection, an `asyncio.Transport` in all but name, that is watched by a poller.

    Its user is told of the end of the connection at the end of the turn in which it ends.
    """

    __slots__ = (
        "_closing",
        "_diversion",
        "_ended",
        "_ending",
        "_error",
        "_full",
        "_gone",
        "_high",
        "_low",
        "_opening",
        "_paused",
        "_peer",
        "_poller",
        "_readable",
        "_room",
        "_shut",
        "_size",
        "_start",
        "_user",
        "_waiting",
        "_watches_room",
        "descriptor",
    )

    def __init__(self, poller: Poller, descriptor: int, user: Any, peer: Any, opening: Any = None) -> None:
        """`user` is told what happens; `peer` is its (address, port), None where that is asked of the kernel;
        `opening` waits until the peer has accepted, where it has not."""
        self._poller = poller
        self.descriptor = descriptor
        self._user = user
        self._peer = peer
        self._opening = opening
        self._waiting: deque[bytes] | None = None
        """What waits to be sent; None: nothing ever did."""
        self._start = 0
        """Bytes of the first that have been sent."""
        self._size = 0
        """Bytes that wait."""
        self._high = HIGH
        self._low = LOW
        self._full = False
        """The user has been told that more than enough waits."""
        self._watches_room = opening is not None
        """The poller tells when there is room for what waits."""
        self._readable = False
        """There may be something to receive."""
        self._ending = False
        """The last byte of the peer is there already."""
        self._ended = False
        """It has been received."""
        self._paused = False
        self._diversion: Callable[[], None] | None = None
        """Receives in the user's place."""
        self._room: Callable[[], None] | None = None
        """Waits for room to send, in the place of what is written."""
        self._closing = False
        """Nothing more is sent or received."""
        self._shut = False
        """We have sent our last byte, or shall when what waits is sent."""
        self._gone = False
        """There is no connection any more."""
        self._error: Exception | None = None

    def begin(self) -> None:
        """Have it watched; if it is accepted already, the user is told of it. OSError: there is no room."""
        if self._opening is None:
            self._poller.watch(self.descriptor, IN | ONCE, self)
            self._user.connection_made(self)
        else:
            self._poller.watch(self.descriptor, IN | OUT | ONCE, self)

    # Events.

    def ready(self, events: int) -> None:
        """The poller says what has changed."""
        if self._gone:
            return
        try:
            if self._opening is not None and not self._open(events):
                return
            if events & (OUT | ENDED):
                self._make_room()
            if events & (IN | ENDED):
                self._readable = True
                if events & ENDED:
                    self._hear_end(events)
                if self._diversion is not None:
                    self._diversion()
                elif not self._paused:
                    self._receive()
        except Exception as error:
            # A fault of the user ends its connection, and no other one.
            self._poller.report(error, self._user)
            self._lose(error)

    def _open(self, events: int) -> bool:
        """The peer has accepted, or will not; False: there is nothing more to see to."""
        opening = self._opening
        error = 0
        if events & BROKEN:
            error = self._ask(lambda own: own.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        elif not events & OUT:
            return False
        if error:
            self._lose(None)
            opening.failed(OSError(error, os.strerror(error)))
            return False
        self._opening = None
        self._user.connection_made(self)
        opening.opened()
        return not self._gone

    def _hear_end(self, events: int) -> None:
        if self._ended and events & BROKEN:
            self._lose(ConnectionResetError("the peer has reset the connection"))
        self._ending = True

    def _receive(self) -> None:
        while self._readable and not self._paused and not self._closing:
            try:
                data = receive(self.descriptor)
            except OSError as error:
                self._lose(error)
                return
            if data is None:
                self._readable = False
                return
            size = len(data)
            if not size:
                self._readable = False
                self._ended = True
                if not self._user.eof_received():
                    self.close()
                return
            if size == MOST:
                # There may be a lot: others get their turn in between.
                self._poller.again(self)
                self._user.data_received(data)
                return
            self._readable = self._ending
            self._user.data_received(data)

    # Sending.

    def write(self, data: bytes) -> None:
        """Send bytes; nothing is sent on a connection that is ended or closed."""
        if self._closing or self._shut or not data:
            return
        if self._size:
            self._wait(data)
            return
        try:
            sent = send(self.descriptor, data, 0)
        except OSError as error:
            self._lose(error)
            return
        if sent < len(data):
            self._start = sent
            self._size = -sent
            self._wait(data)

    def _wait(self, data: bytes) -> None:
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(data)
        self._size += len(data)
        self._watch_room()
        if self._size > self._high and not self._full:
            self._full = True
            self._user.pause_writing()

    def _watch_room(self) -> None:
        if not self._watches_room:
            self._watches_room = True
            self._poller.change(self.descriptor, IN | OUT | ONCE)

    def _make_room(self) -> None:
        """The kernel takes bytes again, or there is no connection any more."""
        if self._size:
            self._send_waiting()
        elif self._room is not None:
            self._room()

    def _send_waiting(self) -> None:
        waiting = self._waiting
        while waiting:
            data = waiting[0]
            try:
                sent = send(self.descriptor, data, self._start)
            except OSError as error:
                self._lose(error)
                return
            if not sent:
                break
            self._size -= sent
            self._start += sent
            if self._start == len(data):
                waiting.popleft()
                self._start = 0
        if not waiting:
            if self._closing:
                self._lose(None)
                return
            if self._shut:
                self._shut_down()
        if self._full and self._size <= self._low:
            self._full = False
            self._user.resume_writing()

    def write_last(self, data: bytes) -> None:
        """Send bytes, and close behind them."""
        self.write(data)
        self.close()

    def write_eof(self) -> None:
        """Send no more behind what waits; what the peer still sends is read."""
        if not self._shut and not self._closing:
            self._shut = True
            if not self._size:
                self._shut_down()

    def _shut_down(self) -> None:
        try:
            self._ask(lambda own: own.shutdown(socket.SHUT_WR))
        except OSError as error:
            self._lose(error)

    # The end.

    def close(self) -> None:
        """Send what waits, and close."""
        if not self._closing:
            self._closing = True
            if not self._size:
                self._lose(None)

    def abort(self) -> None:
        """Close at once."""
        self._lose(None)

    def reset(self) -> None:
        """Close at once, and leave nothing behind in the kernel: for a connection whose peer has said all
        that it was asked, and is to be sent no more. Its port is free at once."""
        if not self._gone:
            try:  # noqa: SIM105  `suppress` would cost more than the call
                forget(self.descriptor)
            except OSError:
                pass
            self._lose(None)

    def _lose(self, error: Exception | None) -> None:
        if not self._gone:
            self._gone = self._closing = True
            self._error = error
            self._poller.later(self._finish)

    def _finish(self) -> None:
        user = self._user
        try:
            if self._opening is None:
                user.connection_lost(self._error)
        except Exception as error:
            self._poller.report(error, user)
        self._poller.close_later(self.descriptor)
        self.descriptor = -1
        self._size = 0
        # Who uses it holds it too: one of both has to let go, or the collector has to find them.
        self._user = self._opening = self._error = self._waiting = self._diversion = self._room = None

    def is_closing(self) -> bool:
        """It is closed, or will be."""
        return self._closing

    # Receiving.

    def pause_reading(self) -> None:
        """Receive nothing for now."""
        self._paused = True

    def resume_reading(self) -> None:
        """Receive again."""
        if self._paused:
            self._paused = False
            if self._readable and not self._closing:
                self._poller.again(self)

    def divert(self, call: Callable[[], None] | None) -> None:
        """Let `call` receive what comes, in the user's place: called when there may be something, until it
        has found nothing; None: the user receives again."""
        self._diversion = call
        if call is not None or self._readable:
            self._poller.again(self)

    def once_more(self) -> None:
        """There may be something to receive yet."""
        self._poller.again(self)

    def when_room(self, call: Callable[[], None] | None) -> None:
        """Call when the kernel takes bytes again, while nothing is written; None: no more."""
        self._room = call
        if call is not None:
            self._watch_room()

    def set_protocol(self, protocol: Any) -> None:
        """Somebody else is told from now on."""
        self._user = protocol

    # What is known of it.

    def get_write_buffer_size(self) -> int:
        """Bytes that wait to be sent."""
        return self._size

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        """How many bytes are more than enough, and how many are little again."""
        self._high, self._low = high, low

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """`peername`, `sockname`: both ends, as (address, port, ...)."""
        if name == "peername" and self._peer is not None:
            return self._peer
        try:
            if name == "peername":
                return self._ask(lambda own: own.getpeername())
            if name == "sockname":
                return self._ask(lambda own: own.getsockname())
        except OSError:
            pass
        return default

    def fileno(self) -> int:
        """The descriptor of its socket; -1: it is closed."""
        return int(self.descriptor)

    def _ask(self, question: Callable[[socket.socket], Any]) -> Any:
        return asked(self.descriptor, question)


def asked(descriptor: int, question: Callable[[socket.socket], Any]) -> Any:
    """Ask a socket that is known by its descriptor only. OSError: it is closed, or does not say."""
    own = socket.socket(fileno=descriptor)
    try:
        return question(own)
    finally:
        own.detach()


def dial(poller: Poller, host: str, port: int, user: Any, opening: Opening) -> Stream:
    """Begin to connect to an IP literal. OSError: that cannot be."""
    stream = Stream(poller, connect(host, port), user, None, opening)
    try:
        stream.begin()
    except OSError:
        stream.abort()
        raise
    return stream
