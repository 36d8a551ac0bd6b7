"""Which services have changed, by the marks that their checks and their instances bear."""

from collections import Counter
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


class Offer(Struct, frozen=True):
    """An instance on a node, and when it last changed."""

    instance: str = msgspec.field(name="ID")
    service: str = msgspec.field(name="Service")
    index: int = msgspec.field(name="ModifyIndex", default=0)


class _OfNode(Struct, frozen=True):
    services: dict[str, Offer] = msgspec.field(name="Services", default={})


_Sets = dict[str, set[Mark]]
_OF_NODE: Final = msgspec.json.Decoder(_OfNode | None)
_MARKS: Final = msgspec.json.Decoder(tuple[Mark, ...])
# Within a string the quotes would have backslashes before them.
_SEAM: Final = b'},{"Node":"'
_STRIDE: Final = 1 << 16


class Marks:
    """Checks of all services and nodes, as they were last."""

    def __init__(self) -> None:
        self._body = b"[]"
        self._members: Counter[str] = Counter()

    def take(self, body: bytes) -> Changes:
        """What has changed. ValueError if the answer cannot be read."""
        before, now = (_sort(_MARKS.decode(part)) for part in apart(self._body, body))
        self._body = body
        for name, marks in now[0].items():
            self._members[name] += len(marks)
        for name, marks in before[0].items():
            self._members[name] -= len(marks)
        return Changes(_differences(before[0], now[0]), set(_differences(before[1], now[1])))

    def has_checks(self, service: str) -> bool:
        """Whether any instance of the service has a check of its own."""
        return self._members[service] > 0


class Offers:
    """The instances on one node, as they were last."""

    def __init__(self) -> None:
        self._offers: frozenset[Offer] = frozenset()

    def take(self, body: bytes) -> dict[str, int]:
        """The services of which an instance has changed, each with the index of that; 0 where one is gone.
        ValueError if the answer cannot be read."""
        found = _OF_NODE.decode(body)
        if found is None:
            raise ValueError("there is no such node")
        before, self._offers = self._offers, frozenset(found.services.values())
        changed: dict[str, int] = {}
        for offer in self._offers - before:
            changed[offer.service] = max(offer.index, changed.get(offer.service, 0))
        there = {(offer.instance, offer.service) for offer in self._offers}
        for offer in before - self._offers:
            if (offer.instance, offer.service) not in there:
                changed[offer.service] = 0
        return changed


def apart(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """Two arrays of checks without the checks with which both begin and both end: after a change there is
    little to read, however many there are."""
    if not (old.startswith(b"[") and new.startswith(b"[")):
        return old, new
    most = min(len(old), len(new))
    start = _common_start(old, new, most)
    tail = _common_end(old, new, most - start)
    first = old.rfind(_SEAM, 0, start) + len(b"},") if _SEAM in old[:start] else len(b"[")
    seam = old.find(_SEAM, len(old) - tail)
    if seam < 0:
        return b"[%b]" % old[first : old.rindex(b"]")], b"[%b]" % new[first : new.rindex(b"]")]
    same = len(old) - seam - len(b"}")
    return b"[%b]" % old[first : len(old) - same], b"[%b]" % new[first : len(new) - same]


def _common_start(old: bytes, new: bytes, most: int) -> int:
    """How many bytes both begin with."""
    at, step = 0, _STRIDE
    while step:
        while at + step <= most and old[at : at + step] == new[at : at + step]:
            at += step
        step //= 4
    return at


def _common_end(old: bytes, new: bytes, most: int) -> int:
    """How many bytes both end with, at most so many."""
    at, step = 0, _STRIDE
    while step:
        while at + step <= most and _before_end(old, at, step) == _before_end(new, at, step):
            at += step
        step //= 4
    return at


def _before_end(text: bytes, at: int, length: int) -> bytes:
    end = len(text) - at
    return text[end - length : end]


def _sort(marks: Iterable[Mark]) -> tuple[_Sets, _Sets]:
    """Those of each service, and those of each node."""
    services: _Sets = {}
    nodes: _Sets = {}
    for mark in marks:
        if mark.service:
            services.setdefault(mark.service, set()).add(mark)
        else:
            nodes.setdefault(mark.node, set()).add(mark)
    return services, nodes


def _differences(before: _Sets, now: _Sets) -> dict[str, int]:
    """The names whose marks differ."""
    found = {}
    for name in before.keys() | now.keys():
        old, new = before.get(name, set()), now.get(name, set())
        if old != new:
            found[name] = max(mark.index for mark in new) if len(new) >= len(old) else 0
    return found
