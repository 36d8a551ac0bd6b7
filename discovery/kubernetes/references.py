"""References: which objects send requests to which ports of which Services."""

from collections.abc import Collection, Iterator
from typing import Final

from msgspec import Struct

from discovery.kubernetes.key import BackendKey, Key
from ingress.model.route import Origin

_NOTHING: Final[frozenset[BackendKey]] = frozenset()


class _Uses(Struct):
    """Who refers to a Service, and how many to each of its ports."""

    owners: set[Origin]
    places: dict[tuple[str, str], int]


class References:
    """Every reference, by the object that makes it and by the Service it is made to."""

    def __init__(self) -> None:
        self._made: dict[Origin, frozenset[BackendKey]] = {}
        self._uses: dict[Key, _Uses] = {}

    def __contains__(self, backend: BackendKey) -> bool:
        uses = self._uses.get(backend.key)
        return uses is not None and backend.place in uses.places

    def made_by(self, owner: Origin) -> frozenset[BackendKey]:
        """What an object refers to."""
        return self._made.get(owner, _NOTHING)

    def owners(self, service: Key) -> Collection[Origin]:
        """The objects that refer to a Service."""
        uses = self._uses.get(service)
        return uses.owners if uses else ()

    def backends(self, service: Key) -> Iterator[BackendKey]:
        """The ports of a Service that anything refers to."""
        uses = self._uses.get(service)
        return (BackendKey(*service, *place) for place in (uses.places if uses else ()))

    def make(self, owner: Origin, backends: frozenset[BackendKey]) -> frozenset[BackendKey]:
        """An object refers to these and no others; returns those that this may bring or take away."""
        before = self.made_by(owner)
        for backend in backends - before:
            self._add(owner, backend)
        for backend in before - backends:
            self._remove(owner, backend, keep={other.key for other in backends})
        if backends:
            self._made[owner] = backends
        else:
            self._made.pop(owner, None)
        return backends ^ before

    def _add(self, owner: Origin, backend: BackendKey) -> None:
        uses = self._uses.get(backend.key)
        if uses is None:
            uses = self._uses[backend.key] = _Uses(set(), {})
        uses.owners.add(owner)
        uses.places[backend.place] = uses.places.get(backend.place, 0) + 1

    def _remove(self, owner: Origin, backend: BackendKey, keep: set[Key]) -> None:
        uses = self._uses[backend.key]
        uses.places[backend.place] -= 1
        if not uses.places[backend.place]:
            del uses.places[backend.place]
        if backend.key not in keep:
            uses.owners.discard(owner)
        if not uses.places:
            del self._uses[backend.key]
