"""Changes: what workers are told, in an order in which nothing refers to what is not there yet."""

from collections.abc import Hashable, Iterator
from itertools import chain
from typing import NamedTuple, TypeVar

from discovery.assemble.ledger import Difference, Ledger
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
from ingress.model.listener import Authority, Certificate, TcpListener, TcpRoute
from ingress.model.patterns import PatternFile
from ingress.model.platform import Platform
from ingress.model.route import Host

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


NameKey = tuple[int, str]
"""The port and the host of a TCP route."""


class Ledgers(NamedTuple):
    """What workers have been told of each thing there is."""

    backends: Ledger[str, Backend]
    certificates: Ledger[str, Certificate]
    hosts: Ledger[str, Host]
    ports: Ledger[int, TcpListener]
    files: Ledger[str, PatternFile]
    authorities: Ledger[str, Authority]
    platforms: Ledger[str, Platform]
    tcp_routes: Ledger[NameKey, TcpRoute]


def difference(ledgers: Ledgers) -> list[Change]:
    """What differs from what was told: backends before the hosts that use them, what goes last."""
    backends = list(ledgers.backends.settle())
    certificates = list(ledgers.certificates.settle())
    hosts = list(ledgers.hosts.settle())
    ports = list(ledgers.ports.settle())
    files = list(ledgers.files.settle())
    authorities = list(ledgers.authorities.settle())
    platforms = list(ledgers.platforms.settle())
    tcp_routes = list(ledgers.tcp_routes.settle())
    puts: Iterator[Change] = chain(
        (PutFile(each.after) for each in files if each.after),
        (PutAuthority(each.after) for each in authorities if each.after),
        (PutCertificate(each.after) for each in certificates if each.after),
        (_put_backend(each.before, each.after) for each in backends if each.after),
        (PutPlatform(each.after) for each in platforms if each.after),
        (PutHost(each.after) for each in hosts if each.after),
        (PutListener(each.after) for each in ports if each.after),
        (PutTcpRoute(each.after) for each in tcp_routes if each.after),
    )
    drops: Iterator[Change] = chain(
        (DropTcpRoute(*key) for key in _gone(tcp_routes)),
        (DropListener(port) for port in _gone(ports)),
        (DropHost(name) for name in _gone(hosts)),
        (DropPlatform(name) for name in _gone(platforms)),
        (DropBackend(name) for name in _gone(backends)),
        (DropCertificate(name) for name in _gone(certificates)),
        (DropAuthority(name) for name in _gone(authorities)),
        (DropFile(name) for name in _gone(files)),
    )
    return [*puts, *drops]


def everything(ledgers: Ledgers) -> Iterator[Change]:
    """All that was told, for somebody who knows nothing; later changes do not disturb it."""
    backends = list(ledgers.backends.told.values())
    certificates = list(ledgers.certificates.told.values())
    hosts = list(ledgers.hosts.told.values())
    ports = list(ledgers.ports.told.values())
    files = list(ledgers.files.told.values())
    authorities = list(ledgers.authorities.told.values())
    platforms = list(ledgers.platforms.told.values())
    tcp_routes = list(ledgers.tcp_routes.told.values())
    return chain(
        map(PutFile, files),
        map(PutAuthority, authorities),
        map(PutCertificate, certificates),
        map(PutBackend, backends),
        map(PutPlatform, platforms),
        map(PutHost, hosts),
        map(PutListener, ports),
        map(PutTcpRoute, tcp_routes),
    )


def _gone(differences: list[Difference[K, V]]) -> Iterator[K]:
    return (each.key for each in differences if each.after is None)


def _put_backend(before: Backend | None, after: Backend) -> PutBackend | PutServers:
    if before is None or _apart_from_servers(before) != _apart_from_servers(after):
        return PutBackend(after)
    return PutServers(after.name, after.servers)


def _apart_from_servers(backend: Backend) -> tuple[object, ...]:
    settings = backend.settings, backend.policy, backend.groups, backend.enough
    return *settings, backend.namespace, backend.service
