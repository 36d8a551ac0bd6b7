"""How many connections a worker has room for."""

from dataclasses import dataclass
from typing import Final

RESERVE: Final = 64
"""Descriptors that are neither for clients nor for servers."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many connections of each kind a worker's descriptors are enough for."""

    clients: int
    upstreams: int

    @classmethod
    def of(cls, descriptors: int, wanted: int) -> "Room":
        """A share for clients, at most as many as are wanted; each may need an upstream of its own; the
        rest for listeners, logs, and whoever is accepted only to be told that there is no room."""
        share = max(16, (descriptors - RESERVE) // 2)
        return cls(min(wanted, share), share)
