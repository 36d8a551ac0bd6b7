"""TCP listeners: a connection is given to a server of the backend, and relayed byte for byte."""

import asyncio
from ipaddress import ip_address

from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.observe.page import ServerCell, WorkerCell
from ingress.proxy.connect import open_stream
from ingress.proxy.introduction import ends_of
from ingress.proxy.relay import End, Relay
from ingress.proxy.site import Site
from ingress.wire.proxy_protocol import Ends


class TcpClient(End):
    """An accepted connection: what it says waits until a server has been found for it."""

    __slots__ = ("_backend", "_early", "_server", "_site", "_told")

    def __init__(self, site: Site, backend: BackendState, told: Ends | None = None) -> None:
        """`told`: whose connection it is, by what a proxy in front says."""
        self._told = told
        self._site = site
        self._backend = backend
        self._server: ServerState | None = None
        self._early: list[bytes] = []
        relay = Relay(site, self._over)
        super().__init__(relay)
        self.other, relay.server.other, relay.client = relay.server, self, self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept, and look for a server."""
        super().connection_made(transport)
        cells = self._site.cells
        cells[WorkerCell.TCP_CONNECTIONS] += 1
        cells[WorkerCell.TCP_CONNECTIONS_TOTAL] += 1
        self._site.spawn(self._connect(), "tcp-connect")

    def data_received(self, data: bytes) -> None:
        """Pass on what came, or keep it for the server; uvloop has one read under way when it is paused."""
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

    async def _connect(self) -> None:
        tried: tuple[ServerState, ...] = ()
        for _ in range(self._backend.settings.tries):
            server = self._backend.choose(tried) if tried else self._first()
            if server is None or self.gone:
                break
            if await self._reached(server):
                return
            self._site.cells[server.cell + ServerCell.CONNECT_FAILURES] += 1
            self._site.server_failed(self._backend, server, unreachable=True)
            tried = (*tried, server)
        self.other.gone = True
        if self.transport is not None:
            self.transport.abort()

    def _first(self) -> ServerState | None:
        """The server that the client belongs to, or the one whose turn it is."""
        affinity = self._backend.affinity
        peer = self.transport.get_extra_info("peername") if self.transport is not None else None
        if affinity is None or peer is None:
            return self._backend.choose()
        return affinity.of_address(ip_address(peer[0].removeprefix("::ffff:").partition("%")[0]).packed)

    async def _reached(self, server: ServerState) -> bool:
        """Connect to a server and begin to relay; False if it cannot be reached."""
        ends = None if self.transport is None else ends_of(self.transport, self._told)
        failure = await open_stream(self._site, self._backend, server, self.other, ends=ends)
        if failure is None and self.other.transport is not None:
            self._serve_from(server, self.other.transport)
        return failure is None

    def _serve_from(self, server: ServerState, transport: asyncio.Transport) -> None:
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
        cells[WorkerCell.TCP_BYTES_IN] += relay.bytes_in
        cells[WorkerCell.TCP_BYTES_OUT] += relay.bytes_out
        server = self._server
        if server is not None:
            server.in_flight -= 1
            cells[server.cell + ServerCell.IN_FLIGHT] -= 1
            cells[server.cell + ServerCell.BYTES_IN] += relay.bytes_in
            cells[server.cell + ServerCell.BYTES_OUT] += relay.bytes_out
