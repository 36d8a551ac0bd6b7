"""Which servers the workers have taken out: each worker judges by its own experience."""

from collections.abc import Iterable

from ingress.admin.view import Outage
from ingress.model.change import ServerHealth

Key = tuple[str, str]


class Outages:
    """By backend name and server address: the workers that have it out, each with its reason."""

    def __init__(self) -> None:
        self._reasons: dict[Key, dict[int, str]] = {}

    def heard(self, worker: int, health: ServerHealth) -> None:
        """A worker has taken a server out, or put it back."""
        key = (health.backend, health.address)
        if health.up:
            self._remove(key, worker)
        else:
            self._reasons.setdefault(key, {})[worker] = health.reason

    def forget(self, worker: int) -> None:
        """The worker has died, or will say everything anew."""
        for key in list(self._reasons):
            self._remove(key, worker)

    def keep(self, backend: str, addresses: Iterable[str]) -> None:
        """Only these servers of the backend exist any more."""
        if not self._reasons:
            return
        alive = set(addresses)
        for key in [key for key in self._reasons if key[0] == backend and key[1] not in alive]:
            del self._reasons[key]

    def _remove(self, key: Key, worker: int) -> None:
        reasons = self._reasons.get(key, {})
        reasons.pop(worker, None)
        if not reasons:
            self._reasons.pop(key, None)

    def all(self) -> dict[Key, Outage]:
        """All servers that at least one worker has out."""
        return {
            key: Outage(tuple(sorted(reasons)), next(iter(reasons.values())))
            for key, reasons in self._reasons.items()
        }
