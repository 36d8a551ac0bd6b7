"""An instance in short: where it is, what share it gets, and what it asks for."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final, NamedTuple

from msgspec import Struct

from discovery.consul.checks import USUAL, Health, judge
from discovery.consul.entry import Entry, Mesh
from discovery.dialects.tags import Wishes, gather

_SIDECAR: Final = "connect-proxy"


class InstanceKey(NamedTuple):
    """The ID of a service is unique on its node, not beyond."""

    node: str
    id: str

    def __str__(self) -> str:
        """`web-1 on node n1`."""
        return f"{self.id} on node {self.node}"


class Instance(Struct, frozen=True, gc=False):
    """What counts of an instance: two that are equal here make no difference to anyone."""

    key: InstanceKey
    host: str
    port: int
    weight: int
    """0: it gets no requests."""
    reason: str = ""
    """Why it is out of service."""
    wishes: Wishes = ()
    fault: str = ""
    """Why it can never get requests: something is wrong with its address."""
    created: int = 0
    tags: tuple[str, ...] = ()
    """All of them, sorted, if any is of another dialect that is read."""
    datacentre: str = ""
    """As Consul calls it; empty where no tag may refer to it."""
    health: Health = Health.PASSING
    held: int = 0
    """The weight of one that is well, but held back; it serves if nobody else does."""
    zone: str = ""
    """Where it is, as far as Consul knows; empty: unknown."""


class Preferences(Struct, frozen=True):
    """How instances are read."""

    prefix: str = "headgate"
    tagged_address: str = ""
    accepted: frozenset[Health] = USUAL
    """The states of checks in which an instance gets requests."""
    others: tuple[str, ...] = ()
    """What the tags of other dialects begin with that are read."""


def read_instances(entries: Iterable[Entry], preferences: Preferences) -> dict[InstanceKey, Instance]:
    """The instances of a service. Sidecars are none: they have the tags of the instance that they are
    for, without anybody having asked for it, and speak only with others of their kind."""
    found = (read_instance(entry, preferences) for entry in entries if entry.service.kind != _SIDECAR)
    return {instance.key: instance for instance in found}


def read_instance(entry: Entry, preferences: Preferences) -> Instance:
    """The short form of an instance."""
    service = entry.service
    host, port = _place(entry, preferences.tagged_address)
    tags = _tags_of_others(service.tags or (), preferences.others)
    verdict = judge(entry.checks or (), service.id, service.weights, preferences.accepted)
    return Instance(
        InstanceKey(entry.node.node, service.id),
        host,
        port,
        verdict.weight,
        verdict.reason,
        gather(service.tags or (), service.meta or {}, preferences.prefix),
        _fault(host, port, service.mesh),
        service.created,
        tags,
        entry.node.datacentre if tags else "",
        verdict.health,
        zone=_zone(entry),
    )


def _tags_of_others(tags: Iterable[str], others: tuple[str, ...]) -> tuple[str, ...]:
    found = sorted({tag.strip() for tag in tags})
    return tuple(found) if others and any(tag.startswith(others) for tag in found) else ()


def _place(entry: Entry, tagged: str) -> tuple[str, int]:
    """The tagged address if it has one, else that of the service, else that of the node."""
    service, node = entry.service, entry.node
    if tagged:
        if place := (service.tagged_addresses or {}).get(tagged):
            return place.address, place.port or service.port
        of_node = (node.tagged_addresses or {}).get(tagged, "")
        if of_node and service.address in {"", node.address}:
            return of_node, service.port
    return service.address or node.address, service.port


def _zone(entry: Entry) -> str:
    """That of the service if it says one, else that of the node."""
    locality = entry.service.locality or entry.node.locality
    return locality.zone if locality else ""


def _fault(host: str, port: int, mesh: Mesh | None) -> str:
    if mesh and mesh.native:
        return "is Connect-native, and takes only connections of the mesh, which Headgate does not make"
    if not 1 <= port <= 65535:
        return f"has port {port}, to which nobody can connect"
    try:
        address = ip_address(host)
    except ValueError:
        return f'has the address "{host[:100]}"; only IP addresses are served, not names'
    if address.is_unspecified or address.is_multicast or "%" in host:
        return f"has the address {host}, to which nobody can connect"
    return ""
