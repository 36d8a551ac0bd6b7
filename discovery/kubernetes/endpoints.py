"""Which endpoints of a service take requests: the choice that kube-proxy makes, and drains beside it."""

from collections.abc import Iterable

from msgspec import Struct

from discovery.kubernetes.objects import ServicePort
from discovery.kubernetes.slices import Endpoint, Slice
from ingress.model.backend import Server

Place = tuple[str, int]
"""Address and port."""
Found = dict[Place, Endpoint]


class Standpoint(Struct, frozen=True):
    """Where requests come from, and the family they prefer where a pod has both."""

    zone: str = ""
    node: str = ""
    family: str = "IPv4"


def choose(slices: Iterable[Slice], port: ServicePort, here: Standpoint) -> tuple[Server, ...]:
    """The servers of a port of a service, in the order of their addresses."""
    by_family = {family: _at_port(slices, port, family) for family in ("IPv4", "IPv6")}
    found = _one_for_each_pod(by_family, here.family)
    ready = {place: endpoint for place, endpoint in found.items() if endpoint.ready}
    leaving = {place: endpoint for place, endpoint in found.items() if not endpoint.ready}
    if not ready:
        # Everyone is on the way out, but these still answer: better than nobody.
        return _servers(leaving, drain=False)
    chosen = _servers(_near(ready, here), drain=False)
    return tuple(sorted(chosen + _servers(leaving, drain=True), key=_order)) if leaving else chosen


def has_port(slices: Iterable[Slice], port: ServicePort) -> bool:
    """Whether any slice has the port."""
    return any(_number(piece, port) for piece in slices)


def _at_port(slices: Iterable[Slice], port: ServicePort, family: str) -> Found:
    """Every endpoint once. Slices may repeat an endpoint, and have no order by which one is newer."""
    found: Found = {}
    for piece in slices:
        number = _number(piece, port) if piece.family == family else 0
        if not number:
            continue
        for endpoint in piece.endpoints:
            place = (endpoint.host, number)
            if endpoint.ready or place not in found:
                found[place] = endpoint
    return found


def _number(piece: Slice, port: ServicePort) -> int:
    """The port of the endpoints of a slice, which may differ between slices; 0: they do not have it."""
    protocol, name = port.protocol or "TCP", port.name or ""
    for candidate in piece.ports:
        if candidate.name == name and candidate.protocol == protocol:
            return candidate.number or (port.target_port if isinstance(port.target_port, int) else port.port)
    return 0


def _one_for_each_pod(by_family: dict[str, Found], preferred: str) -> Found:
    """A pod with addresses of both families is one server, not two."""
    first = by_family.pop(preferred)
    (second,) = by_family.values()
    if not second:
        return first
    pods = {endpoint.uid for endpoint in first.values() if endpoint.uid}
    return first | {place: endpoint for place, endpoint in second.items() if endpoint.uid not in pods}


def _near(ready: Found, here: Standpoint) -> Found:
    """Those on this node or in this zone, if every endpoint has a hint and one of them is for us."""
    if here.node and all(endpoint.nodes for endpoint in ready.values()):
        near = {place: endpoint for place, endpoint in ready.items() if here.node in endpoint.nodes}
        if near:
            return near
    if here.zone and all(endpoint.zones for endpoint in ready.values()):
        near = {place: endpoint for place, endpoint in ready.items() if here.zone in endpoint.zones}
        if near:
            return near
    return ready


def _servers(found: Found, *, drain: bool) -> tuple[Server, ...]:
    return tuple(_server(place, found[place], drain=drain) for place in sorted(found))


def _server(place: Place, endpoint: Endpoint, *, drain: bool) -> Server:
    return Server(*place, drain=drain, name=endpoint.name, zone=endpoint.zone)


def _order(server: Server) -> Place:
    return (server.host, server.port)
