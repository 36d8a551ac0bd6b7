"""Doubt: what is served though its source has not said it since it was started."""

from collections.abc import Hashable
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

    def resolve(self, source: str) -> tuple[K, ...]:
        """What is left when the source has said everything: it is gone."""
        return tuple(self._keys.pop(source, ()))

    def count(self, source: str) -> int:
        """How much is in doubt."""
        return len(self._keys.get(source, ()))
