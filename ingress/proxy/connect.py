"""Opening a connection to a server: the one thing an exchange has to wait for."""

import asyncio
import ssl
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.model.reason import Reason
from ingress.observe.page import WorkerCell
from ingress.proxy.introduction import ends_of, introducing
from ingress.proxy.upstream import Upstream
from ingress.wire.proxy_protocol import Ends
from ingress.wire.request import Request

if TYPE_CHECKING:
    from ingress.proxy.attempt import Attempt
    from ingress.proxy.exchange import Exchange
    from ingress.proxy.site import Site
    from ingress.proxy.tls.dialed import Dialed


class Failure(NamedTuple):
    """Why there is no connection."""

    reason: Reason
    why: str
    """In words, for who looks at the server."""


UNREACHABLE: Final = Failure(Reason.CONNECT_FAILED, "unreachable")


async def connect(attempt: "Attempt", server: ServerState) -> None:
    """Open a connection for an attempt, and tell it how that went."""
    site = attempt.exchange.site
    began = site.now()
    exchange = attempt.exchange
    upstream = await open_upstream(site, attempt.backend, server, exchange)
    if not isinstance(upstream, Upstream):
        if not attempt.abandoned:
            attempt.connect_failed(upstream)
        return
    site.cells[WorkerCell.CONNECT_MICROSECONDS] += int((site.now() - began) * 1e6)
    if attempt.abandoned:
        upstream.wait_in_pool()
    else:
        attempt.connected(upstream)


async def open_upstream(
    site: "Site", backend: BackendState, server: ServerState, exchange: "Exchange | None" = None
) -> Upstream | Failure:
    """A new connection to a server: for an exchange, that says what the server is called and whose
    connection it is, if these count, or for nobody's."""
    site.make_room()
    upstream = Upstream(site, backend, server)
    upstream.private = backend.private
    request, ends = None, None
    if exchange is not None:
        request, ends = exchange.request, ends_of(exchange.client.transport, exchange.client.told)
    failure = await open_stream(site, backend, server, upstream, request, ends)
    if failure is not None:
        return failure
    site.cells[WorkerCell.UPSTREAM_OPENED_TOTAL] += 1
    return upstream


async def open_stream(
    site: "Site",
    backend: BackendState,
    server: ServerState,
    user: Any,
    request: Request | None = None,
    ends: Ends | None = None,
) -> Failure | None:
    """Open a connection that `user` reads, an `asyncio.Protocol` in all but name; why not, if it failed:
    refused, unreachable, not in time, or not secured. It passes on a connection with these ends."""
    dialed: Dialed | None = None
    try:
        if backend.secure is not None:
            dialed = backend.secure.dial(user, server, request)
        reader = introducing(backend.settings, ends, user if dialed is None else dialed)
        async with asyncio.timeout(backend.settings.timeout_connect):
            await site.loop.create_connection(
                lambda: cast(asyncio.Protocol, reader),
                server.fact.host,
                server.fact.port,
            )
            if dialed is not None:
                await dialed.ready
    except (OSError, TimeoutError) as error:
        if dialed is None and backend.secure is None:
            return UNREACHABLE
        return _failure(site, dialed, error)
    if dialed is not None:
        site.count(WorkerCell.SERVER_HANDSHAKES_TOTAL)
        site.count(WorkerCell.SERVER_HANDSHAKES_RESUMED_TOTAL, dialed.resumed)
    return None


def _failure(site: "Site", dialed: "Dialed | None", error: Exception) -> Failure:
    """What a connection that was to be secured has failed by: by TCP, or by TLS and what it needs."""
    if dialed is not None:
        if not dialed.is_connected:
            return UNREACHABLE
        dialed.abort()
    site.count(WorkerCell.SERVER_HANDSHAKES_FAILED_TOTAL)
    return Failure(Reason.TLS_FAILED, f"TLS handshake failed: {_in_words(error)}")


def _in_words(error: Exception) -> str:
    """What went wrong, without the library's own places in its code."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return "not in time" if isinstance(error, TimeoutError) else str(error)[:200]


async def probe(site: "Site", backend: BackendState, server: ServerState) -> None:
    """See whether a server that was taken out accepts connections again."""
    upstream = await open_upstream(site, backend, server)
    if not isinstance(upstream, Upstream):
        server.rest(site.now())
        return
    site.server_revived(backend, server)
    upstream.wait_in_pool()
