"""Large bodies from one socket to the other within the kernel (splice(2)): nobody looks at their bytes.

Only what needs no look goes this way: the payload of a body up to shortly before its end, or of a large
chunk. The end takes the ordinary way, which knows what may come there; and where a connection ends or
breaks, it is the transports that find out.
"""

import os
from typing import Any, Final, Protocol

from ingress.net.stream import Stream
from ingress.proxy.pipe import Pipe
from ingress.proxy.site import Site

LEAST: Final = 256 * 1024
"""Bytes still to come for which it pays to get ready."""
TAIL: Final = 16 * 1024
"""The last bytes, which take the ordinary way."""
FLAGS: Final = os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK
ROOM: Final = 64 * 1024
"""Bytes that may wait for a slow taker before its giver has to wait."""


class Course(Protocol):
    """Whose bytes they are, from where and to where, and who has to know how they get on."""

    giver: Any
    taker: Any
    """Streams, where bytes can take the short way."""

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
        self._site = site
        self._course = course
        self._pipe = pipe
        self._source = course.giver.fileno()
        self._target = course.taker.fileno()
        self._held = 0
        """Bytes in the pipe."""
        self._waits = False
        """The taker has to make room first."""
        self._stopped = False
        course.giver.pause_reading()
        course.giver.divert(self._take)
        course.begun(self)

    def _take(self) -> None:
        """Let come what has come."""
        if self._waits:
            return
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
        held = self._held
        try:
            # A call that is interrupted moves less than there is room for, and of that room no event tells:
            # only who has been refused is told.
            while self._held:
                self._held -= os.splice(self._pipe.outlet, self._target, self._held, flags=FLAGS)
        except BlockingIOError:
            pass
        except OSError:
            self.stop()
            course.taker_failed()
            return
        course.moved(held - self._held, waits=self._held > 0)
        if bool(self._held) is not self._waits:
            self._waits = not self._waits
            course.taker.when_room(self._give if self._waits else None)
        if self._held:
            return
        if course.left <= TAIL:
            self.stop()
        else:
            course.giver.once_more()

    def stop(self) -> None:
        """Move nothing more; what still comes is read in the ordinary way."""
        if self._stopped:
            return
        self._stopped = True
        course = self._course
        course.giver.divert(None)
        course.taker.when_room(None)
        self._site.pipes.put(self._pipe, empty=not self._held)
        course.ended()
        course.giver.resume_reading()


def begin(site: Site, course: Course) -> bool:
    """Let the bytes of a course go through the kernel from here on; False if they cannot, or not yet."""
    giver, taker = course.giver, course.taker
    if course.left < LEAST or not (isinstance(giver, Stream) and isinstance(taker, Stream)):
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
    Splice(site, course, pipe)
    return True
