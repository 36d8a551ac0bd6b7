"""Hashing: the server that a key belongs to, the same one in every worker and every replica.

With `consistent`, each server has points on a ring, and a key goes to the next point behind its own: where
a server comes or goes, no other keys move than those it gets or had. With `map-based`, the weights alone
decide, and nearly all keys move (HAProxy configuration manual, `hash-type`).
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from struct import unpack
from typing import Final

from ingress.balance.pick import turns_of
from ingress.balance.server import ServerState
from ingress.model.persistence import HashType

POINTS: Final = 128
"""Of the heaviest server on a ring: most servers get a tenth more or less than their share of the keys."""
LARGEST_RING: Final = 16384
"""Points of all servers together: of very many servers, each has fewer."""
FEWEST: Final = 8
_PER_DIGEST: Final = 16
_PLACE: Final = 20
"""Bits behind a point for the place of its server."""
_PLACES: Final = (1 << _PLACE) - 1
_HALF: Final = 0xFFFFFFFF

Share = tuple[int, Sequence[ServerState]]
"""Some servers, and how much of the keys they get, in proportion to the others."""


class Hashing:
    """Which server each key belongs to, while servers and weights are as they are."""

    __slots__ = ("_shares", "_total")

    def __init__(self, shares: Sequence[Share], kind: HashType) -> None:
        """No share is 0, and none without servers."""
        make = Ring if kind is HashType.CONSISTENT else Map
        self._shares = [(share, make(servers)) for share, servers in shares]
        self._total = sum(share for share, _ in shares)

    def find(self, key: bytes) -> ServerState | None:
        """The server of a key; None: there are no servers."""
        number = int.from_bytes(blake2b(key, digest_size=8).digest(), "big")
        # Where one share grows, it takes keys of its neighbour; all others stay where they are.
        place = (number >> 32) * self._total >> 32
        for share, servers in self._shares:
            place -= share
            if place < 0:
                return servers.find(number & _HALF)
        return None


class Ring:
    """Servers by their points."""

    __slots__ = ("_points", "_servers")

    def __init__(self, servers: Sequence[ServerState]) -> None:
        self._servers = servers
        most = POINTS
        while most * len(servers) > LARGEST_RING and most > FEWEST:
            most //= 2
        heaviest = max(server.fact.weight for server in servers)
        # A power of two: a small change of one weight leaves the points of all others where they are.
        unit = 1 << (heaviest - 1).bit_length()
        self._points = sorted(
            point << _PLACE | place
            for place, server in enumerate(servers)
            for point in points_of(server.fact.address)[: max(1, server.fact.weight * most // unit)]
        )

    def find(self, number: int) -> ServerState:
        """The server of the next point."""
        points = self._points
        at = bisect_left(points, number << _PLACE)
        return self._servers[points[at if at < len(points) else 0] & _PLACES]


class Map:
    """Servers by their weights alone."""

    __slots__ = ("_turns",)

    def __init__(self, servers: Sequence[ServerState]) -> None:
        self._turns = turns_of(servers)

    def find(self, number: int) -> ServerState:
        """The server whose slot it is."""
        return self._turns[number % len(self._turns)]


@lru_cache(maxsize=4096)
def points_of(address: str) -> tuple[int, ...]:
    """The points of a server, each a number of 32 bits. Where it has fewer, these are the first of them."""
    turns = range(POINTS // _PER_DIGEST)
    digests = (blake2b(f"{turn} {address}".encode()).digest() for turn in turns)
    return tuple(chain.from_iterable(unpack(f">{_PER_DIGEST}I", digest) for digest in digests))
