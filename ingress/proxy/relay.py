"""Bytes both ways between two connections, unread: tunnels after an upgrade, and TCP listeners."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ingress.model.reason import Reason
from ingress.net.transport import Transport
from ingress.observe.page import WorkerCell
from ingress.proxy.course import PIECE
from ingress.proxy.flow import Flow, shorten
from ingress.proxy.site import Site

if TYPE_CHECKING:
    from ingress.proxy.exchange import Exchange

BETWEEN: Final = 1
"""Ticks that a half-closed relay outlives its time limit by, at most: the sweep's own step."""


class Relay:
    """Two ends that belong together; over when both are gone."""

    __slots__ = (
        "_on_over",
        "_patience",
        "bytes_in",
        "bytes_out",
        "client",
        "deadline",
        "reason",
        "server",
        "site",
    )

    def __init__(self, site: Site, on_over: Callable[["Relay"], None], patience: int = 0) -> None:
        """`patience`: ticks for which nothing may move; 0: as the settings say."""
        self.site = site
        self._patience = (patience or int(site.limits.timeout_tunnel)) + BETWEEN
        self.client = End(self)
        self.server = End(self)
        self.client.other, self.server.other = self.server, self.client
        self.bytes_in = self.bytes_out = 0
        self.deadline = 0
        self.reason = ""
        """What has ended it, if that was neither end by itself."""
        self._on_over = on_over
        self.moved()
        site.relays.add(self)

    def moved(self) -> None:
        """Something came: the time limit begins anew."""
        self.deadline = self.site.tick + self._patience

    def ended(self, end: "End") -> None:
        """One end is gone: the other has what was sent to it delivered, and ends too."""
        other = end.other
        if not other.gone:
            if other.transport is not None:
                other.transport.close()
            return
        if self in self.site.relays:
            self.site.relays.discard(self)
            self._on_over(self)

    def broken(self, reason: Reason) -> None:
        """It ends, or has, for that reason, unless there was another one before."""
        self.reason = self.reason or reason

    def expired(self) -> None:
        """Nothing has moved for too long."""
        self.broken(Reason.TIMEOUT_TUNNEL)
        for end in (self.client, self.server):
            if end.transport is not None and not end.gone:
                end.transport.abort()


class End:
    """One of the two connections, an `asyncio.Protocol` in all but name."""

    __slots__ = ("finished", "flow", "gone", "other", "relay", "transport")

    other: "End"

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.transport: Transport | None = None
        self.gone = False
        self.finished = False
        self.flow: Flow | None = None
        """What it says goes to the other end within the kernel."""

    def connection_made(self, transport: Transport) -> None:
        """The connection is there."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Pass on what came."""
        size = len(data)
        self.passed(size)
        other = self.other.transport
        if other is not None:
            other.write(data)
            if size >= PIECE:
                shorten(self)

    def passed(self, count: int) -> None:
        """So many bytes of this end are on their way to the other."""
        relay = self.relay
        relay.moved()
        if self is relay.client:
            relay.bytes_in += count
        else:
            relay.bytes_out += count

    def pause_writing(self) -> None:
        """This end takes bytes more slowly than the other one gives them."""
        other = self.other.transport
        if other is not None and not other.is_closing():
            other.pause_reading()

    def resume_writing(self) -> None:
        """This end has caught up."""
        other = self.other.transport
        if other is not None and not other.is_closing() and not shorten(self.other):
            other.resume_reading()

    def eof_received(self) -> bool:
        """This end sends no more; it may still be sent to, until the other end has finished too."""
        self.finished = True
        other = self.other.transport
        if other is None or self.other.gone or self.other.finished:
            return False
        other.write_eof()
        return True

    def reset(self) -> None:
        """This end has reset its connection."""
        self.relay.broken(Reason.CLIENT_CLOSED if self is self.relay.client else Reason.SERVER_ABORTED)
        if self.transport is not None:
            self.transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """This end is gone."""
        if error is not None:
            self.reset()
        for end in (self, self.other):
            if end.flow is not None:
                end.flow.stop()
        self.gone = True
        self.relay.ended(self)


def tunnel(exchange: "Exchange") -> None:
    """Turn the two connections of an exchange into the ends of a relay (RFC 9110, 7.8)."""
    site = exchange.site
    client, attempt = exchange.client, exchange.attempt
    upstream = attempt.upstream if attempt is not None else None
    if upstream is None:
        return

    def over(relay: Relay) -> None:
        site.cells[WorkerCell.TUNNELS] -= 1
        exchange.tunnel_closed(relay)
        client.connection_lost(None)
        upstream.connection_lost(None)

    site.outbox.flush()
    overrides = exchange.request.overrides
    relay = Relay(site, over, 0 if overrides is None else overrides.tunnel_ticks)
    client.exchange = None
    upstream.attempt = None
    for end, connection in ((relay.client, client), (relay.server, upstream)):
        end.connection_made(connection.transport)
        connection.deadline = 1 << 60
        connection.transport.set_protocol(end)
    site.cells[WorkerCell.TUNNELS] += 1
    site.cells[WorkerCell.TUNNELS_TOTAL] += 1
    client.tunnelled = True
    client.release()
    if client.rest:
        relay.client.data_received(client.rest)
    if client.ended:
        relay.client.eof_received()
