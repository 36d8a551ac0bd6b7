"""All shifts of a routing table: each is told to the table, and kept for a later process."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from discovery.pool import Pool
from discovery.shift.ramp import Ramp
from discovery.shift.record import Record
from discovery.shift.shift import Counts, Shift
from ingress.model.backend import Backend, Server

Count = Callable[[str, Iterable[str]], tuple[int, int]]
"""From a backend and addresses of its servers to the requests they got so far, and how many failed."""


class Pooled(NamedTuple):
    """A backend whose requests are shifted, as it is in force."""

    backend: Backend
    pool: Pool
    ramp: Ramp


class Table(Protocol):
    """The routing table, as far as shifts know it."""

    def pools(self) -> Iterable[Pooled]:
        """The backends whose requests are to be shifted."""

    def set_share(self, name: str, share: int) -> None:
        """Of a hundred requests to a backend, those that go to Kubernetes from now on."""


class Shifts:
    """The shifts by the names of their backends."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._shifts: dict[str, Shift] = {}
        self._restored: dict[str, Record] = {}

    def restore(self, records: Mapping[str, Record]) -> None:
        """Go on where an earlier process was."""
        self._restored.update(records)

    def records(self) -> dict[str, Record]:
        """What a later process has to know."""
        return self._restored | {name: shift.record for name, shift in self._shifts.items()}

    def follow(self, records: Mapping[str, Record], *, leads: bool, complete: bool) -> None:
        """Take what all replicas keep; of shifts that are not known here yet, for later. `complete`: what
        is not known by now is not there any more."""
        if complete:
            self._restored.clear()
            records = {name: record for name, record in records.items() if name in self._shifts}
        for name, record in records.items():
            shift = self._shifts.get(name)
            if shift is None:
                self._restored[name] = record
            else:
                shift.follow(record, leads=leads)
                self._table.set_share(name, shift.share)

    def unsaid(self) -> frozenset[str]:
        """Those that were called off here, and nobody else has been told."""
        return frozenset(name for name, shift in self._shifts.items() if shift.is_news)

    def told(self) -> None:
        """Everybody else can know."""
        for shift in self._shifts.values():
            shift.is_news = False

    def all(self) -> Mapping[str, Shift]:
        """Those that there are."""
        return dict(self._shifts)

    def begin(self) -> None:
        """Put in force how far each shift is, without a step of time."""
        for pooled in self._table.pools():
            self._table.set_share(pooled.backend.name, self._shift(pooled).share)

    def step(self, now: float, count: Count, *, leads: bool = True) -> None:
        """Some time has passed; `now` is in seconds and never goes back. `leads`: they go on here."""
        found = {pooled.backend.name: pooled for pooled in self._table.pools()}
        for name in self._shifts.keys() - found.keys():
            del self._shifts[name]
        for name, pooled in found.items():
            shift = self._shift(pooled)
            servers = _servers_of(pooled)
            counts = Counts(*count(name, [server.address for server in servers]))
            has_servers = any(each.weight and not each.drain for each in servers)
            shift.step(now, counts, has_servers=has_servers, leads=leads)
            self._table.set_share(name, shift.share)

    def _shift(self, pooled: Pooled) -> Shift:
        name, ramp = pooled.backend.name, pooled.ramp
        shift = self._shifts.get(name)
        if shift is None:
            shift = self._shifts[name] = Shift(ramp, self._restored.pop(name, None))
        elif shift.ramp != ramp:
            shift = self._shifts[name] = shift.change(ramp)
        return shift


def _servers_of(pooled: Pooled) -> list[Server]:
    """Those to which the requests go over."""
    group = pooled.pool.places.index(pooled.ramp.to)
    return [server for server in pooled.backend.servers if server.group == group]
