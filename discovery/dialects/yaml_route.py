"""A route as YAML, for keys: the names of tags without their first word, and where it leads."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any, Final

import yaml
from msgspec import Struct

from discovery.dialects.complaint import Complaint, ComplaintError
from discovery.dialects.tags import Wishes
from discovery.files.documents import read_yaml
from discovery.files.loader import Loader
from discovery.files.manifest import Complaint as Unreadable
from discovery.options import OPTIONS
from ingress.model.backend import Server

_MOST_SERVERS: Final = 10_000
_LARGEST: Final = 256 * 1024


class KeyRoute(Struct, frozen=True):
    """What a key says."""

    wishes: Wishes = ()
    service: str = ""
    """The Consul service that requests go to; empty: to the servers."""
    servers: tuple[Server, ...] = ()
    complaints: tuple[Complaint, ...] = ()


def read_route(text: bytes) -> KeyRoute:
    """A route with what of it cannot be read."""
    if len(text) > _LARGEST:
        return KeyRoute(complaints=(Complaint("", f"longer than {_LARGEST} bytes"),))
    if _has_alias(text):
        return KeyRoute(complaints=(Complaint("", "what is written once cannot be referred to (&, *)"),))
    values = read_yaml(text)
    if isinstance(values, Unreadable):
        return KeyRoute(complaints=(Complaint("", f"line {values.line}, {values.reason}"),))
    if len(values) != 1 or not isinstance(values[0], dict):
        return KeyRoute(complaints=(Complaint("", "one mapping of options is expected"),))
    said = {str(name): value for name, value in values[0].items()}
    complaints: list[Complaint] = []
    service, servers = _read_target(said, complaints)
    wishes = tuple(sorted(_flat(said, "", complaints)))
    return KeyRoute(wishes, service, servers, tuple(complaints))


def _has_alias(text: bytes) -> bool:
    """Whether a part of the text stands for another, by which a short one could come to any length."""
    if b"*" not in text:
        return False
    try:
        return any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=Loader))
    except (yaml.YAMLError, ValueError):
        return False


def _read_target(said: dict[str, Any], complaints: list[Complaint]) -> tuple[str, tuple[Server, ...]]:
    service, servers = said.pop("service", None), said.pop("servers", None)
    if (service is None) == (servers is None):
        complaints.append(Complaint("service", "either service or servers is needed"))
        return "", ()
    if service is not None:
        return str(service), ()
    if not isinstance(servers, list) or not 0 < len(servers) <= _MOST_SERVERS:
        complaints.append(Complaint("servers", "a list of ADDRESS:PORT is expected"))
        return "", ()
    try:
        found = {server.address: server for server in map(_read_server, servers)}
    except ComplaintError as error:
        complaints.append(Complaint("servers", str(error)))
        return "", ()
    return "", tuple(found[address] for address in sorted(found))


def _read_server(entry: object) -> Server:
    said = entry if isinstance(entry, dict) else {"address": entry}
    if not said.keys() <= {"address", "weight"}:
        raise ComplaintError("a server has address and weight, and nothing else")
    entry, weight = said.get("address"), said.get("weight", 1)
    host, colon, port = str(entry).rpartition(":")
    try:
        address = str(ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        raise ComplaintError(f'"{str(entry)[:100]}" is not ADDRESS:PORT with an IP address') from None
    if not colon or not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise ComplaintError(f'"{str(entry)[:100]}" has no port')
    if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= 1_000_000:
        raise ComplaintError(f'the weight of "{str(entry)[:100]}" is not a number from 0 to 1000000')
    return Server(address, int(port), weight)


def _flat(said: Mapping[str, Any], prefix: str, complaints: list[Complaint]) -> Iterator[tuple[str, str]]:
    """The options by their full names: `route.2.host`."""
    for name, value in said.items():
        full = f"{prefix}{name}"
        if isinstance(value, dict) and full.count(".") < 3:
            yield from _flat({str(key): each for key, each in value.items()}, f"{full}.", complaints)
            continue
        try:
            yield full, _written(str(name), value)
        except ComplaintError as error:
            option = OPTIONS.get(str(name))
            complaints.append(Complaint(full[:100], str(error), closes=option is None or option.guards))


def _written(name: str, value: object) -> str:
    """A value as it would be written in a tag."""
    if isinstance(value, list) and not any(isinstance(each, list) for each in value):
        option = OPTIONS.get(name)
        between = "\n" if option is not None and option.rules else ","
        return between.join(_written(name, each) for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value).strip()
    raise ComplaintError("a text, a number, a truth or a list of them is expected")
