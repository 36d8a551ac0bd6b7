"""Reaching a server for one exchange: the first, and others where it is safe to try again."""

import asyncio
from typing import TYPE_CHECKING, Final

from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.filter.overrides import Patience
from ingress.model.reason import Reason
from ingress.observe.page import ServerCell, WorkerCell
from ingress.proxy.connect import Failure, connect
from ingress.proxy.doubt import untouched

if TYPE_CHECKING:
    from ingress.proxy.exchange import Exchange
    from ingress.proxy.upstream import Upstream

IDEMPOTENT: Final = frozenset((b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE", b"TRACE"))
"""Methods of which a second execution does no harm (RFC 9110, 9.2.2)."""

IN_FLIGHT: Final = int(ServerCell.IN_FLIGHT)
REQUESTS: Final = int(ServerCell.REQUESTS)
REUSED: Final = int(WorkerCell.UPSTREAM_REUSED_TOTAL)

ACKNOWLEDGED: Final = 0.25
"""Seconds within which a kernel acknowledges what it has got: Linux delays that by 200 ms at most."""
PAUSE: Final = 0.1
"""Seconds before the same server is tried again that has just refused."""


class Attempt:
    """The tries of one exchange: which servers it was on, and which one has it now."""

    __slots__ = (
        "_timer",
        "_waits",
        "abandoned",
        "backend",
        "exchange",
        "server",
        "server_ticks",
        "stream_ticks",
        "tried",
        "tries",
        "upstream",
    )

    def __init__(self, exchange: "Exchange", backend: BackendState) -> None:
        self.exchange = exchange
        self.backend = backend
        self.server_ticks = self.backend.server_ticks
        """Whole seconds that the server may be silent for before its answer."""
        self.stream_ticks = self.backend.stream_ticks
        """The same within its answer."""
        overrides = self.exchange.request.overrides
        patience: Patience | None = None if overrides is None else overrides.patience
        if patience is not None:
            self.server_ticks = patience.server_ticks
            self.stream_ticks = patience.stream_ticks
        self.server: ServerState | None = None
        self.upstream: Upstream | None = None
        self.tried: tuple[ServerState, ...] = ()
        self.tries = 0
        self.abandoned = False
        self._timer: asyncio.TimerHandle | None = None
        self._waits = False

    def start(self, server: ServerState) -> None:
        """Give the request to a server: on an idle connection, or on a new one."""
        site = self.exchange.site
        self.server = server
        self.tries += 1
        self._waits = True
        server.in_flight += 1
        cells = site.cells
        cells[server.cell + IN_FLIGHT] += 1
        cells[server.cell + REQUESTS] += 1
        # The last try gets a fresh connection: several idle ones may have been closed at once.
        fresh = self.tries > 1 and self.tries >= self.backend.tries
        upstream: Upstream | None = None
        if not fresh:
            secure = self.backend.secure
            upstream = server.claim() if secure is None else secure.claim(server, self.exchange.request)  # type: ignore[assignment]
        if upstream is None:
            connect(self, server)
        else:
            cells[REUSED] += 1
            self._send(upstream)

    def connected(self, upstream: "Upstream") -> None:
        """A new connection is there."""
        exchange = self.exchange
        exchange.connected = exchange.site.now()
        self._send(upstream)

    def _send(self, upstream: "Upstream") -> None:
        exchange = self.exchange
        self.upstream = upstream
        if self.backend.server_host and self.server is not None:
            exchange.request.edit(b"Host", [self.server.fact.address.encode()])
        body = exchange.body
        if body is None:
            upstream.begin(self, exchange.head())
        else:
            upstream.begin(self, exchange.head() + body.pending())
            body.sent_all()
            exchange.client.release()
        limit = self.backend.try_limit
        if limit:
            self._timer = exchange.site.loop.call_later(limit, self._try_expired)

    def answered(self) -> None:
        """The server has begun to answer: from here on there is no other try."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def part(self) -> None:
        """The server has this request no longer."""
        if self._timer is not None:
            self.answered()
        server = self.server
        if server is not None and self._waits:
            self._waits = False
            server.in_flight -= 1
            self.exchange.site.cells[server.cell + IN_FLIGHT] -= 1

    def abandon(self) -> None:
        """The exchange needs no server any more."""
        self.abandoned = True
        self.part()
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.abort()

    # Failures before the first byte of an answer.

    def connect_failed(self, failure: "Failure") -> None:
        """Nobody accepted: nothing was sent, so any method may go elsewhere."""
        self._lost(ServerCell.CONNECT_FAILURES, unreachable=True, why=failure.why)
        if not self._go_on(WorkerCell.REDISPATCHES_TOTAL):
            self.exchange.fail(failure.reason)

    def connection_failed(self, reason: Reason, *, untouched: bool, fresh: bool, unreachable: bool) -> None:
        """The connection ended, or answered nonsense, before the head of an answer.

        Untouched: the server cannot have read a byte of the request, so it cannot have been processed.
        A connection that was used before and closed between two requests says nothing against the server.
        """
        self._lost(ServerCell.FAILURES, unreachable=unreachable, blame=fresh or unreachable)
        may_resend = untouched or (
            self.exchange.request.method in IDEMPOTENT
            and (self.exchange.request.overrides is None or self.exchange.request.overrides.retries)
        )
        if not (may_resend and self._go_on(WorkerCell.RETRIES_TOTAL)):
            self.exchange.fail(reason)

    def broken_off(self, reason: Reason) -> None:
        """The answer has begun and will not end: that counts against the server, and the client must
        see it."""
        self._lost(ServerCell.FAILURES, unreachable=False)
        self.exchange.broken_off(reason)

    def _try_expired(self) -> None:
        """The time for one try is over."""
        upstream = self.upstream
        if upstream is None:
            return
        if self.exchange.awaits_client:
            limit = self.backend.try_limit
            self._timer = self.exchange.site.loop.call_later(limit, self._try_expired)
            return
        # Until then a kernel may keep an acknowledgement back.
        waited = self.backend.try_limit >= ACKNOWLEDGED
        unread = waited and untouched(upstream, None)
        upstream.abort()
        self.connection_failed(Reason.TIMEOUT_SERVER, untouched=unread, fresh=True, unreachable=False)

    def _lost(self, cell: ServerCell, *, unreachable: bool, blame: bool = True, why: str = "") -> None:
        self.part()
        self.upstream = None
        server = self.server
        if server is None:
            return
        site = self.exchange.site
        site.cells[server.cell + cell] += 1
        if blame:
            site.health.failed(self.backend, server, unreachable=unreachable, why=why)
        self.tried = (*self.tried, server)

    def _go_on(self, counter: WorkerCell) -> bool:
        """Try another server, if one is left, the time is not over, and the request is still whole."""
        exchange = self.exchange
        site = exchange.site
        settings = self.backend.settings
        if self.tries >= self.backend.tries or (exchange.body is not None and not exchange.body.complete):
            return False
        if site.now() - exchange.started > settings.timeout_server:
            return False
        server = self.backend.choose(self.tried)
        if server is None:
            return False
        site.cells[counter] += 1
        if server in self.tried and counter is WorkerCell.REDISPATCHES_TOTAL:
            self._timer = site.loop.call_later(PAUSE * self.tries, self._start_unless_abandoned)
        else:
            self.start(server)
        return True

    def _start_unless_abandoned(self) -> None:
        self._timer = None
        if self.abandoned:
            return
        server = self.backend.choose(self.tried)
        if server is None:
            self.exchange.fail(Reason.NO_ENDPOINTS)
        else:
            self.start(server)
