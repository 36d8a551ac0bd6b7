"""TCP: a connection is given to a server of the backend, and relayed byte for byte."""

from functools import partial
from typing import NamedTuple

from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.model.listener import TcpRoute
from ingress.model.reason import Reason
from ingress.model.route import Origin
from ingress.net.transport import Transport
from ingress.observe.page import ServerCell, WorkerCell
from ingress.proxy.connect import Destination, Failure, Opening
from ingress.proxy.introduction import packed, source_of
from ingress.proxy.relay import End, Relay
from ingress.proxy.relay_line import log_relay
from ingress.proxy.site import Site
from ingress.wire.proxy_protocol import Ends


class TcpTarget(NamedTuple):
    """Who gets a connection, and why."""

    backend: BackendState
    origin: Origin | None = None
    """The object that says so."""
    name: str = ""
    """What the client has asked for, where that decides."""
    sealed: bool = False
    """What it says is TLS, and its server is to have it as it is."""


def named_target(site: Site, route: TcpRoute, name: str) -> TcpTarget:
    """Who gets the connections of a route, and what a client has asked for."""
    return TcpTarget(site.backend(route.backend), route.origin, name, sealed=not route.ended)


class TcpClient(End):
    """An accepted connection: what it says waits until a server has been found for it."""

    __slots__ = (
        "_counted",
        "_early",
        "_most_tries",
        "_site",
        "_tried",
        "address",
        "began",
        "connected",
        "server",
        "target",
        "told",
        "tries",
    )

    def __init__(self, site: Site, target: TcpTarget, told: Ends | None = None) -> None:
        """`told`: whose connection it is, by what a proxy in front says."""
        self.told = told
        self._site = site
        self.target = target
        self.address = ""
        """Where it comes from."""
        self._counted = b""
        """The same, packed, if connections are counted by that."""
        self.began = self.connected = site.now()
        self.server: ServerState | None = None
        self._early: list[bytes] = []
        self._tried: tuple[ServerState, ...] = ()
        self._most_tries = target.backend.settings.tries
        self.tries = 0
        relay = Relay(site, self._over)
        super().__init__(relay)
        self.other, relay.server.other, relay.client = relay.server, self, self

    def connection_made(self, transport: Transport) -> None:
        """Accept, and look for a server."""
        super().connection_made(transport)
        cells = self._site.cells
        cells[WorkerCell.TCP_CONNECTIONS] += 1
        cells[WorkerCell.TCP_CONNECTIONS_TOTAL] += 1
        self.address = source_of(transport, self.told)[0]
        crowded = self._crowded()
        if crowded is None:
            self._go_on(Reason.NO_ENDPOINTS)
        else:
            self._give_up(crowded)

    def _crowded(self) -> Reason | None:
        """Why it is one connection too many, if it is."""
        site = self._site
        if site.crowd is not None:
            source = packed(self.address)
            if not site.crowd.spares(source):
                self._counted = source
                if not site.crowd.enter(source):
                    return Reason.TOO_MANY_CONNECTIONS
        return Reason.OVERLOADED if len(site.relays) > site.room.clients else None

    def data_received(self, data: bytes) -> None:
        """Pass on what came, or keep it for the server."""
        if self.other.transport is None or self._early:
            self._early.append(data)
            if self.transport is not None:
                self.transport.pause_reading()
        else:
            super().data_received(data)

    def eof_received(self) -> bool:
        """The client sends no more; the server learns of it when it is there."""
        if self.other.transport is None:
            self.finished = True
            return True
        return super().eof_received()

    def _go_on(self, reason: Reason) -> None:
        """Try the next server, if there is one; if not, that is for this reason."""
        backend, server = self.target.backend, None
        if self.tries < self._most_tries and not self.gone:
            server = backend.choose(self._tried) if self._tried else self._first()
        if server is None:
            self._give_up(reason)
            return
        self.tries += 1
        to = Destination(backend, server, self.target.sealed)
        Opening(self._site, to, self.other, partial(self._heard, server), client=self)

    def _give_up(self, reason: Reason) -> None:
        """Nobody will serve it."""
        self.other.gone = True
        if self.gone:
            # It did not wait for that.
            self.relay.broken(Reason.CLIENT_CLOSED)
            self.relay.ended(self)
        elif self.transport is not None:
            self.relay.broken(reason)
            self.transport.abort()

    def _heard(self, server: ServerState, failure: Failure | None) -> None:
        """A server can be reached, or not."""
        if failure is None and self.other.transport is not None:
            self._serve_from(server, self.other.transport)
            return
        self._site.cells[server.cell + ServerCell.CONNECT_FAILURES] += 1
        self._site.health.failed(self.target.backend, server, unreachable=True)
        self._tried = (*self._tried, server)
        self._go_on(Reason.CONNECT_FAILED if failure is None else failure.reason)

    def _first(self) -> ServerState | None:
        """The server that the client belongs to, or the one whose turn it is."""
        backend = self.target.backend
        affinity = backend.affinity
        return backend.choose() if affinity is None else affinity.of_address(packed(self.address))

    def _serve_from(self, server: ServerState, transport: Transport) -> None:
        self.server = server
        self.connected = self._site.now()
        server.in_flight += 1
        cells = self._site.cells
        cells[server.cell + ServerCell.IN_FLIGHT] += 1
        cells[server.cell + ServerCell.REQUESTS] += 1
        if self.gone or self.transport is None:
            transport.abort()
            return
        self.transport.resume_reading()
        early, self._early = b"".join(self._early), []
        if early:
            super().data_received(early)
        if self.finished:
            super().eof_received()

    def _over(self, relay: Relay) -> None:
        cells = self._site.cells
        cells[WorkerCell.TCP_CONNECTIONS] -= 1
        if self._site.crowd is not None and self._counted:
            self._site.crowd.leave(self._counted)
        cells[WorkerCell.TCP_BYTES_IN] += relay.bytes_in
        cells[WorkerCell.TCP_BYTES_OUT] += relay.bytes_out
        server = self.server
        if server is not None:
            server.in_flight -= 1
            cells[server.cell + ServerCell.IN_FLIGHT] -= 1
            cells[server.cell + ServerCell.BYTES_IN] += relay.bytes_in
            cells[server.cell + ServerCell.BYTES_OUT] += relay.bytes_out
        log_relay(self)
