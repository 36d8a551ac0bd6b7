"""Whether this instance should get requests."""

from collections.abc import Sequence

from ingress.admin.view import Readiness
from ingress.controller.fleet import Fleet


class ReadinessGate:
    """Not ready until all workers serve what all sources have said; then ready until the end.

    A worker that dies later does not make the instance unready: its successor is there within a second.
    """

    def __init__(self, fleet: Fleet) -> None:
        self.is_draining = False
        self._fleet = fleet
        self._needed: int | None = None
        self._was_ready = False

    @property
    def is_complete(self) -> bool:
        """There is a version with all that the sources had to say at first."""
        return self._needed is not None

    def complete(self) -> None:
        """The version that goes out now has all that the sources had to say at first."""
        if self._needed is None:
            self._needed = max(self._fleet.version, 1)

    def readiness(self, unknown: Sequence[str]) -> Readiness:
        """The answer, with what is missing; `unknown` are the sources that have said nothing yet."""
        missing = self._missing(unknown)
        self._was_ready |= not missing
        return Readiness(not missing, tuple(missing), self.is_draining)

    def _missing(self, unknown: Sequence[str]) -> list[str]:
        if self.is_draining:
            return ["draining"]
        if self._needed is None:
            return [f"source {name}: first sync" for name in unknown] or ["first version"]
        if self._was_ready:
            return [] if self._fleet.is_serving else ["no worker is serving"]
        return self._fleet.behind(self._needed)
