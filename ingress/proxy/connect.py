"""Opening connections to servers: the one thing an exchange has to wait for."""

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.model.reason import Reason
from ingress.net.stream import Stream, dial
from ingress.observe.page import WorkerCell
from ingress.proxy.introduction import Client, introducing
from ingress.proxy.upstream import Upstream
from ingress.wire.request import Request

if TYPE_CHECKING:
    from ingress.proxy.attempt import Attempt
    from ingress.proxy.site import Site
    from ingress.proxy.tls.dialed import Dialed


class Failure(NamedTuple):
    """Why there is no connection."""

    reason: Reason
    why: str
    """In words, for who looks at the server."""


class Destination(NamedTuple):
    """Where a connection goes."""

    backend: BackendState
    server: ServerState
    sealed: bool = False
    """What it carries is TLS of a client already, so it is given none of ours."""


OPENED: Final = int(WorkerCell.UPSTREAM_OPENED_TOTAL)
MICROSECONDS: Final = int(WorkerCell.CONNECT_MICROSECONDS)
UNREACHABLE: Final = Failure(Reason.CONNECT_FAILED, "unreachable")


class Opening:
    """A connection that is being opened, and secured where that is asked."""

    __slots__ = ("_dialed", "_done", "_over", "_secure", "_site", "_stream")

    def __init__(
        self,
        site: "Site",
        to: Destination,
        user: Any,
        done: Callable[[Failure | None], None],
        request: Request | None = None,
        client: Client | None = None,
    ) -> None:
        """`user` reads the connection, and `done` learns why there is none, or that it is there; not before
        this returns. It is for a request, on behalf of a client, or for nobody."""
        backend, server, sealed = to
        secure = None if sealed else backend.secure
        self._site = site
        self._done = done
        self._over = False
        self._stream: Stream | None = None
        self._secure = secure is not None
        self._dialed: Dialed | None = None
        settings = backend.settings
        try:
            if secure is not None:
                self._dialed = secure.dial(user, server, request, self._secured)
            reader = introducing(settings, client, user if self._dialed is None else self._dialed)
            self._stream = dial(site.poller, server.fact.host, server.fact.port, reader, self)
        except OSError as error:
            refused = error
            site.poller.later(lambda: self.failed(refused))
            return
        site.poller.deadlines.add(self, settings.timeout_connect)

    def opened(self) -> None:
        """TCP is there."""
        if not self._secure:
            self._finish(None)

    def failed(self, error: Exception) -> None:
        """There will be no connection."""
        if not self._over:
            self._finish(self._failure(error) if self._secure else UNREACHABLE)

    def expired(self) -> None:
        """It takes too long."""
        if self._stream is not None:
            self._stream.abort()
        self.failed(TimeoutError())

    def _secured(self, error: OSError | None) -> None:
        """The handshake is over, one way or the other."""
        if error is not None:
            self.failed(error)
        elif not self._over and self._dialed is not None:
            self._site.count(WorkerCell.SERVER_HANDSHAKES_TOTAL)
            self._site.count(WorkerCell.SERVER_HANDSHAKES_RESUMED_TOTAL, self._dialed.resumed)
            self._finish(None)

    def _finish(self, failure: Failure | None) -> None:
        self._over = True
        self._site.poller.deadlines.discard(self)
        self._done(failure)

    def _failure(self, error: Exception) -> Failure:
        """What a connection that was to be secured has failed by: by TCP, or by TLS and what it needs."""
        dialed = self._dialed
        if dialed is not None:
            if not dialed.is_connected:
                return UNREACHABLE
            dialed.abort()
        self._site.count(WorkerCell.SERVER_HANDSHAKES_FAILED_TOTAL)
        return Failure(Reason.TLS_FAILED, f"TLS handshake failed: {_in_words(error)}")


def _in_words(error: Exception) -> str:
    """What went wrong, without the library's own places in its code."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return "not in time" if isinstance(error, TimeoutError) else str(error)[:200]


def connect(attempt: "Attempt", server: ServerState) -> None:
    """Open a connection for an attempt, and tell it how that went."""
    exchange = attempt.exchange
    site = exchange.site
    wait = Wait(site, attempt, _upstream(site, attempt.backend, server))
    to = Destination(attempt.backend, server)
    Opening(site, to, wait.upstream, wait.done, exchange.request, exchange.client)


class Wait:
    """An attempt that waits for a connection."""

    __slots__ = ("_attempt", "_began", "_site", "upstream")

    def __init__(self, site: "Site", attempt: "Attempt", upstream: Upstream) -> None:
        self._site = site
        self._attempt = attempt
        self._began = self._site.now()
        self.upstream = upstream

    def done(self, failure: Failure | None) -> None:
        """It is there, or will not be."""
        attempt, site = self._attempt, self._site
        if failure is not None:
            if not attempt.abandoned:
                attempt.connect_failed(failure)
            return
        site.cells[OPENED] += 1
        site.cells[MICROSECONDS] += int((site.now() - self._began) * 1e6)
        if attempt.abandoned:
            self.upstream.wait_in_pool()
        else:
            attempt.connected(self.upstream)


def probe(site: "Site", backend: BackendState, server: ServerState) -> None:
    """See whether a server that was taken out accepts connections again."""
    upstream = _upstream(site, backend, server)

    def done(failure: Failure | None) -> None:
        if failure is not None:
            server.rest(site.now())
            return
        site.count(WorkerCell.UPSTREAM_OPENED_TOTAL)
        site.health.revived(backend, server)
        upstream.wait_in_pool()

    Opening(site, Destination(backend, server), upstream, done)


def _upstream(site: "Site", backend: BackendState, server: ServerState) -> Upstream:
    site.make_room()
    upstream = Upstream(site, backend, server)
    upstream.private = backend.private
    return upstream
