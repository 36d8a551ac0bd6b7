"""Opening a connection to a server: the one thing an exchange has to wait for."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, cast

from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.observe.page import WorkerCell
from ingress.proxy.upstream import Upstream

if TYPE_CHECKING:
    from ingress.proxy.attempt import Attempt
    from ingress.proxy.site import Site


async def connect(attempt: "Attempt", server: ServerState) -> None:
    """Open a connection for an attempt, and tell it how that went."""
    site = attempt.exchange.site
    began = site.now()
    upstream = await open_upstream(site, attempt.backend, server)
    if upstream is None:
        if not attempt.abandoned:
            attempt.connect_failed()
        return
    site.cells[WorkerCell.CONNECT_MICROSECONDS] += int((site.now() - began) * 1e6)
    if attempt.abandoned:
        upstream.wait_in_pool()
    else:
        attempt.connected(upstream)


async def open_upstream(site: "Site", backend: BackendState, server: ServerState) -> Upstream | None:
    """A new connection to a server, or None: refused, unreachable, or not in time."""
    site.make_room()
    upstream = Upstream(site, backend, server)
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(backend.settings.timeout_connect):
            await site.loop.create_connection(
                lambda: cast(asyncio.Protocol, upstream), server.fact.host, server.fact.port
            )
        site.cells[WorkerCell.UPSTREAM_OPENED_TOTAL] += 1
        return upstream
    return None


async def probe(site: "Site", backend: BackendState, server: ServerState) -> None:
    """See whether a server that was taken out accepts connections again."""
    upstream = await open_upstream(site, backend, server)
    if upstream is None:
        server.rest(site.now())
        return
    site.server_revived(backend, server)
    upstream.wait_in_pool()
