"""Small objects as sources say them, and a worker that takes every message by its word."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from discovery.assemble import Assembly
from discovery.source import Claim, Translation
from ingress.model.backend import Backend, BackendSettings, Server
from ingress.model.change import (
    Change,
    DropAuthority,
    DropBackend,
    DropCertificate,
    DropHost,
    DropListener,
    DropTcpRoute,
    PutAuthority,
    PutBackend,
    PutCertificate,
    PutHost,
    PutListener,
    PutServers,
    PutTcpRoute,
)
from ingress.model.listener import TcpListener, TcpRoute
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin, PathKind, Route


class Facts:
    """Short ways to write what a source says."""

    def origin(self, name: str, namespace: str = "team-a", source: str = "kubernetes") -> Origin:
        return Origin(source, "ingress", namespace, name)

    def asks(
        self,
        origin: Origin,
        *places: str,
        backend: str = "shop",
        created: str = "",
        problems: Iterable[Problem] = (),
        flawed: bool = False,
        closed: str = "",
        ports: Iterable[int] = (),
        names: Iterable[str] = (),
        port: int = 0,
    ) -> Translation:
        """A translation with a prefix route for each `host/path`; and a TCP route for each of `names`."""
        claims = []
        for place in places:
            host, slash, path = place.partition("/")
            route = Route(PathKind.PREFIX, slash + path, backend, origin, Policy(closed=closed))
            claims.append(Claim(host, route))
        listeners = tuple(TcpListener(port, backend, origin) for port in ports)
        routes = tuple(TcpRoute(name, backend, origin, port) for name in names)
        return Translation(tuple(claims), listeners, tuple(problems), created, flawed, tcp_routes=routes)

    def backend(self, name: str = "shop", *hosts: str, settings: BackendSettings | None = None) -> Backend:
        servers = tuple(Server(host, 80) for host in hosts)
        return Backend(name, servers, settings or BackendSettings(), "team-a", name)


class Worker:
    """Does what messages say, and fails if one refers to what is not there."""

    def __init__(self) -> None:
        self.backends: dict[str, Backend] = {}
        self.hosts: dict[str, Any] = {}
        self.ports: dict[int, TcpListener] = {}
        self.certificates: dict[str, Any] = {}
        self.authorities: dict[str, Any] = {}
        self.tcp_routes: dict[tuple[int, str], TcpRoute] = {}

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if isinstance(change, PutTcpRoute):
                self.tcp_routes[change.route.port, change.route.host] = change.route
            elif isinstance(change, DropTcpRoute):
                del self.tcp_routes[change.port, change.host]
            else:
                self._apply(change)

    def _apply(self, change: Change) -> None:
        match change:
            case PutBackend(backend):
                self.backends[backend.name] = backend
            case PutServers(name, servers):
                old = self.backends[name]
                self.backends[name] = Backend(name, servers, old.settings, old.namespace, old.service)
            case DropBackend(name):
                del self.backends[name]
            case PutHost(host):
                self.hosts[host.name] = host
            case DropHost(name):
                del self.hosts[name]
            case PutListener(listener):
                self.ports[listener.port] = listener
            case DropListener(port):
                del self.ports[port]
            case PutCertificate(certificate):
                self.certificates[certificate.name] = certificate
            case DropCertificate(name):
                del self.certificates[name]
            case PutAuthority(authority):
                self.authorities[authority.name] = authority
            case DropAuthority(name):
                del self.authorities[name]

    @property
    def state(self) -> tuple[dict[Any, Any], ...]:
        routes = self.hosts, self.ports, self.tcp_routes
        return self.backends, *routes, self.certificates, self.authorities

    def owner(self, place: str) -> str:
        """The object that has a `host/path`; empty: nobody."""
        host, slash, path = place.partition("/")
        routes = self.hosts[host].routes if host in self.hosts else ()
        return next((route.origin.name for route in routes if route.path == slash + path), "")


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def make_worker() -> Callable[[], Worker]:
    return Worker


@pytest.fixture
def assembly() -> Assembly:
    return Assembly(("kubernetes", "files"))
