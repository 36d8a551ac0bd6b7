"""Things that nobody contends for: each is said by one source, under a name of its own."""

from collections.abc import Callable, Container, Iterator
from typing import Generic, TypeVar

from discovery.assemble.doubt import Doubt
from discovery.assemble.ledger import Ledger

V = TypeVar("V")


class Plain(Generic[V]):
    """All things of a kind, by name."""

    def __init__(self) -> None:
        self.ledger: Ledger[str, V] = Ledger(self._current)
        self._known: dict[str, tuple[str, V]] = {}
        self._doubtful: Doubt[str] = Doubt()

    def put(self, source: str, name: str, value: V) -> None:
        """What the source says of it now."""
        self._doubtful.clear(source, name)
        self._known[name] = (source, value)
        self.ledger.touch(name)

    def drop(self, source: str, name: str) -> None:
        """The source does not need it any more."""
        self._doubtful.clear(source, name)
        self._known.pop(name, None)
        self.ledger.touch(name)

    def start_over(self, source: str) -> None:
        """The source is about to say everything anew."""
        for name, (owner, _) in self._known.items():
            if owner == source:
                self._doubtful.add(source, name)

    def resolve(self, source: str, unread: Callable[[str], bool]) -> bool:
        """What the source has not said by now is gone, unless it cannot be read; whether anything is."""
        gone = self._doubtful.resolve(source, unread)
        for name in gone:
            self.drop(source, name)
        return bool(gone)

    def kept(self, sources: Container[str]) -> Iterator[tuple[str, V]]:
        """All that these sources have said."""
        return (kept for kept in self._known.values() if kept[0] in sources)

    def restore(self, source: str, name: str, value: V) -> None:
        """What an earlier process knew, until the source says what it knows now."""
        if name not in self._known:
            self.put(source, name, value)
            self._doubtful.add(source, name)

    def _current(self, name: str) -> V | None:
        known = self._known.get(name)
        return None if known is None else known[1]
