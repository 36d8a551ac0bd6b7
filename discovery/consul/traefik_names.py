"""The objects that tags declare, by name: who declares each, and what most of them say of it."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from discovery.consul.instance import Instance
from discovery.dialects.complaint import Complaint
from discovery.dialects.traefik import Definitions, Objects, Options

_MOST_DISSENT: Final = 5
_KINDS: Final = (
    *("http.routers", "http.services", "http.middlewares"),
    *("tcp.routers", "tcp.services", "tcp.middlewares"),
)


class Name(NamedTuple):
    """A name among all of its kind."""

    kind: str
    """As in tags: `http.routers`."""
    name: str

    def __str__(self) -> str:
        """`http.routers.web`."""
        return f"{self.kind}.{self.name}"

    def backend(self, source: str) -> str:
        """The name of the backend of a service: `consul:web@traefik`."""
        return f"{source}:{self.name}@traefik{'-tcp' if self.kind.startswith('tcp') else ''}"


class Party(Struct, frozen=True):
    """The instances of a service that say the same."""

    service: str
    said: Definitions
    instances: tuple[Instance, ...]

    @property
    def created(self) -> int:
        """When the first of them was registered."""
        return min((instance.created for instance in self.instances), default=0)


class Declared(Struct, frozen=True):
    """What is in force of an object."""

    owner: str
    """The service that says so, for problems."""
    options: Options
    closed: bool = False
    """Something in the tags of the owner that may guard cannot be read."""
    dissent: tuple[Complaint, ...] = ()


class Names:
    """All that is declared."""

    def __init__(self) -> None:
        self._all: dict[str, tuple[Party, ...]] = {}
        self._enabled: dict[str, tuple[Party, ...]] = {}
        self._services: dict[Name, dict[str, None]] = {}

    def of_service(self, service: str) -> tuple[Party, ...]:
        """What the instances of a service say, those that are not enabled too."""
        return self._all.get(service, ())

    def put(self, service: str, parties: tuple[Party, ...], enabled: tuple[Party, ...]) -> set[Name]:
        """What the instances of a service say now; returns the names that may mean something else."""
        before = set(_names(self._enabled.get(service, ())))
        now = set(_names(enabled))
        for name in before - now:
            services = self._services[name]
            del services[service]
            if not services:
                del self._services[name]
        for name in now - before:
            self._services.setdefault(name, {})[service] = None
        for known, value in ((self._all, parties), (self._enabled, enabled)):
            if value:
                known[service] = value
            else:
                known.pop(service, None)
        return before | now

    def of(self, name: Name) -> Iterator[tuple[Party, Options]]:
        """Who declares an object, and how."""
        for service in sorted(self._services.get(name, ())):
            for party in self._enabled[service]:
                options = _objects(party.said, name.kind).get(name.name)
                if options is not None:
                    yield party, options

    def elect(
        self, name: Name, common: Callable[[Options], Options] = lambda options: options
    ) -> Declared | None:
        """What most instances say, of those that as many say what was said first; None: nobody does.
        `common` is what they have to say alike."""
        parties: dict[Options, list[Party]] = {}
        for party, options in self.of(name):
            parties.setdefault(common(options), []).append(party)
        if not parties:
            return None
        winner = max(parties, key=lambda options: _strength(options, parties[options]))
        dissent = [party for options, group in parties.items() if options != winner for party in group]
        complaints = tuple(_dissent(party, winner) for party in dissent[:_MOST_DISSENT])
        party = parties[winner][0]
        closed = any(complaint.closes for complaint in party.said.complaints)
        return Declared(party.service, winner, closed, complaints)


def _objects(said: Definitions, kind: str) -> Objects:
    objects: Objects = getattr(said, kind.replace(".", "_"))
    return objects


def _names(parties: tuple[Party, ...]) -> Iterator[Name]:
    for party in parties:
        for kind in _KINDS:
            yield from (Name(kind, name) for name in _objects(party.said, kind))


def _strength(options: Options, parties: list[Party]) -> tuple[int, int, Options]:
    count = sum(len(party.instances) for party in parties)
    return count, -min(party.created for party in parties), options


def _dissent(party: Party, winner: Options) -> Complaint:
    who = str(party.instances[0].key) if party.instances else "nobody"
    more = f" and {len(party.instances) - 1} more" if len(party.instances) > 1 else ""
    reason = f"{who}{more} of service {party.service} say something else; in force is what most say"
    del winner
    return Complaint("", reason, flawed=False)
