"""Instances as servers of a backend."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from discovery.consul.instance import Instance
from ingress.model.backend import Server


def make_server(instance: Instance, weight: int, port: int = 0) -> Server:
    """The server of an instance; at another port, if one is named."""
    name = f"{instance.key.node}/{instance.key.id}"
    return Server(instance.host, port or instance.port, weight, name=name, zone=instance.zone)


def distinct(servers: Iterable[Server]) -> tuple[Server, ...]:
    """The servers in order, those without weight left out. Registered twice, it is one server all the same:
    the stronger one."""
    found: dict[tuple[str, int], Server] = {}
    for server in servers:
        place = (server.host, server.port)
        if server.weight and (place not in found or found[place].weight < server.weight):
            found[place] = server
    return tuple(found[place] for place in sorted(found))


def awake(instances: Sequence[Instance]) -> Sequence[Instance]:
    """The instances, with those that are held back in service if nobody else is."""
    if any(each.weight and not each.fault for each in instances):
        return instances
    return [replace(each, weight=each.held) for each in instances]
