"""A client's connection: heads are read here, and given to one exchange after another."""

from typing import Final

from ingress.acl.network import masks_of
from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.filter.reply import in_words
from ingress.model.reason import Reason
from ingress.model.settings import Settings
from ingress.net.transport import Transport
from ingress.observe.page import WorkerCell
from ingress.proxy.account import account_refusal
from ingress.proxy.exchange import Exchange
from ingress.proxy.introduction import ends_of, packed, source_of
from ingress.proxy.moved import Moved
from ingress.proxy.site import NEVER, Site
from ingress.proxy.tls.session import TlsSession
from ingress.wire.partial import check_partial
from ingress.wire.proxy_protocol import Ends
from ingress.wire.refusal import Refusal
from ingress.wire.request import parse_request
from ingress.wire.scan import after_head

CONNECTIONS: Final = int(WorkerCell.CONNECTIONS)
CONNECTIONS_TOTAL: Final = int(WorkerCell.CONNECTIONS_TOTAL)
CR: Final = 13
UNBEGUN: Final = (b"", b"\r")
"""What may be left of empty lines before a request."""


class Door:
    """What is the same for all connections of one listener: its port, its scheme, whom it trusts."""

    def __init__(self, settings: Settings, port: int, *, tls: bool) -> None:
        self.port = port
        self.tls = tls
        self.scheme = b"https" if tls else b"http"
        self.fields = b"X-Forwarded-Proto: %b\r\nX-Forwarded-Port: %d\r\n" % (self.scheme, port)
        """The header lines towards servers that are the same for all who come here."""
        self.trusted = masks_of(settings.trusted_proxies)
        self.forwarded = settings.forwarded
        self.idle_ticks = int(settings.limits.timeout_idle) + 1
        self.client_ticks = int(settings.limits.timeout_client) + 1
        self.via = b"Via: 1.1 headgate\r\n" if settings.via else b""

    def trusts(self, address: bytes) -> bool:
        """Whether X-Forwarded-* fields of the peer with this packed address are believed."""
        networks = self.trusted[len(address)]
        return networks.any and networks.hold(address)


