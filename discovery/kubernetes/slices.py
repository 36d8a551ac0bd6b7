"""EndpointSlices in short form, by the service they belong to."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from msgspec import Struct

from discovery.kubernetes.key import Key
from discovery.kubernetes.objects import EndpointConditions, EndpointObject, EndpointSliceObject, Named

_IPV4: Final = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)", re.ASCII)
_LOCAL_IPV4: Final = ("127.", "169.254.", "0.")
_USABLE: Final = EndpointConditions()


class Endpoint(Struct, frozen=True, gc=False, omit_defaults=True):
    """An endpoint that can be used. One that is neither ready nor serving is not kept at all."""

    host: str
    ready: bool = True
    """False: it is terminating, and still serves."""
    name: str = ""
    uid: str = ""
    zone: str = ""
    """Where it runs."""
    zones: tuple[str, ...] = ()
    """Those that it is meant for."""
    nodes: tuple[str, ...] = ()


class SlicePort(Struct, frozen=True, gc=False):
    """A port that all endpoints of a slice have; `number` 0: every port."""

    name: str
    number: int
    protocol: str = "TCP"


class Slice(Struct, frozen=True, gc=False):
    """What counts of an EndpointSlice: two that are equal here make no difference to anyone."""

    name: str
    service: str
    family: str
    endpoints: tuple[Endpoint, ...]
    ports: tuple[SlicePort, ...]
    refused: tuple[str, ...] = ()
    """What of it cannot be used, in words."""


def shorten(obj: EndpointSliceObject, *, allow_local: bool) -> Slice:
    """The short form of a slice, without the endpoints that cannot be used."""
    refused: list[str] = []
    family = obj.address_type
    if family in ("IPv4", "IPv6"):
        usable = [_endpoint(e, family, refused, allow_local=allow_local) for e in obj.endpoints or ()]
    else:
        usable = []
        refused.append(f'addressType "{family}" is not served; use IPv4 or IPv6')
    labels = obj.metadata.labels
    return Slice(
        obj.metadata.name,
        labels.service if labels else "",
        family,
        tuple(filter(None, usable)),
        tuple(SlicePort(p.name or "", p.port or 0, p.protocol or "TCP") for p in obj.ports or ()),
        tuple(refused),
    )


def _endpoint(obj: EndpointObject, family: str, refused: list[str], *, allow_local: bool) -> Endpoint | None:
    conditions = obj.conditions or _USABLE
    # A condition that is left out: ready means yes, serving means as ready, terminating means no.
    ready = conditions.ready is not False
    serving = ready if conditions.serving is None else conditions.serving
    if not (ready or (serving and conditions.terminating)) or not obj.addresses:
        return None
    # Only the first address counts: kube-proxy has never used another, and the API calls them fungible.
    host = _address(obj.addresses[0], family)
    if not host:
        refused.append(f'"{obj.addresses[0]}" is not an {family} address')
        return None
    if not allow_local and _is_local(host):
        refused.append(f"{host} is a loopback or link-local address, which would reach into this machine")
        return None
    target, hints = obj.target_ref, obj.hints
    return Endpoint(
        host,
        ready,
        target.name if target else "",
        target.uid if target else "",
        obj.zone or "",
        _names(hints.for_zones) if hints else (),
        _names(hints.for_nodes) if hints else (),
    )


def _names(hints: tuple[Named, ...] | None) -> tuple[str, ...]:
    return tuple(hint.name for hint in hints or ())


def _address(text: str, family: str) -> str:
    if family == "IPv4":
        return text if _IPV4.fullmatch(text) else ""
    try:
        return str(IPv6Address(text)) if "%" not in text else ""
    except AddressValueError:
        return ""


def _is_local(host: str) -> bool:
    if ":" not in host:
        return host.startswith(_LOCAL_IPV4)
    address: IPv6Address | IPv4Address = IPv6Address(host)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_link_local or address.is_unspecified


class Slices:
    """The slices of each service. They are found by their label, never by their name."""

    def __init__(self) -> None:
        self._of: dict[Key, tuple[Slice, ...]] = {}
        self._service: dict[Key, str] = {}

    def of(self, service: Key) -> Sequence[Slice]:
        """All slices of a service."""
        return self._of.get(service, ())

    def keys(self) -> Iterable[Key]:
        """The slices there are."""
        return self._service.keys()

    def find(self, key: Key) -> Slice | None:
        """The slice of this namespace and name."""
        service = self._service.get(key)
        if service is None:
            return None
        return next(piece for piece in self.of((key[0], service)) if piece.name == key[1])

    def put(self, namespace: str, piece: Slice) -> set[Key]:
        """Keep a slice, and return the services to which this makes a difference."""
        key = (namespace, piece.name)
        service = (namespace, piece.service)
        before = self._service.get(key)
        if before is not None and before != piece.service:
            changed = self.drop(key)
        elif piece in self.of(service):
            return set()
        else:
            changed = set()
        others = tuple(other for other in self.of(service) if other.name != piece.name)
        self._of[service] = (*others, piece)
        self._service[key] = piece.service
        return changed | {service}

    def drop(self, key: Key) -> set[Key]:
        """Forget a slice, and return the service to which this makes a difference."""
        name = self._service.pop(key, None)
        if name is None:
            return set()
        service = (key[0], name)
        others = tuple(other for other in self.of(service) if other.name != key[1])
        if others:
            self._of[service] = others
        else:
            del self._of[service]
        return {service}
