"""The paths of one host, prepared for look-ups whose cost the number of routes does not change."""

from collections.abc import Sequence
from typing import Final, Generic, TypeVar
from urllib.parse import quote

from ingress.model.route import PathKind, Route

Target = TypeVar("Target")

ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))
SLASH: Final = b"/"
SLASH_BYTE: Final = 0x2F
BOUNDARIES: Final = (b"", SLASH)
"""What follows a prefix where it ends at the end of an element."""


class HostPaths(Generic[Target]):
    """Which target of a host takes a path."""

    __slots__ = ("_beginnings", "_exact", "_lengths", "_prefixes", "_root", "fallback")

    def __init__(self, routes: Sequence[Route], targets: Sequence[Target]) -> None:
        self._exact: dict[bytes, Target] = {}
        self._prefixes: dict[bytes, Target] = {}
        self._beginnings: dict[bytes, Target] = {}
        self._root: Target | None = None
        """For the prefix `/`, which takes everything."""
        self.fallback: Target | None = None
        """Takes what no route of any host takes."""
        # `/a` and `/a/` are one prefix; in this order the shorter is put last, and stays.
        pairs = sorted(zip(routes, targets, strict=True), key=lambda pair: pair[0].path, reverse=True)
        for route, target in pairs:
            self._put(route.kind, as_sent(route.path), target)
        prefixes = (*self._prefixes, *self._beginnings)
        self._lengths = tuple(sorted({len(prefix) for prefix in prefixes}, reverse=True))

    def _put(self, kind: PathKind, path: bytes, target: Target) -> None:
        if kind is PathKind.FALLBACK:
            self.fallback = target
        elif kind is PathKind.EXACT:
            self._exact[path] = target
        elif path == SLASH:
            self._root = target
        elif kind is PathKind.BEGINS:
            self._beginnings[path] = target
        else:
            self._prefixes[path.removesuffix(SLASH)] = target

    def find(self, path: bytes) -> Target | None:
        """The target of the exact path, else of the longest prefix; None: not this host."""
        found = self._exact.get(path)
        if found is not None:
            return found
        size = len(path)
        # One step for each length that a prefix has here, however many slashes the path has.
        for length in self._lengths:
            if length == size or (length < size and path[length] == SLASH_BYTE):
                found = self._prefixes.get(path[:length])
                if found is not None:
                    return found
            if self._beginnings:
                found = self._beginnings.get(path[:length])
                if found is not None:
                    return found
        return self._root


def as_sent(path: str) -> bytes:
    """A path as clients send it: what is not ASCII is percent-encoded, all else stays as written."""
    return quote(path, safe=ASCII).encode("ascii")
