"""Values of settings, from the text that people write."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from discovery.consul.address import parse_agent
from discovery.persistence_options import (
    parse_balance,
    parse_cookie,
    parse_cookie_key,
    parse_hash_type,
)
from ingress.ipc.address import parse_address, parse_ip, write_address
from ingress.log import LEVELS
from ingress.model.backend import ProxyHeader

Parse = Callable[[str], object]

_UNITS: Final[Mapping[str, float]] = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZES: Final[Mapping[str, int]] = {"": 1, "k": 1024, "m": 1024 * 1024}
_SECONDS: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(|ms|s|m|h)")
_SIZE: Final = re.compile(r"([0-9]{1,9})(|k|m)", re.IGNORECASE)
_TRUTHS: Final = {"true": True, "yes": True, "on": True, "1": True}
_FALSEHOODS: Final = {"false": False, "no": False, "off": False, "0": False}
_TAG_PREFIX: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_SECRET: Final = re.compile(r"(?:(?:files|kubernetes):)?[a-z0-9.-]+/[a-z0-9.-]+")
_RECORD: Final = re.compile(r"kubernetes:[a-z0-9.-]+/[a-z0-9.-]+|consul:[A-Za-z0-9._~-][A-Za-z0-9._~/-]*")
_BACKEND: Final = re.compile(r"(?:(?:files|kubernetes):)?[a-z0-9.-]+/[a-z0-9.-]+:[a-z0-9-]+")


def text(value: str) -> str:
    """Anything at all."""
    return value


def flag(value: str) -> bool:
    """Yes or no."""
    known = {**_TRUTHS, **_FALSEHOODS}
    if value.lower() not in known:
        raise ValueError(f'"{value}" is neither true nor false')
    return known[value.lower()]


def truth(value: str) -> bool:
    """Yes or no, for what is yes unless somebody says no: as an option it takes a value."""
    return flag(value)


def agent(value: str) -> str:
    """The address of a Consul agent."""
    parse_agent(value)
    return value


def tag_prefix(value: str) -> str:
    """The beginning of tags, without the dot after it."""
    if not _TAG_PREFIX.fullmatch(value):
        raise ValueError(f'"{value}" is not a word of lower-case letters, digits and "-"')
    return value


def seconds(value: str) -> float:
    """A time: `30`, `1.5`, `500ms`, `2m`; without a unit it is seconds."""
    match = _SECONDS.fullmatch(value)
    if not match:
        raise ValueError(f'"{value}" is not a time, such as 30, 1.5, 500ms or 2m')
    return float(match[1]) * _UNITS[match[2]]


def some_seconds(value: str) -> float:
    """A time that is not 0."""
    if not (parsed := seconds(value)):
        raise ValueError("it must be more than 0")
    return parsed


def size(value: str) -> int:
    """Bytes: `8192`, `8k`, `1m`; at least 1."""
    match = _SIZE.fullmatch(value)
    if not match or not int(match[1]):
        raise ValueError(f'"{value}" is not a size, such as 8192, 8k or 1m')
    return int(match[1]) * _SIZES[match[2].lower()]


def size_or_none(value: str) -> int:
    """Bytes, or 0 for no limit."""
    return 0 if value == "0" else size(value)


def between(least: int, most: int) -> Parse:
    """A whole number within bounds."""

    def parse(value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
            raise ValueError(f'"{value}" is not a whole number from {least} to {most}')
        return int(value)

    return parse


def key_prefix(value: str) -> str:
    """What keys of Consul begin with; a slash at its beginning is left out, as there is none in keys."""
    if value and not re.fullmatch(r"/?[A-Za-z0-9._~-][A-Za-z0-9._~/-]*", value):
        raise ValueError(f'"{value}" is not the beginning of a key: letters, digits and - . _ ~ /')
    return value.removeprefix("/")


def entry_point(value: str) -> str:
    """A name and what it stands for: `db=3306`, `internal=http`."""
    name, _, place = value.partition("=")
    is_port = place.isascii() and place.isdigit() and len(place) <= 5 and 1 <= int(place) <= 65535
    if not name or not (is_port or place in ("http", "https")):
        raise ValueError(f'"{value}" is not NAME=http, NAME=https or NAME=PORT')
    return value


def one_of(*words: str) -> Parse:
    """One of some words."""

    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(f'"{value}" is none of {", ".join(words)}')
        return value

    return parse


def address(value: str) -> str:
    """An address to listen on; `:8080` is that port on all IPv4 addresses."""
    host, port = parse_address(f"0.0.0.0{value}" if value.startswith(":") else value)
    return write_address(host, port)


def place(value: str) -> str:
    """An address at which others reach this instance: `10.0.0.5:8080`, `[2001:db8::5]:443`."""
    host, port = parse_address(value)
    if ip_address(host).is_unspecified or not port:
        raise ValueError(f'"{value}" is not one address and port at which others reach this instance')
    return write_address(host, port)


def network(value: str) -> str:
    """A network or a single address."""
    try:
        return str(ip_network(value))
    except ValueError as error:
        raise ValueError(f'"{value}" is not a network: {error}') from None


def backend(value: str) -> str:
    """A Service and its port, and the source it is of if that is not clear."""
    if not _BACKEND.fullmatch(value):
        raise ValueError(f'"{value}" is not [files:|kubernetes:]NAMESPACE/SERVICE:PORT')
    return value


def shift_record(value: str) -> str:
    """A ConfigMap or a key."""
    if not _RECORD.fullmatch(value):
        raise ValueError(f'"{value}" is neither kubernetes:NAMESPACE/NAME nor consul:KEY')
    return value


def secret(value: str) -> str:
    """A Secret, and the source it is of if that is not clear."""
    if not _SECRET.fullmatch(value):
        raise ValueError(f'"{value}" is not [files:|kubernetes:]NAMESPACE/SECRET')
    return value


def certificate(value: str) -> str:
    """A Secret, or the whole path of a file or folder."""
    return path(value) if value.startswith("/") else secret(value)


def path(value: str) -> str:
    """A file or folder, by its whole path: processes may run elsewhere than where they were started."""
    return str(Path(value).absolute())


def configmap(value: str) -> str:
    """A ConfigMap, and the source it is of if that is not clear."""
    if not _SECRET.fullmatch(value):
        raise ValueError(f'"{value}" is not [files:|kubernetes:]NAMESPACE/CONFIGMAP')
    return value


def send_proxy(value: str) -> ProxyHeader:
    """The version of the PROXY protocol, or `off`."""
    one_of(*ProxyHeader)(value)
    return ProxyHeader(value)


balance: Final[Parse] = parse_balance
hash_type: Final[Parse] = parse_hash_type
cookie: Final[Parse] = parse_cookie
cookie_key: Final[Parse] = parse_cookie_key
level: Final = one_of(*LEVELS)
ip: Final[Parse] = parse_ip
