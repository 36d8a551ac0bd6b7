"""Networks of IP addresses, and what is outside of them."""

from collections.abc import Iterable, Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    collapse_addresses,
    summarize_address_range,
)
from typing import Final, cast

Network = IPv4Network | IPv6Network
_MAPPED: Final = IPv6Network("::ffff:0:0/96")


def outside(networks: Iterable[Network]) -> tuple[Network, ...]:
    """The networks that have every address that none of these has, of both versions. An IPv4 address is
    in none of those of IPv6, as which it may be written too."""
    whole = tuple(networks)
    fours = [network for network in whole if isinstance(network, IPv4Network)]
    sixes = [_MAPPED, *(network for network in whole if isinstance(network, IPv6Network))]
    return (*_gaps(fours, IPv4Network("0.0.0.0/0")), *_gaps(sixes, IPv6Network("::/0")))


def _gaps(networks: list[IPv4Network] | list[IPv6Network], world: Network) -> Iterator[Network]:
    make = type(world.network_address)
    at, end = int(world.network_address), int(world.broadcast_address)
    for network in sorted(cast(Iterable[IPv4Network], collapse_addresses(networks))):
        first, last = int(network.network_address), int(network.broadcast_address)
        if at < first:
            yield from _between(make(at), make(first - 1))
        at = last + 1
    if at <= end:
        yield from _between(make(at), make(end))


def _between(first: IPv4Address | IPv6Address, last: IPv4Address | IPv6Address) -> Iterator[Network]:
    yield from summarize_address_range(first, last)
