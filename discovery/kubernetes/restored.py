"""What is in force of a source from an earlier life, until it is known what has become of it."""

from collections.abc import Iterator, Mapping
from typing import Final

from discovery.kubernetes.key import BackendKey, backend_of_name
from discovery.source import NOTHING_UNREAD, Unread
from ingress.model.route import Origin

SETTINGS: Final = "settings"
ASKING: Final = frozenset({"ingress", "service", SETTINGS})
"""The kinds of objects that send requests to backends."""


class Restored:
    """Objects with the backends they refer to, as an earlier process left them."""

    def __init__(self, source: str, objects: Mapping[Origin, frozenset[BackendKey]]) -> None:
        self._source = source
        self._backends = frozenset[BackendKey]().union(*objects.values())
        self._open = dict.fromkeys(objects)
        self._withheld: dict[BackendKey, None] = {}
        self._unread = NOTHING_UNREAD

    def __contains__(self, origin: Origin) -> bool:
        """Whether nobody knows yet what has become of an object."""
        return origin in self._open

    def heard(self, origin: Origin) -> bool:
        """The source has said something of an object; whether nobody knew what has become of it."""
        return origin in self._open and self._open.pop(origin) is None

    def decide(self, unread: Unread) -> Iterator[Origin]:
        """The objects that are what the source says now, or gone: nothing unread excuses them."""
        self._unread = unread
        for origin in [each for each in self._open if each.kind == SETTINGS or not unread.has(each)]:
            del self._open[origin]
            yield origin

    def withhold(self, backend: BackendKey) -> bool:
        """Whether the servers that the backend had are better than what can be read of them."""
        if backend not in self._backends:
            return False
        if not self._unread.has_backend(self._source, *backend.key):
            return False
        self._withheld[backend] = None
        return True

    def release(self) -> Iterator[BackendKey]:
        """Take out the backends that were withheld, for another look."""
        while self._withheld:
            yield self._withheld.popitem()[0]


def read_restored(objects: Mapping[Origin, frozenset[str]]) -> dict[Origin, frozenset[BackendKey]]:
    """The objects that a cluster can say something of, with the backends behind their names."""
    return {
        origin: frozenset(map(backend_of_name, names))
        for origin, names in objects.items()
        if origin.kind in ASKING
    }
