"""Backends: the servers of each port of a Service that anything refers to."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from discovery.kubernetes.agenda import Agenda
from discovery.kubernetes.cluster_options import ClusterOptions
from discovery.kubernetes.endpoints import Standpoint, choose, has_port
from discovery.kubernetes.key import BackendKey, Key
from discovery.kubernetes.objects import ServicePort
from discovery.kubernetes.rule_texts import Flaw, closed_by, flaws
from discovery.kubernetes.services import Service
from discovery.kubernetes.slices import Slices
from discovery.pool import Pool
from discovery.source import Sink
from ingress.model.backend import Backend, Server
from ingress.model.policy import Policy
from ingress.model.route import Origin

# A Service whose port gets another name, and its slices, are written one after the other.
RENAME_GRACE: Final = 10.0


class _Told(Struct, frozen=True, gc=False):
    """What the sink knows of a backend."""

    backend: Backend
    pool: Pool | None
    flawed: bool
    target: int
    """The numeric target of its port; 0: it has none."""


class Backends:
    """Tells a sink about backends, and only what differs from what it knows."""

    def __init__(
        self,
        options: ClusterOptions,
        sink: Sink,
        services: Mapping[Key, Service],
        slices: Slices,
        now: Callable[[], float],
        withhold: Callable[[BackendKey], bool],
    ) -> None:
        """`withhold`: what the sink has of a backend is better than nothing."""
        self._pools: dict[Key, Pool] = {}
        """What Ingresses wish for their own routes."""
        self._options = options
        self._sink = sink
        self._services = services
        self._slices = slices
        self._now = now
        self._withhold = withhold
        self._told: dict[BackendKey, _Told] = {}
        self._held_until: dict[BackendKey, float] = {}
        self.flaw: Flaw = lambda use: ""
        self._agenda: Agenda[BackendKey] = Agenda()

    def due(self) -> Iterator[BackendKey]:
        """Take out the backends that may have changed by the passing of time."""
        return self._agenda.due(self._now())

    def __contains__(self, key: BackendKey) -> bool:
        """Whether the sink knows the backend from here."""
        return key in self._told

    def join(self, ingress: Key, pool: Pool | None) -> bool:
        """An Ingress wishes this pool for its own routes; whether that is anything new."""
        if self._pools.get(ingress) == pool:
            return False
        self._pools.pop(ingress, None)
        if pool is not None:
            self._pools[ingress] = pool
        return True

    def put(self, key: BackendKey) -> None:
        """Tell the backend as it is now."""
        service = self._services.get(key.key)
        before = self._told.get(key)
        if before is None and not (service and self._slices.of(key.key)) and self._withhold(key):
            return
        told = self._translate(key, service, before)
        if before is None or replace(told, target=before.target) != before:
            self._sink.put_backend(self._options.source, told.backend, (), told.flawed, told.pool)
        self._told[key] = told

    def drop(self, key: BackendKey) -> None:
        """Tell that nothing refers to the backend any more."""
        self._held_until.pop(key, None)
        if self._told.pop(key, None) is not None:
            self._sink.drop_backend(self._options.source, key.name(self._options.source))

    def _translate(self, key: BackendKey, service: Service | None, before: _Told | None) -> _Told:
        name = key.name(self._options.source)
        port = service.port(key.port) if service else None
        if service is None or port is None or service.external_name:
            settings = service.settings if service else self._options.backend
            backend = Backend(name, (), settings, *key.key, policy=self._policy(key.key, service))
            return _Told(backend, *self._pool(key, service), 0)
        target = _numeric_target(port)
        servers = self._servers(key, service, port)
        if before and before.target == target and self._is_being_renamed(key, port):
            servers = self._still_there(key, before.backend.servers)
        policy = self._policy(key.key, service)
        backend = Backend(name, servers, service.settings_of(port), *key.key, policy=policy)
        return _Told(backend, *self._pool(key, service), target)

    def _pool(self, key: BackendKey, service: Service | None) -> tuple[Pool | None, bool]:
        """What joins the servers, and whether something of that, or of the settings, cannot be read."""
        flawed = service is not None and service.flawed
        if not key.ingress:
            return service.pool if service else None, flawed
        pool = self._pools.get((key.namespace, key.ingress))
        # Without its wish the Ingress is flawed, and an earlier version of it stays.
        return pool, flawed or pool is None

    def _policy(self, key: Key, service: Service | None) -> Policy:
        """The rules of a Service; closed as long as what they look into is not there."""
        if service is None:
            return Policy()
        origin = Origin(self._options.source, "service", *key)
        return closed_by(service.policy, flaws(service.policy, origin, self.flaw))

    def _servers(self, key: BackendKey, service: Service, port: ServicePort) -> tuple[Server, ...]:
        options = self._options
        here = Standpoint(options.zone, options.node, options.family or service.family)
        return choose(self._slices.of(key.key), port, here)

    def _is_being_renamed(self, key: BackendKey, port: ServicePort) -> bool:
        """Whether no slice has the port, while its numeric target is as it was, and not for long yet."""
        slices = self._slices.of(key.key)
        if not _numeric_target(port) or not slices or has_port(slices, port):
            self._held_until.pop(key, None)
            return False
        now = self._now()
        if key not in self._held_until:
            self._held_until[key] = now + RENAME_GRACE
            self._agenda.add(now + RENAME_GRACE, key)
        return now < self._held_until[key]

    def _still_there(self, key: BackendKey, servers: tuple[Server, ...]) -> tuple[Server, ...]:
        hosts = {endpoint.host for piece in self._slices.of(key.key) for endpoint in piece.endpoints}
        return tuple(server for server in servers if server.host in hosts)


def _numeric_target(port: ServicePort) -> int:
    """The port number of the pods where the Service says it; 0: each pod has a port of that name."""
    target = port.port if port.target_port is None else port.target_port
    return target if isinstance(target, int) else 0
