"""Traefik's services: how requests are shared, and where each instance has its server."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from discovery.dialects.complaint import Complaint, ComplaintError
from discovery.dialects.golang import read_number, read_truth
from discovery.dialects.reading import unknown_option
from discovery.dialects.traefik import Options
from discovery.dialects.traefik_sticky import STICKY, read_sticky
from ingress.model.backend import Balance, ProxyHeader

_BALANCES: Final[Mapping[str, Balance]] = {"wrr": Balance.ROUND_ROBIN, "p2c": Balance.RANDOM}
_PROXY_HEADERS: Final[Mapping[str, ProxyHeader]] = {"1": ProxyHeader.V1, "2": ProxyHeader.V2}
_SERVER: Final = "loadbalancer.server."


class Place(Struct, frozen=True):
    """What the tags of one instance say of its own server."""

    port: int = 0
    """0: that of the instance."""
    weight: int = 1
    tls: bool = False
    """It is spoken to over TLS."""


def of_service(options: Options) -> Options:
    """What all instances of a service have to say alike."""
    return tuple(pair for pair in options if not pair[0].startswith(_SERVER))


def read_place(options: Options) -> tuple[Place, tuple[Complaint, ...]]:
    """Where the server of an instance is, and what of it cannot be honoured."""
    own = [(name, text) for name, text in options if name.startswith(_SERVER)]
    values, complaints = _read(tuple(own))
    return Place(**values), complaints


def read_service(options: Options, service: str = "") -> tuple[Mapping[str, Any], tuple[Complaint, ...]]:
    """The settings of the backend of a service by their field, and what of them cannot be honoured."""
    cookie, refused = read_sticky(options, service)
    others = tuple(pair for pair in of_service(options) if not pair[0].startswith(STICKY))
    values, complaints = _read(others)
    return ({**values, "cookie": cookie} if cookie is not None else values), (*complaints, *refused)


def _read(options: Options) -> tuple[dict[str, Any], tuple[Complaint, ...]]:
    values: dict[str, Any] = {}
    complaints = []
    for name, text in options:
        try:
            values.update(_reader(name)(text))
        except ComplaintError as error:
            closes = name in _CLOSING and "unknown" not in str(error)
            complaints.append(Complaint(name[:100], str(error), text[:200], closes=closes))
    return values, tuple(complaints)


def _reader(name: str) -> Callable[[str], Mapping[str, Any]]:
    if name in _READERS:
        return _READERS[name]
    group = next((group for group in _GROUPS if name.startswith(group)), None)
    if group is not None:
        return _refused(_GROUPS[group])
    return _refused(unknown_option(name, _READERS)[0])


def _refused(reason: str) -> Callable[[str], Mapping[str, Any]]:
    def read(text: str) -> Mapping[str, Any]:
        raise ComplaintError(reason)

    return read


def _passed_over(text: str) -> Mapping[str, Any]:
    return {}


def _port(text: str) -> Mapping[str, Any]:
    port = read_number(text)
    if not 1 <= port <= 65535:
        raise ComplaintError(f'"{text[:20]}" is not a port')
    return {"port": port}


def _weight(text: str) -> Mapping[str, Any]:
    weight = read_number(text)
    if not 0 <= weight <= 1_000_000:
        raise ComplaintError(f'"{text[:20]}" is not a weight from 0 to 1000000')
    return {"weight": weight}


def _scheme(text: str) -> Mapping[str, Any]:
    if text not in {"http", "https"}:
        raise ComplaintError(f'"{text[:20]}" is not served; there are http and https')
    return {"tls": text == "https"}


def _tls(text: str) -> Mapping[str, Any]:
    return {"tls": read_truth(text)}


def _proxy_header(text: str) -> Mapping[str, Any]:
    if text not in _PROXY_HEADERS:
        raise ComplaintError(f'"{text[:20]}" is no version of the PROXY protocol; there are 1 and 2')
    return {"send_proxy": _PROXY_HEADERS[text]}


def _host_is_passed(text: str) -> Mapping[str, Any]:
    return {"server_host": not read_truth(text)}


def _balance(text: str) -> Mapping[str, Any]:
    if text not in _BALANCES:
        raise ComplaintError(f'"{text[:20]}" is not served; there are {", ".join(_BALANCES)}')
    return {"balance": _BALANCES[text]}


_READERS: Final[Mapping[str, Callable[[str], Mapping[str, Any]]]] = {
    f"{_SERVER}port": _port,
    f"{_SERVER}scheme": _scheme,
    f"{_SERVER}weight": _weight,
    f"{_SERVER}tls": _tls,
    f"{_SERVER}url": _refused("write loadbalancer.server.port; the address is that of the instance"),
    f"{_SERVER}preservepath": _refused("there is no path in the address of a server"),
    "loadbalancer.passhostheader": _host_is_passed,
    "loadbalancer.strategy": _balance,
    "loadbalancer.serverstransport": _refused("transports of other providers are not known here"),
    "loadbalancer.proxyprotocol.version": _proxy_header,
    "loadbalancer.responseforwarding.flushinterval": _passed_over,
    "loadbalancer.terminationdelay": _passed_over,
    "middlewares": _refused("middlewares of a service are not served; name them in its routers"),
}
_GROUPS: Final[Mapping[str, str]] = {
    "loadbalancer.healthcheck.": "the checks of Consul decide; register one there",
    "loadbalancer.passivehealthcheck.": "servers that fail requests are left alone for a while anyway",
    "weighted.": "weighted services cannot be declared in tags",
    "mirroring.": "mirroring is not served",
    "failover.": "failover services cannot be declared in tags",
}
_CLOSING: Final = frozenset(
    {f"{_SERVER}scheme", f"{_SERVER}tls", "loadbalancer.proxyprotocol.version", "middlewares"}
)
"""Without these, requests would meet another server than was meant, or miss what keeps them out."""
