"""What Consul's API says of an instance, with the fields that are used."""

from typing import Final

import msgspec
from msgspec import Struct


class TaggedAddress(Struct, frozen=True, rename="pascal"):
    """One of several addresses of an instance."""

    address: str = ""
    port: int = 0


class Locality(Struct, frozen=True, rename="pascal"):
    """Where something is."""

    zone: str = ""


class Node(Struct, frozen=True):
    """The machine an instance is on."""

    node: str = msgspec.field(name="Node")
    address: str = msgspec.field(name="Address", default="")
    tagged_addresses: dict[str, str] | None = msgspec.field(name="TaggedAddresses", default=None)
    datacentre: str = msgspec.field(name="Datacenter", default="")
    locality: Locality | None = msgspec.field(name="Locality", default=None)


class Weights(Struct, frozen=True, rename="pascal"):
    """The share of an instance, by the state of its checks."""

    passing: int = 1
    warning: int = 1


class Mesh(Struct, frozen=True, rename="pascal"):
    """How an instance is in the service mesh."""

    native: bool = False
    """It speaks the protocol of the mesh itself."""


class Service(Struct, frozen=True):
    """An instance of a service."""

    id: str = msgspec.field(name="ID")
    address: str = msgspec.field(name="Address", default="")
    port: int = msgspec.field(name="Port", default=0)
    tags: tuple[str, ...] | None = msgspec.field(name="Tags", default=None)
    meta: dict[str, str] | None = msgspec.field(name="Meta", default=None)
    weights: Weights = msgspec.field(name="Weights", default=Weights())
    tagged_addresses: dict[str, TaggedAddress] | None = msgspec.field(name="TaggedAddresses", default=None)
    created: int = msgspec.field(name="CreateIndex", default=0)
    locality: Locality | None = msgspec.field(name="Locality", default=None)
    kind: str = msgspec.field(name="Kind", default="")
    mesh: Mesh | None = msgspec.field(name="Connect", default=None)


class Check(Struct, frozen=True):
    """One check of a node, or of an instance on it."""

    id: str = msgspec.field(name="CheckID")
    status: str = msgspec.field(name="Status", default="")
    name: str = msgspec.field(name="Name", default="")
    service: str = msgspec.field(name="ServiceID", default="")


class Entry(Struct, frozen=True, rename="pascal"):
    """An instance with its node and all checks of both: one item of `/v1/health/service/NAME`."""

    node: Node
    service: Service
    checks: tuple[Check, ...] | None = None


class _Named(Struct, frozen=True, rename="pascal"):
    """An item of `/v1/catalog/nodes`."""

    node: str


_NODES: Final = msgspec.json.Decoder(tuple[_Named, ...])
_ENTRIES: Final = msgspec.json.Decoder(tuple[Entry, ...])
_CATALOG: Final = msgspec.json.Decoder(dict[str, tuple[str, ...] | None])


def decode_entries(body: bytes) -> tuple[Entry, ...]:
    """The instances of a service; msgspec.DecodeError and its like if that is not what it is."""
    return _ENTRIES.decode(body)


def decode_catalog(body: bytes) -> dict[str, tuple[str, ...]]:
    """The services by name, each with all tags of all its instances."""
    return {name: tags or () for name, tags in _CATALOG.decode(body).items()}


def decode_nodes(body: bytes) -> tuple[str, ...]:
    """The names of all nodes."""
    return tuple(each.node for each in _NODES.decode(body))
