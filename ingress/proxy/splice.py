"""Large bodies from one socket to the other within the kernel (splice(2)): nobody looks at their bytes.

Only what needs no look goes this way: the payload of a body up to shortly before its end, or of a large
chunk. The end takes the ordinary way, which knows what may come there; and where a connection ends or
breaks, it is the transports that find out.
"""

import asyncio
import os
from typing import Final, Protocol

from ingress.proxy.pipe import Pipe
from ingress.proxy.readiness import IN, OUT
from ingress.proxy.site import Site
from ingress.proxy.tls.connection import TlsConnection

LEAST: Final = 256 * 1024
"""Bytes still to come for which it pays to get ready."""
TAIL: Final = 16 * 1024
"""The last bytes, which take the ordinary way."""
FLAGS: Final = os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK
ROOM: Final = 64 * 1024
"""Bytes that may wait for a slow taker before its giver has to wait."""


class Course(Protocol):
    """Whose bytes they are, from where and to where, and who has to know how they get on."""

    giver: asyncio.Transport
    taker: asyncio.Transport

    @property
    def left(self) -> int:
        """Bytes still to come that need no look; 0 too when the exchange is over."""

    def moved(self, count: int, *, waits: bool) -> None:
        """The taker has got so many; it has yet to take more if somebody `waits` for it."""

    def begun(self, splice: "Splice") -> None:
        """The splice is there; it is to be stopped when a connection is lost."""

    def ended(self) -> None:
        """It is no more."""

    def giver_failed(self) -> None:
        """The giver has reset its connection."""

    def taker_failed(self) -> None:
        """The taker has."""


class Splice:
    """The bytes of a course under way, through a pipe of their own."""

    __slots__ = ("_course", "_held", "_pipe", "_site", "_source", "_stopped", "_target", "_waits")

    def __init__(self, site: Site, course: Course, pipe: Pipe) -> None:
        """OSError: the sockets cannot be watched."""
        self._site = site
        self._course = course
        self._pipe = pipe
        self._source = _descriptor(course.giver)
        self._target = _descriptor(course.taker)
        self._held = 0
        """Bytes in the pipe."""
        self._waits = False
        """The taker has to make room first."""
        self._stopped = False
        site.readiness.watch(self._source, IN, self._take)
        course.giver.pause_reading()
        course.begun(self)

    def _take(self) -> None:
        """Let come what has come."""
        most = min(self._pipe.size, self._course.left - TAIL)
        if most <= 0:
            self.stop()
            return
        try:
            count = os.splice(self._source, self._pipe.inlet, most, flags=FLAGS)
        except BlockingIOError:
            return
        except OSError:
            self.stop()
            self._course.giver_failed()
            return
        if count:
            self._held = count
            self._give()
        else:
            self.stop()

    def _give(self) -> None:
        """Let go what the taker has room for."""
        course = self._course
        if not course.left:
            self.stop()
            return
        try:
            count = os.splice(self._pipe.outlet, self._target, self._held, flags=FLAGS)
        except BlockingIOError:
            count = 0
        except OSError:
            self.stop()
            course.taker_failed()
            return
        self._held -= count
        course.moved(count, waits=self._held > 0)
        if bool(self._held) is not self._waits:
            self._turn()
        if not self._held and course.left <= TAIL:
            self.stop()

    def _turn(self) -> None:
        """Wait for the other side from now on."""
        readiness = self._site.readiness
        self._waits = not self._waits
        if self._waits:
            readiness.forget(self._source)
            readiness.watch(self._target, OUT, self._give)
        else:
            readiness.forget(self._target)
            readiness.watch(self._source, IN, self._take)

    def stop(self) -> None:
        """Move nothing more; what still comes is read in the ordinary way."""
        if self._stopped:
            return
        self._stopped = True
        self._site.readiness.forget(self._target if self._waits else self._source)
        self._site.pipes.put(self._pipe, empty=not self._held)
        self._course.ended()
        self._course.giver.resume_reading()


def begin(site: Site, course: Course) -> bool:
    """Let the bytes of a course go through the kernel from here on; False if they cannot, or not yet."""
    giver, taker = course.giver, course.taker
    if course.left < LEAST or not (_is_plain(giver) and _is_plain(taker)):
        return False
    site.outbox.flush()
    if taker.is_closing() or giver.is_closing():
        return False
    if taker.get_write_buffer_size():
        # What waits there has to go first. The taker says so when it has taken all of it.
        taker.set_write_buffer_limits(ROOM, 0)
        return False
    pipe = site.pipes.take()
    if pipe is None:
        return False
    try:
        Splice(site, course, pipe)
    except OSError:
        site.pipes.put(pipe, empty=True)
        return False
    return True


def _is_plain(transport: asyncio.Transport) -> bool:
    return not isinstance(transport, TlsConnection)


def _descriptor(transport: asyncio.Transport) -> int:
    return int(transport.get_extra_info("socket").fileno())
