"""Edges: texts of which others begin or end with one.

This is the form for an interpreter; where the data plane is compiled, that of `edges.pyx` takes its place.
"""

from collections.abc import Iterable


class Edges:
    """Texts to begin with, and texts to end with."""

    __slots__ = ("_beginnings", "_endings")

    def __init__(self, beginnings: Iterable[bytes], endings: Iterable[bytes]) -> None:
        self._beginnings = tuple(beginnings)
        self._endings = tuple(endings)

    def of(self, text: bytes) -> bool:
        """Whether a text has any of them at its edge."""
        return text.startswith(self._beginnings) or text.endswith(self._endings)
