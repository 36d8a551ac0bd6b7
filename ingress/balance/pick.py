"""The algorithms: which of the usable servers gets the next request."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import chain
from math import gcd
from typing import Final, Protocol

from ingress.balance.server import ServerState
from ingress.model.backend import Balance
from ingress.model.persistence import Hashed

LONGEST_TABLE: Final = 4096
"""Entries of a table of turns; weights are scaled down where their sum is larger."""


class Ring(Protocol):
    """What an algorithm sees of a backend."""

    turns: Sequence[ServerState]
    """Usable servers, each as often as its weight asks, evenly spread."""
    usable: Sequence[ServerState]
    position: int
    """Where round robin goes on."""

    def load(self, server: ServerState) -> int:
        """Requests in flight on a server, in all workers."""

    def dice(self) -> float:
        """A number from 0 to below 1."""


Pick = Callable[[Ring], ServerState]


def round_robin(ring: Ring) -> ServerState:
    """The servers in turn, each as often as its weight."""
    turns = ring.turns
    position = ring.position
    if position >= len(turns):
        position = 0
    ring.position = position + 1
    return turns[position]


def least_conn(ring: Ring) -> ServerState:
    """The server with the fewest requests for its weight; among equals in turn, each by its weight."""
    usable, load = ring.usable, ring.load
    loads = [load(server) / server.fact.weight for server in usable]
    least = min(loads)
    best = [server for server, its in zip(usable, loads, strict=True) if its == least]
    return best[0] if len(best) == 1 else _next(ring, best)


def random(ring: Ring) -> ServerState:
    """The less loaded of two servers drawn by weight (HAProxy's `random(2)`)."""
    turns = ring.turns
    first = turns[int(ring.dice() * len(turns))]
    second = turns[int(ring.dice() * len(turns))]
    # Without load the draw decides, which has seen the weights already.
    return min(first, second, key=lambda server: ring.load(server) / server.fact.weight)


def _next(ring: Ring, candidates: Sequence[ServerState]) -> ServerState:
    """The first of the candidates whose turn comes."""
    turns = ring.turns
    start = ring.position % len(turns)
    for index in chain(range(start, len(turns)), range(start)):
        if turns[index] in candidates:
            ring.position = index + 1
            return turns[index]
    return candidates[0]


PICK: Final[Mapping[Balance, Pick]] = {
    Balance.ROUND_ROBIN: round_robin,
    Balance.LEAST_CONN: least_conn,
    Balance.RANDOM: random,
}


def pick_of(balance: Balance | Hashed) -> Pick:
    """The algorithm for requests of which nothing says where they belong."""
    return round_robin if isinstance(balance, Hashed) else PICK[balance]


def turns_of(servers: Sequence[ServerState]) -> tuple[ServerState, ...]:
    """Each server as often as its weight asks, spread as evenly as it can be."""
    weights = [server.fact.weight for server in servers]
    if len(set(weights)) <= 1:
        return tuple(servers)
    return tuple(servers[index] for index in turns_by(weights))


def turns_by(weights: Sequence[int]) -> list[int]:
    """Indices of these weights, each as often as its weight asks, spread as evenly as they can be."""
    return _spread(_scaled(weights))


def _scaled(weights: Sequence[int]) -> list[int]:
    """Weights in the same proportion, as small as they can be."""
    divisor = reduce(gcd, weights)
    total = sum(weights) // divisor
    if total > LONGEST_TABLE:
        return [max(1, weight * LONGEST_TABLE // sum(weights)) for weight in weights]
    return [weight // divisor for weight in weights]


def _spread(weights: Sequence[int]) -> list[int]:
    """Indices, each as often as its weight, its turns at equal distances."""
    turns = ((turn + 0.5) / weight for weight in weights for turn in range(weight))
    owners = (index for index, weight in enumerate(weights) for _ in range(weight))
    return [index for _, index in sorted(zip(turns, owners, strict=True))]
