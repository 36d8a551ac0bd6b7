"""Whom to ask: a backend in force, or the addresses of a URL's host; and how they are spoken to."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

from msgspec.structs import replace

from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.model.admission import Authorize
from ingress.model.backend import Backend, BackendSettings, Server, ServerTls
from ingress.proxy.asking.line import Line
from ingress.proxy.asking.name import Name
from ingress.proxy.connect import Destination, Failure, Opening
from ingress.proxy.site import Site
from ingress.proxy.tls.to_servers import Secure

PORTS: Final = {"http": 80, "https": 443}


class End(NamedTuple):
    """The end of a connection that a URL names."""

    backend: str
    """The name of a backend in force; empty: the host is an address, or a name to be resolved."""
    scheme: str
    host: str
    port: int
    verify: bool


def end_of(action: Authorize) -> End:
    """The end that a URL names."""
    parts = urlsplit(action.url)
    port = parts.port or PORTS[parts.scheme]
    return End(action.backend, parts.scheme, parts.hostname or "", port, action.verify)


class _Way(NamedTuple):
    """What of a backend counts when a connection is opened."""

    secure: Secure | None
    settings: BackendSettings


class _Shelf(NamedTuple):
    """The idle connections to a server."""

    fact: Server
    idle: list[Line]


class Place:
    """One end that is asked, with the connections to it that are kept."""

    def __init__(self, site: Site, end: End) -> None:
        self._site = site
        self._end = end
        self._idle: dict[str, list[Line]] = {}
        self._secure: tuple[ServerTls, Secure] | None = None
        self._own: BackendState | None = None
        self._name: Name | None = None
        if not end.backend:
            self._own = site.unknown_backend(f"auth-url {end.scheme}://{end.host}:{end.port}")
            self._find(self._own)

    def _find(self, own: BackendState) -> None:
        end = self._end
        settings = self._site.settings.backend

        def put(hosts: tuple[str, ...]) -> None:
            servers = tuple(Server(host, end.port) for host in hosts)
            own.put(Backend(own.name, servers, settings), ())

        try:
            put((str(ip_address(end.host)),))
        except ValueError:
            put(())
            self._name = Name(self._site, end.host, put)

    @property
    def backend(self) -> BackendState:
        """Its servers."""
        return self._own or self._site.backend(self._end.backend)

    def when_known(self, call: Callable[[], None]) -> None:
        """Call when its addresses are known, or cannot be."""
        if self._name is None:
            call()
        else:
            self._name.when_known(call)

    def claim(self, server: ServerState) -> Line | None:
        """Take an idle connection to a server."""
        lines = self._idle.get(server.fact.address)
        if not lines:
            return None
        secure = self._way().secure
        if secure is None:
            return lines.pop()
        shelf = cast(Any, _Shelf(server.fact, lines))
        return cast("Line | None", secure.claim(shelf, cast(Any, None)))

    def open(self, server: ServerState, done: Callable[[Line, Failure | None], None]) -> None:
        """Open a connection to a server."""
        site = self._site
        site.make_room()
        # Those of addresses that are gone have nothing on them.
        self._idle = {address: lines for address, lines in self._idle.items() if lines}
        line = Line(site, server, self._idle.setdefault(server.fact.address, []))
        Opening(site, Destination(cast(Any, self._way()), server), line, lambda failure: done(line, failure))

    def blame(self, server: ServerState, *, unreachable: bool) -> None:
        """Leave a server alone for a while that cannot be asked."""
        if self._own is None:
            self._site.health.failed(self.backend, server, unreachable=unreachable)
        elif server.failed(self._site.now(), unreachable=unreachable):
            self._own.refresh()
            self._site.health.resting.add((self._own, server))

    def _way(self) -> _Way:
        """How its servers are spoken to: as is said of the backend, and else by what the URL says."""
        settings = self.backend.settings
        tls = settings.tls
        if tls is None and self._end.scheme == "https":
            tls = ServerTls(verify=self._end.verify, name=_name(self._end.host))
        if tls is None:
            return _Way(None, settings)
        if tls.of_host:
            tls = replace(tls, of_host=False, name=_name(self._end.host))
        if self._secure is None or self._secure[0] != tls:
            self._secure = tls, Secure(tls, self._site.to_servers)
        return _Way(self._secure[1], settings)


def _name(host: str) -> str:
    """What a certificate has to be made out for; empty: the address."""
    try:
        ip_address(host)
    except ValueError:
        return host.removesuffix(".")
    return ""
