"""The rows of the shared page that are in use, and how many users each has."""

from collections import Counter
from collections.abc import Iterable

from ingress.observe.page import Directory


class Rows:
    """Takes rows by key for as long as somebody uses them."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._uses: Counter[str] = Counter()

    def take(self, keys: Iterable[str]) -> tuple[int, ...]:
        """The rows of these keys, each of which has one more user now."""
        return tuple(map(self._take, keys))

    def _take(self, key: str) -> int:
        self._uses[key] += 1
        return self._directory.slot_of(key)

    def give_back(self, keys: Iterable[str]) -> None:
        """Each of these keys has one user less."""
        for key in keys:
            self._uses[key] -= 1
            if not self._uses[key]:
                del self._uses[key]
                self._directory.release(key)
