"""A scrape: what the metrics of routes and servers need, added up once by the labels they have."""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final

from ingress.admin.listings import server_state
from ingress.admin.view import View
from ingress.model.backend import Backend
from ingress.observe.page import route_key, server_key

CAP: Final = 10_000
"""How many routes and how many servers have series of their own; the rest is counted as left out."""

WORST: Final = ("down", "drain", "up")

Labels = tuple[str, ...]


class Scrape:
    """The counters at one moment, as far as they have to be gathered; `gather` first, then read."""

    def __init__(self, view: View, build: str, now: float) -> None:
        self.view = view
        self.build = build
        self.now = now
        self.routes: dict[Labels, list[int]] = {}
        """Sums by namespace, ingress and service; only what was asked for at least once."""
        self.servers: dict[Labels, list[int]] = {}
        """Sums by namespace, service and server address; only servers that were used."""
        self.states: dict[Labels, str] = {}
        """State of every server by the same labels; the worst of them, where backends share it."""
        self.left_out = {"routes": 0, "servers": 0}

    def gather(self) -> Iterator[None]:
        """Add up; each step is short, and between two of them other work may run."""
        backends = sorted(self.view.backends(), key=attrgetter("name"))
        yield from self._gather_servers(backends)
        services = {backend.name: backend.service for backend in backends}
        yield
        yield from self._gather_routes(services)

    def _gather_routes(self, services: dict[str, str]) -> Iterator[None]:
        seen: set[str] = set()
        for host in sorted(self.view.hosts(), key=attrgetter("name")):
            for route in host.routes:
                origin = route.origin
                key = route_key(origin.namespace, origin.kind, origin.name, route.backend)
                if key not in seen:
                    seen.add(key)
                    self._add_route((origin.namespace, origin.name, services.get(route.backend, "")), key)
                yield

    def _gather_servers(self, backends: list[Backend]) -> Iterator[None]:
        outages = self.view.outages()
        for backend in backends:
            for server in backend.servers:
                labels = (backend.namespace, backend.service, server.address)
                outage = outages.get((backend.name, server.address))
                self._add_server(
                    labels, server_key(backend.name, server.address), server_state(server, outage)
                )
                yield

    def _add_route(self, labels: Labels, key: str) -> None:
        row = self.view.directory.row(key)
        if not any(row):
            return
        if labels in self.routes or len(self.routes) < CAP:
            _add(self.routes, labels, row)
        else:
            self.left_out["routes"] += 1

    def _add_server(self, labels: Labels, key: str, state: str) -> None:
        if labels not in self.states and len(self.states) >= CAP:
            self.left_out["servers"] += 1
            return
        self.states[labels] = min(state, self.states.get(labels, state), key=WORST.index)
        row = self.view.directory.row(key)
        if any(row):
            _add(self.servers, labels, row)


def _add(sums: dict[Labels, list[int]], labels: Labels, row: Sequence[int]) -> None:
    old = sums.get(labels)
    sums[labels] = list(row) if old is None else [one + other for one, other in zip(old, row, strict=True)]
