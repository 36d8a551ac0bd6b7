"""The routes that keys ask for, told to a sink."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from discovery.consul.declare import Asked, Surroundings, declare
from discovery.consul.election import Outcome
from discovery.dialects.complaint import Complaint
from discovery.dialects.yaml_route import KeyRoute, read_route
from discovery.said import Said
from discovery.source import Sink, Translation
from ingress.model.backend import Backend
from ingress.model.problem import Problem
from ingress.model.route import Origin

OWNER: Final = "\0"
"""What the name of a key begins with among those who refer to services, none of which begins so."""

Refer = Callable[[str, frozenset[str], frozenset[str]], None]
"""Says that an owner refers to other services than before."""


class KeyTable:
    """The keys with a route each. What changes costs the keys that it touches."""

    def __init__(self, around: Surroundings, namespace: str, sink: Sink, refer: Refer) -> None:
        self._around = around
        self._namespace = namespace
        self._sink = sink
        self._refer = refer
        self._said = Said(sink)
        self._values: Mapping[str, bytes] = {}
        self._references: dict[str, frozenset[str]] = {}
        self._backends: dict[str, tuple[Backend, bool]] = {}
        self.changed: dict[str, None] = {}

    def put(self, values: Mapping[str, bytes]) -> None:
        """All keys there are."""
        for key in self._values.keys() | values.keys():
            if self._values.get(key) != values.get(key):
                self.changed[key] = None
        self._values = values

    def reconsider(self, key: str) -> None:
        """Something that the key refers to has changed."""
        self.changed[key] = None

    def flush(self) -> None:
        """Tell the sink what has changed since the last time."""
        while self.changed:
            key, _ = self.changed.popitem()
            self._say(key)

    def _say(self, key: str) -> None:
        origin = Origin(self._around.source, "key", self._namespace, key)
        text = self._values.get(key)
        if text is None:
            self._said.drop(origin)
            self._now_refers(key, frozenset())
            self._drop_backend(key)
            return
        route = read_route(text)
        name = self._around.backend(route.service) if route.service else f"{self._around.source}:key/{key}"
        asked = declare(Outcome(route.wishes, 1), origin, self._around, name)
        references = asked.references | ({route.service} if route.service else frozenset())
        self._now_refers(key, references)
        if route.service:
            self._drop_backend(key)
        elif route.servers:
            # The backend comes first: a route in force must not lead to nowhere, not even for a moment.
            self._put_backend(key, route, asked, name)
        self._said.put(origin, self._translation(origin, route, asked))

    def _translation(self, origin: Origin, route: KeyRoute, asked: Asked) -> Translation:
        own = tuple(self._problems(origin, route))
        problems = (*own, *asked.translation.problems)
        flawed = asked.translation.flawed or bool(route.complaints)
        if not (route.service or route.servers):
            return Translation(problems=problems, flawed=True)
        return replace(asked.translation, problems=problems, flawed=flawed)

    def _problems(self, origin: Origin, route: KeyRoute) -> Iterator[Problem]:
        complaints = list(route.complaints)
        if route.service and (reason := self._around.absence(route.service)):
            complaints.append(
                Complaint("service", f"{reason}; requests are answered 503", route.service[:100])
            )
        for each in complaints:
            yield Problem(origin, each.option, each.reason, each.value, each.closes)

    def _put_backend(self, key: str, route: KeyRoute, asked: Asked, name: str) -> None:
        servers = tuple(server for server in route.servers if server.weight)
        made = (Backend(name, servers, asked.settings, self._namespace, key[:200]), asked.flawed)
        if self._backends.get(key) != made:
            self._backends[key] = made
            self._sink.put_backend(self._around.source, made[0], (), made[1])

    def _drop_backend(self, key: str) -> None:
        if self._backends.pop(key, None) is not None:
            self._sink.drop_backend(self._around.source, f"{self._around.source}:key/{key}")

    def _now_refers(self, key: str, references: frozenset[str]) -> None:
        before = self._references.pop(key, frozenset())
        if references:
            self._references[key] = references
        self._refer(OWNER + key, before, references)
