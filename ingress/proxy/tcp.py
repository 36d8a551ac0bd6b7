"""TCP: a connection is given to a server of the backend, and relayed byte for byte."""

from functools import partial

from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.net.transport import Transport
from ingress.observe.page import ServerCell, WorkerCell
from ingress.proxy.connect import Destination, Failure, Opening
from ingress.proxy.introduction import packed, source_of
from ingress.proxy.relay import End, Relay
from ingress.proxy.site import Site
from ingress.wire.proxy_protocol import Ends


class TcpClient(End):
    """An accepted connection: what it says waits until a server has been found for it."""

    __slots__ = (
        "_address",
        "_backend",
        "_early",
        "_sealed",
        "_server",
        "_site",
        "_tried",
        "_tries_left",
        "told",
    )

    def __init__(
        self, site: Site, backend: BackendState, told: Ends | None = None, *, sealed: bool = False
    ) -> None:
        """`told`: whose connection it is, by what a proxy in front says. `sealed`: what it says is TLS, and
        its server is to have it as it is."""
        self.told = told
        self._site = site
        self._backend = backend
        self._sealed = sealed
        self._address = b""
        """Where it comes from, if connections are counted by that."""
        self._server: ServerState | None = None
        self._early: list[bytes] = []
        self._tried: tuple[ServerState, ...] = ()
        self._tries_left = backend.settings.tries
        relay = Relay(site, self._over)
        super().__init__(relay)
        self.other, relay.server.other, relay.client = relay.server, self, self

    def connection_made(self, transport: Transport) -> None:
        """Accept, and look for a server."""
        super().connection_made(transport)
        cells = self._site.cells
        cells[WorkerCell.TCP_CONNECTIONS] += 1
        cells[WorkerCell.TCP_CONNECTIONS_TOTAL] += 1
        if self._is_one_too_many(transport):
            self._tries_left = 0
        self._go_on()

    def _is_one_too_many(self, transport: Transport) -> bool:
        site = self._site
        if site.crowd is not None:
            source = packed(source_of(transport, self.told)[0])
            if not site.crowd.spares(source):
                self._address = source
                if not site.crowd.enter(source):
                    return True
        return len(site.relays) > site.room.clients

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

    def _go_on(self) -> None:
        """Try the next server, if there is one."""
        server = None
        if self._tries_left and not self.gone:
            self._tries_left -= 1
            server = self._backend.choose(self._tried) if self._tried else self._first()
        if server is None:
            self.other.gone = True
            if self.transport is not None:
                self.transport.abort()
            return
        to = Destination(self._backend, server, self._sealed)
        Opening(self._site, to, self.other, partial(self._heard, server), client=self)

    def _heard(self, server: ServerState, failure: Failure | None) -> None:
        """A server can be reached, or not."""
        if failure is None and self.other.transport is not None:
            self._serve_from(server, self.other.transport)
            return
        self._site.cells[server.cell + ServerCell.CONNECT_FAILURES] += 1
        self._site.health.failed(self._backend, server, unreachable=True)
        self._tried = (*self._tried, server)
        self._go_on()

    def _first(self) -> ServerState | None:
        """The server that the client belongs to, or the one whose turn it is."""
        affinity = self._backend.affinity
        if affinity is None or self.transport is None:
            return self._backend.choose()
        return affinity.of_address(packed(source_of(self.transport, self.told)[0]))

    def _serve_from(self, server: ServerState, transport: Transport) -> None:
        self._server = server
        server.in_flight += 1
        cells = self._site.cells
        cells[server.cell + ServerCell.IN_FLIGHT] += 1
        cells[server.cell + ServerCell.REQUESTS] += 1
        if self.gone or self.transport is None:
            transport.abort()
            return
        self.transport.resume_reading()
        for data in self._early:
            super().data_received(data)
        self._early.clear()
        if self.finished:
            super().eof_received()

    def _over(self, relay: Relay) -> None:
        cells = self._site.cells
        cells[WorkerCell.TCP_CONNECTIONS] -= 1
        if self._site.crowd is not None and self._address:
            self._site.crowd.leave(self._address)
        cells[WorkerCell.TCP_BYTES_IN] += relay.bytes_in
        cells[WorkerCell.TCP_BYTES_OUT] += relay.bytes_out
        server = self._server
        if server is not None:
            server.in_flight -= 1
            cells[server.cell + ServerCell.IN_FLIGHT] -= 1
            cells[server.cell + ServerCell.BYTES_IN] += relay.bytes_in
            cells[server.cell + ServerCell.BYTES_OUT] += relay.bytes_out