class ClientConnection:
    """One accepted connection, an `asyncio.Protocol` in all but name.

    At most one exchange at a time uses it; what the client sends beyond that waits in `rest`.
    """

    __slots__ = (
        "_deaf",
        "_lingering",
        "_taking",
        "_write",
        "address",
        "address_text",
        "deadline",
        "door",
        "ended",
        "exchange",
        "fields",
        "full",
        "held",
        "log_part",
        "moved",
        "rest",
        "session",
        "site",
        "surroundings",
        "tls",
        "told",
        "transport",
        "trusted",
        "tunnelled",
    )

    transport: Transport

    def __init__(self, site: Site, door: Door, told: Ends | None = None) -> None:
        """`told`: whose connection it is, by what a proxy in front says."""
        self.site = self.surroundings = site
        """The latter is the name by which rules ask of the world."""
        self.told = told
        self.door = door
        self.tls = door.tls
        self.session: TlsSession | None = None
        self.exchange: Exchange | None = None
        self.rest = b""
        self.deadline = NEVER
        self.moved: Moved | None = None
        """Rules take it for one from elsewhere, for the request under way."""
        self._taking = False
        self._deaf = False
        """What else it sends is not looked at: its last answer is given."""
        self._lingering = False
        self.held = False
        self.tunnelled = False
        """Its bytes go through a tunnel; the relay decides when it ends."""
        self.ended = False
        """It has sent all it will ever send."""
        self.full = False
        """More of the answer is under way than the client has taken."""

    def connection_made(self, transport: Transport) -> None:
        """Learn whose it is, once for all its requests."""
        self.transport = transport
        self._write = self.transport.write
        if self.tls:
            self.session = transport.get_extra_info("tls_session")
        site = self.site
        text = source_of(transport, self.told)[0]
        self.settle(packed(text), text)
        self.trusted = self.door.trusts(self.address)
        self.deadline = site.tick + int(site.limits.timeout_first) + 1
        site.clients.add(self)
        site.cells[CONNECTIONS_TOTAL] += 1
        site.cells[CONNECTIONS] += 1
        crowded = site.crowd is not None and not self.trusted and not site.crowd.enter(self.address)
        if len(site.clients) > site.room.clients:
            self.refuse(Refusal(503, Reason.OVERLOADED, "too many connections"), b"")
        elif crowded:
            detail = f"more than {site.limits.connections_per_client} connections from your address"
            self.refuse(Refusal(429, Reason.TOO_MANY_CONNECTIONS, detail), b"")

    def settle(self, address: bytes, text: str) -> None:
        """Be known by that address, packed and as a text."""
        self.address = address
        self.address_text = text.encode("ascii")
        self.fields = self._fields()
        self.log_part = b'"client":"%b"' % self.address_text

    def take_for(self, place: str, address: bytes | None, port: int | None) -> None:
        """For the request under way, take this for its `source` or its `destination`; None: as it is."""
        if self.moved is None:
            self.moved = Moved(self)
        self.moved.take(self, place, address, port)

    def _fields(self) -> bytes:
        """The header lines towards servers that are the same for each request from an untrusted peer."""
        text = self.address_text
        return b"X-Forwarded-For: %b\r\nX-Real-IP: %b\r\n%b" % (text, text, self.door.fields)

    @property
    def request_id(self) -> bytes:
        """Of the request under way."""
        return b"" if self.exchange is None else self.exchange.request_id

    @property
    def server(self) -> ServerState | None:
        """Which server has the request under way, or had it last."""
        attempt = None if self.exchange is None else self.exchange.attempt
        return None if attempt is None else attempt.server

    @property
    def backend(self) -> BackendState | None:
        """Where the request under way goes, as far as is known."""
        exchange = self.exchange
        if exchange is None or exchange.target is None:
            return None
        return exchange.backend or exchange.target.backend

    @property
    def port(self) -> int:
        """Of the client."""
        if self.moved is not None and self.moved.source_port is not None:
            return self.moved.source_port
        return source_of(self.transport, self.told)[1]

    @property
    def local(self) -> tuple[bytes, int]:
        """The address it came to, packed, and the port."""
        text, port = ends_of(self.transport, self.told).target
        there = packed(text), port
        return there if self.moved is None else self.moved.local(*there)

    def data_received(self, data: bytes) -> None:
        """Bytes of a head, of the body of the exchange under way, or of requests after it."""
        exchange = self.exchange
        if exchange is not None:
            exchange.client_data(data)
        elif not self._deaf:
            self._take(self.rest + data if self.rest else data)

    def _take(self, data: bytes) -> None:
        """Start an exchange as soon as its head is complete, and the next when it is over at once."""
        if self.full:
            # One answer after another would wait for it in memory.
            self.rest = data
            self.hold()
            return
        site = self.site
        self._taking = True
        waited = bool(self.rest)
        while data and self.exchange is None and not self._deaf and not self.full:
            self.rest = b""
            try:
                if data[0] == CR:
                    data = without_empty_lines(data)
                end = after_head(data)
                if not end:
                    self._wait_for_head(data, waited=waited)
                    break
                whole = end == len(data)
                request = parse_request(data if whole else data[:end], site.limits)
                self.deadline = NEVER
                exchange = self.exchange = Exchange(site, self, request)
                exchange.begin(b"" if whole else data[end:])
            except Refusal as refusal:
                self.refuse(refusal, data)
                break
            except Exception:
                # A fault of ours costs this request, and the worker goes on.
                self.fault()
                break
            data, waited = self.rest, False
        self._taking = False

    def _wait_for_head(self, data: bytes, *, waited: bool) -> None:
        """Keep what has come of a head; its time runs from its first byte, whatever trickles in after."""
        site = self.site
        if data not in UNBEGUN:
            check_partial(data, site.limits)
        if self.ended:
            # The rest of it will not come.
            self._close()
            return
        if not waited:
            self.deadline = site.tick + int(site.limits.timeout_request) + 1
        self.rest = data

    def fault(self) -> None:
        """Answer what is under way with 500, for the exception that is being handled."""
        self.site.report_fault()
        exchange = self.exchange
        if exchange is None:
            self.refuse(Refusal(500, Reason.INTERNAL, "a fault of the proxy"), b"")
        elif not exchange.over:
            exchange.keep = False
            exchange.abandon()
            exchange.fail(Reason.INTERNAL)

    def exchange_done(self, keep: bool, linger: bool) -> None:
        """The exchange is over: wait for the next request, or leave."""
        self.exchange = None
        if self.moved is not None:
            self.moved.put_back(self)
        if linger:
            self._linger()
        elif not keep:
            self._close()
        else:
            if not self.full:
                self.deadline = self.site.tick + self.door.idle_ticks
            if self.rest:
                if not self._taking:
                    self._take(self.rest)
            elif self.ended:
                self._close()

    def _close(self) -> None:
        """End the connection behind what is still to be written, if that is taken."""
        self._deaf = True
        self.deadline = self.site.tick + self.door.client_ticks
        self.site.outbox.end(self._write, self.transport.write_last)

    def write(self, data: bytes) -> None:
        """Send bytes to the client, behind those that wait already."""
        self.site.outbox.put(self._write, data)

    def refuse(self, refusal: Refusal, data: bytes) -> None:
        """Answer bytes that are no request; nothing that follows them is looked at."""
        reply = in_words(refusal.status, refusal.reason, refusal.detail)
        head_only = data.startswith(b"HEAD ")
        self.write(reply.render(b"Connection: close\r\n" + self.site.date(), head_only=head_only))
        account_refusal(self, refusal, data, 0 if head_only else len(reply.body))
        self._linger()

    def hold(self) -> None:
        """Read no more for now: what has come cannot be given on yet."""
        if not self.held and not self.transport.is_closing():
            self.held = True
            self.transport.pause_reading()

    def release(self) -> None:
        """Read again."""
        if self.held and not self.transport.is_closing():
            self.held = False
            self.transport.resume_reading()

    def _linger(self) -> None:
        """Read on to no purpose after a last answer, so that the client can read that answer before the
        kernel resets the connection (RFC 9112, 9.6)."""
        self._deaf = self._lingering = True
        self.rest = b""
        self.site.outbox.flush()
        self.deadline = self.site.tick + int(self.site.limits.timeout_linger) + 1
        self.transport.write_eof()

    def eof_received(self) -> bool:
        """The client sends no more: what it asked is still answered."""
        self.ended = True
        self.site.outbox.flush()
        if self.exchange is None:
            return self.full and bool(self.rest)
        return self.exchange.client_eof()

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone, and with it the exchange it waits for."""
        site = self.site
        site.clients.discard(self)
        site.cells[CONNECTIONS] -= 1
        self.deadline = NEVER
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.client_gone()
        if self.moved is not None:
            self.moved.put_back(self)
        if site.crowd is not None and not self.trusted:
            site.crowd.leave(self.address)

    def pause_writing(self) -> None:
        """The client takes the answer more slowly than the server gives it."""
        self.full = True
        self.deadline = self.site.tick + self.door.client_ticks
        if self.exchange is not None:
            self.exchange.hold_server()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self.full = False
        if self.exchange is not None:
            self.deadline = NEVER
            self.exchange.release_server()
        elif not self._deaf:
            self.deadline = self.site.tick + self.door.idle_ticks
            self.release()
            if self.rest and not self._taking:
                self._take(self.rest)

    def leave(self) -> None:
        """Close the connection, on which nothing is under way."""
        if self._lingering:
            self.transport.abort()
        else:
            self.deadline = self.site.tick + self.door.client_ticks
            self.transport.close()

    def expired(self) -> None:
        """The deadline of whatever the connection waits for has passed."""
        exchange = self.exchange
        if exchange is not None and not exchange.awaits_client:
            # It is the server's turn, which has a time limit of its own.
            self.deadline = self.site.tick + self.door.client_ticks
        elif exchange is not None:
            exchange.client_expired()
        elif self.full or self.transport.is_closing():
            # It does not take what it was answered.
            self.transport.abort()
        elif self.rest and not self._lingering:
            late = Refusal(408, Reason.TIMEOUT_REQUEST, "the request did not arrive in time")
            self.refuse(late, self.rest)
        else:
            self.leave()


def without_empty_lines(data: bytes) -> bytes:
    """What follows the empty lines before a request (RFC 9112, 2.2). A lone CR is refused, unless the
    LF may still come."""
    at = 0
    while data.startswith(b"\r\n", at):
        at += 2
    if data[at : at + 1] == b"\r" and at + 1 < len(data):
        raise Refusal(400, Reason.BAD_REQUEST, "a bare CR before the request")
    return data[at:]
