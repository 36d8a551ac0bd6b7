"""Which services have changed, by the marks that their checks bear."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct


class Mark(Struct, frozen=True):
    """A check of a service, or of a node and thus of all services on it, and when it last changed."""

    node: str = msgspec.field(name="Node")
    check: str = msgspec.field(name="CheckID")
    service: str = msgspec.field(name="ServiceName", default="")
    instance: str = msgspec.field(name="ServiceID", default="")
    index: int = msgspec.field(name="ModifyIndex", default=0)


class Changes(NamedTuple):
    """Whose checks have changed, each with the newest index among them; 0 where some are there no more."""

    services: dict[str, int]
    nodes: set[str]


class _Sum(NamedTuple):
    """What a set of marks comes to, whatever their order."""

    members: int = 0
    hashes: int = 0
    newest: int = 0

    def plus(self, mark: Mark) -> "_Sum":
        return _Sum(self.members + 1, self.hashes + hash(mark), max(self.newest, mark.index))


_Sums = dict[str, _Sum]
_MARKS: Final = msgspec.json.Decoder(tuple[Mark, ...])
_NONE: Final = _Sum()


class Marks:
    """The checks of all services and nodes, as they were last."""

    def __init__(self) -> None:
        self._services: _Sums = {}
        self._nodes: _Sums = {}

    def take(self, body: bytes) -> Changes:
        """What has changed. ValueError if the answer cannot be read."""
        services, nodes = _add_up(_MARKS.decode(body))
        changes = Changes(_differences(self._services, services), set(_differences(self._nodes, nodes)))
        self._services, self._nodes = services, nodes
        return changes

    def has_checks(self, service: str) -> bool:
        """Whether any instance of the service has a check of its own."""
        return service in self._services


def _add_up(marks: Iterable[Mark]) -> tuple[_Sums, _Sums]:
    services: _Sums = {}
    nodes: _Sums = {}
    for mark in marks:
        sums, name = (services, mark.service) if mark.service else (nodes, mark.node)
        sums[name] = sums.get(name, _NONE).plus(mark)
    return services, nodes


def _differences(before: _Sums, now: _Sums) -> dict[str, int]:
    """The names whose sums differ."""
    found = {}
    for name in before.keys() | now.keys():
        old, new = before.get(name, _NONE), now.get(name, _NONE)
        if old != new:
            found[name] = new.newest if new.members >= old.members else 0
    return found
