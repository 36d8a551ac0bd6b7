"""How many connections a worker has room for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ingress.acl.network import masks_of
from ingress.proxy.pipe import DESCRIPTORS

RESERVE: Final = 64
"""Descriptors that are neither for clients nor for servers."""
PIPES: Final = 64
"""Large bodies of a worker that may be under way within the kernel at a time."""


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
        share = max(16, (descriptors - RESERVE - DESCRIPTORS * pipes) // 2)
        return cls(min(wanted, share), share, pipes)


class Crowd:
    """How many connections come from each address."""

    __slots__ = ("_by_address", "_most", "_spared")

    def __init__(self, most: int, spared: Iterable[str] = ()) -> None:
        """`spared`: networks whose connections have no limit."""
        self._most = most
        self._spared = masks_of(spared)
        self._by_address: dict[bytes, int] = {}

    def spares(self, address: bytes) -> bool:
        """Whether connections from a packed address have no limit."""
        return self._spared[len(address)].hold(address)

    def enter(self, address: bytes) -> bool:
        """Count one more; False if that is one too many."""
        count = self._by_address[address] = self._by_address.get(address, 0) + 1
        return count <= self._most

    def leave(self, address: bytes) -> None:
        """Count one less."""
        left = self._by_address[address] - 1
        if left:
            self._by_address[address] = left
        else:
            del self._by_address[address]
