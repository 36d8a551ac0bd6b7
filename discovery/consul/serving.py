"""Who of the instances of a service serves: those of the best datacentre first, and then of further ones."""

from collections.abc import Iterable

from discovery.consul.instance import Instance
from ingress.model.backend import Server


def rank_servers(groups: Iterable[Iterable[Instance]]) -> tuple[Server, ...]:
    """The servers, with a tier for each datacentre; `groups` are their instances, the best first. Who is
    held back comes behind all: better one that may fail than none."""
    kept = [tuple(group) for group in groups]
    servers: dict[tuple[str, int], Server] = {}
    for tier, group in enumerate(kept):
        for instance in group:
            if instance.weight:
                _add(servers, instance, instance.weight, tier)
            elif instance.held:
                _add(servers, instance, instance.held, len(kept))
    return tuple(servers[place] for place in sorted(servers))


def _add(servers: dict[tuple[str, int], Server], instance: Instance, weight: int, tier: int) -> None:
    if instance.fault:
        return
    place = (instance.host, instance.port)
    name = f"{instance.key.node}/{instance.key.id}"
    server = Server(*place, weight, name=name, zone=instance.zone, tier=tier)
    # Registered twice, it is one server all the same: the nearer one, or the stronger.
    if place not in servers or _precedence(server) < _precedence(servers[place]):
        servers[place] = server


def _precedence(server: Server) -> tuple[int, int]:
    return server.tier, -server.weight
