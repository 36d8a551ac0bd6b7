"""How many connections a worker's descriptors are enough for."""

from dataclasses import dataclass
from typing import Final

RESERVE: Final = 64
"""Descriptors that are neither for clients nor for servers."""
PIPES: Final = 64
"""Large bodies of a worker that may be under way within the kernel at a time."""
ENDS: Final = 2
"""Descriptors of a pipe."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many connections of each kind a worker's descriptors are enough for."""

    clients: int
    upstreams: int
    pipes: int
    """For large bodies."""

    @classmethod
    def of(cls, descriptors: int, wanted: int) -> "Room":
        """A share for clients, at most as many as are wanted; each may need an upstream of its own; the
        rest for listeners, logs, and whoever is accepted only to be told that there is no room."""
        pipes = min(PIPES, descriptors // 64)
        share = max(16, (descriptors - RESERVE - ENDS * pipes) // 2)
        return cls(min(wanted, share), share, pipes)
