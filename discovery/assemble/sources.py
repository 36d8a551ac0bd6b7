"""The sources: which are configured, how each of them is, and how old is what is served of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from discovery.source import SourceState, SourceStatus


class Sources:
    """All configured sources, in the order that decides where ages do not."""

    def __init__(self, names: Sequence[str]) -> None:
        self._order = {name: index for index, name in enumerate(names)}
        self._unsynced = dict.fromkeys(names)
        self._restored: dict[str, float] = {}
        self._statuses = {name: SourceStatus(name, SourceState.STARTING) for name in names}

    def __contains__(self, name: str) -> bool:
        return name in self._order

    def order(self, name: str) -> int:
        """The place of a source; one that is not configured comes last."""
        return self._order.get(name, len(self._order))

    def status(self, status: SourceStatus) -> None:
        """How a source is now."""
        self._statuses[status.source] = status

    def synced(self, name: str) -> None:
        """A source has said everything."""
        self._unsynced.pop(name, None)
        self._restored.pop(name, None)

    def restore(self, contacts: Mapping[str, float]) -> None:
        """Last-good state has what these sources said, and when they were last heard."""
        self._restored.update((name, contacts[name]) for name in self._unsynced if name in contacts)

    @property
    def unsynced(self) -> tuple[str, ...]:
        """The sources that have not said everything yet."""
        return tuple(self._unsynced)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The sources that have not said everything yet, and of which no state is served either."""
        return tuple(name for name in self._unsynced if name not in self._restored)

    def contacts(self) -> dict[str, float]:
        """When each source was last heard whose word is complete; 0: it never said."""
        heard = {
            name: self._statuses[name].last_contact for name in self._order if name not in self._unsynced
        }
        return heard | self._restored

    def statuses(self) -> tuple[SourceStatus, ...]:
        """How all sources are."""
        return tuple(self._aged(status) for status in self._statuses.values())

    def _aged(self, status: SourceStatus) -> SourceStatus:
        heard = self._restored.get(status.source)
        if heard is None:
            return status
        remark = f"serving what it said until {datetime.fromtimestamp(heard, UTC):%Y-%m-%dT%H:%M:%SZ}"
        detail = f"{status.detail}; {remark}" if status.detail else remark
        return replace(status, detail=detail, last_contact=heard)
