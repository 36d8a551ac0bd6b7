"""The course of what one end of a relay says to the other, while that is a lot."""

from typing import TYPE_CHECKING, Final

from ingress.net.transport import Transport
from ingress.proxy.splice import Splice, begin

if TYPE_CHECKING:
    from ingress.proxy.relay import End

ENDLESS: Final = 1 << 60
"""More bytes than come."""
TRICKLE: Final = 8 * 1024
"""Bytes in one go that are so few that reading and writing them costs no more."""
IDLE: Final = 2
"""Ticks without a byte after which a pipe is given back."""


class Flow:
    """From an end to the other one."""

    __slots__ = ("_end", "_moved_at", "_run", "_splice", "_trickles", "_waits", "giver", "taker")

    def __init__(self, end: "End") -> None:
        self._end = end
        self.giver: Transport | None = end.transport
        self.taker: Transport | None = end.other.transport
        self._splice: Splice | None = None
        self._moved_at = end.relay.site.tick
        self._run = 0
        """Bytes that have gone since the taker had taken all there was."""
        self._waits = False
        self._trickles = False

    @property
    def left(self) -> int:
        """Bytes still to come that need no look: however many, as long as they are many."""
        return 0 if self._trickles else ENDLESS

    def moved(self, count: int, *, waits: bool) -> None:
        """The taker has got so many."""
        self._end.passed(count)
        self._moved_at = self._end.relay.site.tick
        self._run += count
        self._waits = waits
        if not waits:
            self._trickles = self._run < TRICKLE
            self._run = 0

    def begun(self, splice: Splice) -> None:
        """It ends with either connection, or when nothing comes any more."""
        self._splice = splice
        self._end.flow = self
        self._end.relay.site.pipes.holders.add(self)

    def ended(self) -> None:
        """The giver is read again."""
        self._end.flow = None
        self._end.relay.site.pipes.holders.discard(self)

    def giver_failed(self) -> None:
        """It has reset its connection."""
        self._end.reset()

    def taker_failed(self) -> None:
        """It has."""
        self._end.other.reset()

    def stop(self) -> None:
        """Let no more go this way."""
        if self._splice is not None:
            self._splice.stop()

    def rest(self, tick: int) -> None:
        """Give the pipe back if nothing has come for a while, and nothing is in it."""
        if not self._waits and tick - self._moved_at >= IDLE:
            self.stop()


def shorten(end: "End") -> bool:
    """Let what an end says from here on take the short way; False if it cannot, or not yet."""
    return end.flow is not None or begin(end.relay.site, Flow(end))
