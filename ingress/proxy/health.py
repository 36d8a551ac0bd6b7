"""Health: which servers are left alone because they failed requests, until they are well again."""

from collections.abc import Callable

from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.model.change import ServerHealth


class Health:
    """What one worker has found out about servers, and whom it tells."""

    __slots__ = ("_now", "on_change", "resting")

    on_change: Callable[[ServerHealth], None]

    def __init__(self, now: Callable[[], float]) -> None:
        """All are well, as far as anybody knows."""
        self._now = now
        self.on_change = lambda _: None
        self.resting: set[tuple[BackendState, ServerState]] = set()
        """Those that have been taken out, whom the sweep looks after."""

    def failed(self, backend: BackendState, server: ServerState, *, unreachable: bool, why: str = "") -> None:
        """Take a failed attempt into account; a bad server is left alone from now on."""
        if server.failed(self._now(), unreachable=unreachable):
            server.close_idle()
            backend.refresh()
            self.resting.add((backend, server))
            why = why or ("unreachable" if unreachable else "fails requests")
            self.on_change(ServerHealth(backend.name, server.fact.address, up=False, reason=why))

    def revived(self, backend: BackendState, server: ServerState) -> None:
        """Put a server back that accepts connections again."""
        server.revive()
        self.resting.discard((backend, server))
        backend.refresh()
        self.on_change(ServerHealth(backend.name, server.fact.address, up=True))
