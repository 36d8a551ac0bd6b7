"""What the controller is handed to follow: sources, and the routing table made of what they say."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ingress.admin.view import Objection, ShiftFacts, SourceFacts
from ingress.model.change import Change
from ingress.model.problem import Problem


class Discovery(Protocol):
    """All sources and their assembly, as far as the controller uses them. Only what is
    asynchronous waits."""

    @property
    def sources(self) -> Sequence[str]:
        """Their names."""

    async def run(self, source: str) -> None:
        """Follow a source until cancelled. That it returns or raises is a fault."""

    def failed(self, source: str, reason: str) -> None:
        """A source has failed by a fault of ours, and is started again."""

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call this when something has changed: the table, a problem, or how a source is."""

    def found_while(self, is_ready: Callable[[], bool]) -> None:
        """Others may be told of this instance while it is ready."""

    def restore(self) -> bool:
        """Begin with the state that an earlier process has left; whether there was one."""

    async def save(self) -> None:
        """Leave the state for a later process. OSError: it could not be written."""

    def take_changes(self) -> Sequence[Change]:
        """What of the table differs since the last call, in an order that names nothing before it is
        there. Slots are not filled in."""

    def shift(self, now: float, count: Callable[[str, Iterable[str]], tuple[int, int]]) -> None:
        """Go on with what is to be shifted from one place to the other. `count` has the requests to
        servers of a backend, by their addresses, and how many of these failed."""

    def shifts(self) -> Sequence[ShiftFacts]:
        """How far that is."""

    async def share_shifts(self) -> None:
        """Keep that alike in all replicas, until cancelled."""

    async def pause(self, backend: str, paused: bool) -> Objection | None:
        """Stop the shift of a backend for a while, or go on with it; why that is not done, if it is not."""

    def problems(self) -> Sequence[Problem]:
        """What could not be honoured of users' objects."""

    def facts(self) -> Sequence[SourceFacts]:
        """How each source is."""

    def unsynced(self) -> Sequence[str]:
        """The sources that have not said everything yet."""

    def unknown(self) -> Sequence[str]:
        """Those of them of which nothing was left by an earlier process either."""
