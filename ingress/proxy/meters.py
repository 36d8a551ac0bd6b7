"""Meters: what is counted over all workers, as rules may ask for it."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from ingress.observe.page import ServerCell, WorkerCell
from ingress.observe.tally import Tallies

PERIOD: Final = 1.0
"""Seconds over which events are counted for a rate."""
UNASKED: Final = 60.0
"""Seconds after which a rate that nobody asks for is counted no more."""

Total = Callable[[int], int]


class Counted(Protocol):
    """A server with counters."""

    @property
    def cell(self) -> int:
        """The first cell of its row."""


class Rate:
    """Events a second, from a count that only grows: those of the period under way, and of the one
    before as many as its rest weighs (HAProxy's frequency counters)."""

    __slots__ = ("_base", "_before", "_start", "asked")

    def __init__(self, count: int, now: float) -> None:
        self._base = count
        self._before = 0
        self._start = self.asked = now

    def turn(self, count: int, now: float) -> None:
        """A period is over, as far as it is. A server that has left takes its count with it."""
        periods = (now - self._start) / PERIOD
        if periods >= 1.0:
            self._before = int(max(0, count - self._base) / periods)
            self._base, self._start = count, now

    def read(self, count: int, now: float) -> int:
        """What it is now."""
        self.asked = now
        left = max(0.0, 1.0 - (now - self._start) / PERIOD)
        return max(0, count - self._base) + int(self._before * left)


class Meters:
    """Implements `ingress.acl.sample.Meters`."""

    def __init__(self, total: Total, now: Callable[[], float], tallies: Tallies | None = None) -> None:
        """`total`: one cell of the shared page over all workers."""
        self.tallies = tallies or Tallies.alone()
        """What is counted by keys that clients choose."""
        self._total = total
        self._now = now
        self._rates: dict[str, tuple[Rate, Callable[[], int]]] = {}

    def connections(self) -> int:
        """Open connections of clients."""
        return self._total(WorkerCell.CONNECTIONS)

    def under_way(self, server: Counted) -> int:
        """Requests that a server has."""
        return self._total(server.cell + ServerCell.IN_FLIGHT)

    def connection_rate(self) -> int:
        """Connections of clients a second."""
        return self._rate("connections", lambda: self._total(WorkerCell.CONNECTIONS_TOTAL))

    def request_rate(self) -> int:
        """Requests a second."""
        return self._rate("requests", lambda: self._total(WorkerCell.REQUESTS_TOTAL))

    def rate(self, servers: Sequence[Counted], name: str) -> int:
        """Requests a second that these servers get; they are known together by that name."""
        cells = [server.cell + ServerCell.REQUESTS for server in servers]
        return self._rate(f"servers {name}", lambda: sum(map(self._total, cells)))

    def _rate(self, name: str, count: Callable[[], int]) -> int:
        now = self._now()
        known = self._rates.get(name)
        rate = Rate(count(), now) if known is None else known[0]
        self._rates[name] = rate, count
        rate.turn(count(), now)
        return rate.read(count(), now)

    def turn(self) -> None:
        """Once a period: count anew, and forget what nobody asks for."""
        now = self._now()
        for name, (rate, count) in list(self._rates.items()):
            if now - rate.asked > UNASKED:
                del self._rates[name]
            else:
                rate.turn(count(), now)
