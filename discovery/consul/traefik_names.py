"""The objects that tags declare, by name: who declares each, and what most of them say of it."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from discovery.consul.instance import Instance
from discovery.dialects.complaint import Complaint
from discovery.dialects.traefik import Definitions, Options
from discovery.dialects.traefik_service import of_service

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

    @property
    def is_router(self) -> bool:
        """It is that of a router."""
        return self.kind.endswith("routers")

    @property
    def is_service(self) -> bool:
        """It is that of a service."""
        return self.kind.endswith("services")

    def backend(self, source: str) -> str:
        """The name of the backend of a service: `consul:web@traefik`."""
        return f"{source}:{self.name}@traefik{'-tcp' if self.kind.startswith('tcp') else ''}"


class Party(Struct, frozen=True):
    """The instances of a service that say the same."""

    service: str
    said: Definitions
    instances: tuple[Instance, ...]


class Declared(Struct, frozen=True):
    """What is in force of an object."""

    owner: str
    """The service that says so, for problems."""
    options: Options
    closed: bool = False
    """Something in the tags of the owner that may guard cannot be read."""
    dissent: tuple[Complaint, ...] = ()


class Vote(NamedTuple):
    """What the instances of a service weigh that say the same of an object."""

    size: int
    """How many they are; those of a service that is between its last instance and its end are none."""
    created: int
    closes: bool
    first: str
    """The first of them, for problems."""


_Votes = dict[Options, dict[str, Vote]]


class Names:
    """All that is declared. A change costs what it touches, and no more where all say the same."""

    def __init__(self) -> None:
        self._all: dict[str, tuple[Party, ...]] = {}
        self._votes: dict[Name, _Votes] = {}
        self._elected: dict[Name, Declared] = {}

    def of_service(self, service: str) -> tuple[Party, ...]:
        """What the instances of a service say, those that are not enabled too."""
        return self._all.get(service, ())

    def put(self, service: str, parties: tuple[Party, ...]) -> tuple[set[Name], set[Name]]:
        """What the instances of a service say now; returns the names that they declare or declared, and
        those of them of which something else is in force now."""
        before, now = self._all.get(service, ()), parties
        touched = set(_names(before)) | set(_names(now))
        elected = {name: self._elected.pop(name, None) for name in touched}
        for name, options in _said(before):
            self._withdraw(name, options, service)
        for party in now:
            for name, options in _said((party,)):
                self._enter(name, options, party)
        if parties:
            self._all[service] = parties
        else:
            self._all.pop(service, None)
        return touched, {name for name, was in elected.items() if self.elect(name) != was}

    def of(self, name: Name) -> Iterator[tuple[Party, Options]]:
        """Who declares an object, and how."""
        services = {service for group in self._votes.get(name, {}).values() for service in group}
        for service in sorted(services):
            for party in self._all[service]:
                options = _objects(party, name.kind).get(name.name)
                if options is not None:
                    yield party, options

    def elect(self, name: Name) -> Declared | None:
        """What most instances say, of those that as many say what was said first; None: nobody does."""
        found = self._elected.get(name)
        if found is None and (votes := self._votes.get(name)):
            found = self._elected[name] = _elect(votes)
        return found

    def _enter(self, name: Name, options: Options, party: Party) -> None:
        group = self._votes.setdefault(name, {}).setdefault(options, {})
        created = min((instance.created for instance in party.instances), default=0)
        closes = any(complaint.closes for complaint in party.said.complaints)
        first = str(party.instances[0].key) if party.instances else "nobody"
        was = group.get(party.service, Vote(0, created, closes=False, first=first))
        size = was.size + len(party.instances)
        group[party.service] = Vote(size, min(was.created, created), was.closes or closes, was.first)

    def _withdraw(self, name: Name, options: Options, service: str) -> None:
        votes = self._votes.get(name, {})
        group = votes.get(options, {})
        group.pop(service, None)
        if not group:
            votes.pop(options, None)
        if not votes:
            self._votes.pop(name, None)


def _objects(party: Party, kind: str) -> dict[str, Options]:
    """The objects of one kind, if the instances are enabled."""
    found: dict[str, Options] = getattr(party.said, kind.replace(".", "_")) if party.said.enabled else {}
    return found


def _names(parties: tuple[Party, ...]) -> Iterator[Name]:
    for party in parties:
        for kind in _KINDS:
            yield from (Name(kind, name) for name in _objects(party, kind))


def _said(parties: tuple[Party, ...]) -> Iterator[tuple[Name, Options]]:
    """All objects with what has to be said of them alike."""
    for party in parties:
        for kind in _KINDS:
            for name, options in _objects(party, kind).items():
                full = Name(kind, name)
                yield full, of_service(options) if full.is_service else options


def _elect(votes: _Votes) -> Declared:
    winner = (
        next(iter(votes)) if len(votes) == 1 else max(votes, key=lambda each: _strength(each, votes[each]))
    )
    owner = min(votes[winner])
    return Declared(owner, winner, votes[winner][owner].closes, tuple(_dissent(votes, winner)))


def _strength(options: Options, group: dict[str, Vote]) -> tuple[int, int, Options]:
    size = sum(vote.size for vote in group.values())
    return size, -min(vote.created for vote in group.values()), options


def _dissent(votes: _Votes, winner: Options) -> Iterator[Complaint]:
    others = (group for options, group in votes.items() if options != winner)
    found = sorted((service, vote.first, vote.size) for group in others for service, vote in group.items())
    for service, first, size in found[:_MOST_DISSENT]:
        more = f" and {size - 1} more" if size > 1 else ""
        who = f"{first}{more} of service {service}"
        yield Complaint("", f"{who} say something else; in force is what most say", flawed=False)
