"""What the workers are to serve: the whole state, kept as the messages that convey it."""

from collections.abc import Iterator

from msgspec.structs import replace

from ingress.controller.rows import Rows
from ingress.model.backend import Backend
from ingress.model.change import (
    Change,
    DropAuthority,
    DropBackend,
    DropCertificate,
    DropFile,
    DropHost,
    DropListener,
    DropPlatform,
    DropTcpRoute,
    PutAuthority,
    PutBackend,
    PutCertificate,
    PutFile,
    PutHost,
    PutListener,
    PutPlatform,
    PutServers,
    PutTcpRoute,
)
from ingress.model.route import Host
from ingress.observe.page import route_key, server_key


class Published:
    """The state after all changes so far, with a row of the page for each route and server."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.hosts: dict[str, PutHost] = {}
        self.backends: dict[str, PutBackend] = {}
        self.listeners: dict[int, PutListener] = {}
        self.tcp_routes: dict[tuple[int, str], PutTcpRoute] = {}
        self.certificates: dict[str, PutCertificate] = {}
        self.authorities: dict[str, PutAuthority] = {}
        self.files: dict[str, PutFile] = {}
        self.platforms: dict[str, PutPlatform] = {}

    def everything(self) -> list[Change]:
        """The messages of a full state, in an order that names nothing before it is there."""
        return [
            *self.files.values(),
            *self.platforms.values(),
            *self.authorities.values(),
            *self.certificates.values(),
            *self.backends.values(),
            *self.listeners.values(),
            *self.tcp_routes.values(),
            *self.hosts.values(),
        ]

    def record(self, change: Change) -> Change:
        """Take a change in, and return it with its rows."""
        match change:
            case PutHost(host):
                return self._put_host(host)
            case PutBackend(backend):
                return self._put_backend(backend)
            case PutServers(name, servers):
                put = self._put_backend(replace(self.backends[name].backend, servers=servers))
                return PutServers(name, servers, put.slots)
            case PutListener(listener):
                self.listeners[listener.port] = change
            case PutTcpRoute(route):
                self.tcp_routes[route.port, route.host] = change
            case PutCertificate(certificate):
                self.certificates[certificate.name] = change
            case PutAuthority(authority):
                self.authorities[authority.name] = change
            case PutPlatform(platform):
                self.platforms[platform.name] = change
            case PutFile(file):
                self.files[file.name] = change
            case _:
                self._drop(change)
        return change

    def _put_host(self, host: Host) -> PutHost:
        slots = self._rows.take(_route_keys(host))
        # Taken before those of the predecessor are given back: what is in both must not be without a user.
        self._drop_host(host.name)
        put = self.hosts[host.name] = PutHost(host, slots)
        return put

    def _put_backend(self, backend: Backend) -> PutBackend:
        slots = self._rows.take(_server_keys(backend))
        self._drop_backend(backend.name)
        put = self.backends[backend.name] = PutBackend(backend, slots)
        return put

    def _drop(self, change: Change) -> None:
        match change:
            case DropHost(name):
                self._drop_host(name)
            case DropBackend(name):
                self._drop_backend(name)
            case DropListener(port):
                self.listeners.pop(port, None)
            case DropTcpRoute(port, host):
                self.tcp_routes.pop((port, host), None)
            case DropCertificate(name):
                self.certificates.pop(name, None)
            case DropAuthority(name):
                self.authorities.pop(name, None)
            case DropPlatform(name):
                self.platforms.pop(name, None)
            case DropFile(name):
                self.files.pop(name, None)

    def _drop_host(self, name: str) -> None:
        if put := self.hosts.pop(name, None):
            self._rows.give_back(_route_keys(put.host))

    def _drop_backend(self, name: str) -> None:
        if put := self.backends.pop(name, None):
            self._rows.give_back(_server_keys(put.backend))


def _route_keys(host: Host) -> Iterator[str]:
    for route in host.routes:
        origin = route.origin
        yield route_key(origin.namespace, origin.kind, origin.name, route.backend)


def _server_keys(backend: Backend) -> Iterator[str]:
    return (server_key(backend.name, server.address) for server in backend.servers)
