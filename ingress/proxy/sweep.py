"""The one timer of a worker: deadlines of all connections, servers that rest, the log."""

from typing import Final

from ingress.observe.page import WorkerCell
from ingress.proxy.connect import probe
from ingress.proxy.doubt import check_reachable
from ingress.proxy.site import Site

STEP: Final = 1.0
"""Seconds between two sweeps: the unit of all deadlines, and how far they may be late."""
GRACE: Final = 2
"""Ticks for which a draining worker keeps idle client connections, so that a request that is on its
way is still answered."""


class Sweep:
    """Runs once a second, as long as the worker does."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._drain_since = 0

    def start(self) -> None:
        """Run now, and again a step later."""
        self.once()
        self._site.loop.call_later(STEP, self.start)

    def once(self) -> None:
        """Everything that is due."""
        site = self._site
        # What this ends shall have got what it was sent before.
        site.outbox.flush()
        site.tick += 1
        site.cells[WorkerCell.HEARTBEAT] = int(site.now())
        tick = site.tick
        for client in [client for client in site.clients if client.deadline <= tick]:
            client.expired()
        for handshake in [handshake for handshake in site.handshakes if handshake.deadline <= tick]:
            handshake.expired()
        for upstream in [upstream for upstream in site.upstreams if upstream.deadline <= tick]:
            upstream.expired()
        for relay in [relay for relay in site.relays if relay.deadline <= tick]:
            relay.expired()
        for holder in list(site.pipes.holders):
            holder.rest(tick)
        waiting = [upstream for upstream in site.upstreams if upstream.attempt is not None]
        site.cells[WorkerCell.EXCHANGES] = len(waiting)
        for upstream in waiting:
            check_reachable(upstream)
        self._look_after_servers()
        site.meters.turn()
        if site.draining:
            self._drain()
        if site.log is not None:
            site.log.flush()
            site.cells[WorkerCell.LOG_LINES_LOST] = site.log.lost

    def _look_after_servers(self) -> None:
        site = self._site
        now = site.now()
        for backend, server in list(site.health.resting):
            if not backend.has(server):
                site.health.resting.discard((backend, server))
            elif now >= server.rest_until:
                server.rest(now)
                probe(site, backend, server)
        site.cells[WorkerCell.SERVERS_DOWN] = len(site.health.resting)

    def _drain(self) -> None:
        self._drain_since += 1
        if self._drain_since < GRACE:
            return
        for client in list(self._site.clients):
            if client.exchange is None and not client.rest and not client.tunnelled:
                client.leave()
