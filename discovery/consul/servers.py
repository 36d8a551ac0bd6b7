"""Instances as servers of a backend."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from discovery.consul.instance import Instance
from ingress.model.backend import Server


def make_server(instance: Instance, weight: int, port: int = 0, tier: int = 0) -> Server:
    """The server of an instance; at another port, if one is named."""
    name = f"{instance.key.node}/{instance.key.id}"
    return Server(instance.host, port or instance.port, weight, name=name, zone=instance.zone, tier=tier)


def distinct(servers: Iterable[Server]) -> tuple[Server, ...]:
    """The servers in order, those without weight left out. Registered twice, it is one server all the same:
    the nearer one, or the stronger."""
    found: dict[tuple[str, int], Server] = {}
    for server in servers:
        place = (server.host, server.port)
        if server.weight and (place not in found or _precedence(server) < _precedence(found[place])):
            found[place] = server
    return tuple(found[place] for place in sorted(found))


def rank_servers(groups: Iterable[Iterable[Instance]]) -> tuple[Server, ...]:
    """The servers, with a tier for each datacentre; `groups` are their instances, the best first. Who is
    held back comes behind all: better one that may fail than none."""
    kept = [tuple(group) for group in groups]
    return distinct(
        make_server(each, each.weight or each.held, tier=tier if each.weight else len(kept))
        for tier, group in enumerate(kept)
        for each in group
        if not each.fault
    )


def awake(instances: Sequence[Instance]) -> Sequence[Instance]:
    """The instances, with those that are held back in service if nobody else is."""
    if any(each.weight and not each.fault for each in instances):
        return instances
    return [replace(each, weight=each.held) for each in instances]


def _precedence(server: Server) -> tuple[int, int]:
    return server.tier, -server.weight
