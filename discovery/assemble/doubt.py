"""Doubt: what is served though its source has not said it since it was started."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Doubt(Generic[K]):
    """The doubtful keys of each source. Whatever is said or dropped is beyond doubt."""

    __slots__ = ("_keys",)

    def __init__(self) -> None:
        self._keys: dict[str, dict[K, None]] = {}

    def add(self, source: str, key: K) -> None:
        """The source has not said this; it did in an earlier life."""
        self._keys.setdefault(source, {})[key] = None

    def clear(self, source: str, key: K) -> None:
        """The source has said what it has to say about this."""
        keys = self._keys.get(source)
        if keys:
            keys.pop(key, None)

    def resolve(self, source: str, unread: Callable[[K], bool]) -> tuple[K, ...]:
        """What is left when the source has said everything that it can read: it is gone."""
        keys = self._keys.pop(source, {})
        if doubtful := {key: None for key in keys if unread(key)}:
            self._keys[source] = doubtful
        return tuple(key for key in keys if key not in doubtful)

    def of(self, source: str) -> tuple[K, ...]:
        """What is in doubt of a source."""
        return tuple(self._keys.get(source, ()))
