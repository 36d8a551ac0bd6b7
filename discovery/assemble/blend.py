"""Blending: the servers of two backends made into one, with shares or tiers as their pool wishes."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from discovery.pool import CLUSTER, Pool
from ingress.model.backend import Backend, Group, Server

_TIERS: Final = 1000
"""More than a source has of its own."""


def blend(backend: Backend, other: Backend | None, pool: Pool, share: int, zone: str) -> Backend:
    """The backend as it is in force. `share` is that of Kubernetes where requests are shifted, `zone`
    that of this instance."""
    own, theirs = _apart(backend.servers, other.servers if other else ())
    servers = tuple(_placed(own, 0, pool, zone) + _placed(theirs, 1, pool, zone))
    # A place without anybody to send to leaves all to the other, whatever the shares.
    groups = _groups(pool, share) if _serves(own) and _serves(theirs) else ()
    return replace(backend, servers=servers, groups=groups, enough=pool.enough)


def _apart(own: Iterable[Server], theirs: Iterable[Server]) -> tuple[list[Server], list[Server]]:
    """Both, without those that are in both: these count once, where their source sends requests to them."""
    first = {server.address: server for server in own}
    second = {server.address: server for server in theirs}
    for address in first.keys() & second.keys():
        rival = first if _serves([second[address]]) and not _serves([first[address]]) else second
        del rival[address]
    return list(first.values()), list(second.values())


def _placed(servers: Iterable[Server], group: int, pool: Pool, zone: str) -> list[Server]:
    """The servers in their group, each in a tier: by place, then by what its source says, then by zone."""
    rank = _TIERS if pool.first and pool.places[group] != pool.first else 0
    return [
        replace(server, group=group, tier=rank + 2 * server.tier + _is_far(server, pool, zone))
        for server in servers
    ]


def _is_far(server: Server, pool: Pool, zone: str) -> bool:
    return pool.prefer_zone and bool(zone and server.zone) and server.zone != zone


def _groups(pool: Pool, share: int) -> tuple[Group, ...]:
    if pool.ramp is not None:
        first = share if pool.place == CLUSTER else 100 - share
    elif pool.share is not None:
        first = 100 - pool.share
    else:
        return ()
    own, other = pool.places
    return Group(own, first), Group(other, 100 - first)


def _serves(servers: Iterable[Server]) -> bool:
    return any(server.weight > 0 and not server.drain for server in servers)
