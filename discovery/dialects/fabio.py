"""fabio's `urlprefix-` tags and route commands: where a route is, and what its options ask for."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from msgspec import Struct

from discovery.dialects.complaint import Complaint, ComplaintError
from discovery.dialects.networks import Network
from discovery.dialects.reading import sounds_like_guard, unknown_option
from discovery.names import SpellingError, read_host, read_path
from ingress.model.route import PathKind

PREFIX: Final = "urlprefix-"
TCP: Final = ("tcp", "tcp+sni")
"""What `proto` says where connections are relayed."""

Options = tuple[tuple[str, str], ...]
"""Names with their values, each name once, in order."""

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}|\$(\w+|.)?", re.ASCII)
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_FIELD: Final = re.compile(r"[!-~]+")
_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class Tag(Struct, frozen=True, order=True):
    """A tag, or the part of a route command that says the same."""

    source: str
    """`www.example.com/path`, `/path`, `:3306`: fabio's name of the route."""
    options: Options = ()


class Place(Struct, frozen=True):
    """Where a route is: a host and a path, a host of TLS that is relayed, or a TCP port."""

    host: str = ""
    kind: PathKind = PathKind.PREFIX
    path: str = "/"
    port: int = 0
    """Not 0: a TCP port to relay."""
    relayed: bool = False
    """All of the host's TLS is relayed undecrypted."""


class Redirect(Struct, frozen=True):
    """A redirect in place of a server."""

    code: int
    url: str


class Wanted(Struct):
    """What the options of a route ask for, as far as it can be honoured."""

    strip: str = ""
    prepend: str = ""
    host: str = ""
    """The Host that the server gets; empty: that of the client, or its own address."""
    server_host: bool = False
    """The server gets its own address as Host."""
    protocol: str = "http"
    verify: bool = True
    """The certificates of servers that are spoken to over TLS have to be good."""
    send_proxy: bool = False
    """Connections to servers begin with the PROXY protocol."""
    redirect: Redirect | None = None
    register: str = ""
    """The name under which this instance is to be found in Consul."""
    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()


def read_tag(tag: str, datacentre: str) -> Tag | None:
    """What a tag says; None: it is none of fabio's."""
    text = tag.strip()
    if not text.startswith(PREFIX):
        return None
    source, _, options = text.removeprefix(PREFIX).strip().partition(" ")
    return Tag(normal(_expand(source, datacentre)), read_options(options))


def read_options(text: str) -> Options:
    """`NAME=VALUE` between blanks; of one name the last counts."""
    pairs = (word.partition("=") for word in text.split())
    return tuple(sorted({name: value for name, _, value in pairs}.items()))


def normal(source: str) -> str:
    """The name of a route as fabio compares it: the host in lower case."""
    host, slash, path = source.partition("/")
    return host.lower() + slash + path


def read_place(source: str, options: Options) -> Place:
    """Where a route is. ComplaintError if it cannot be served there."""
    said = dict(options)
    host, slash, path = source.partition("/")
    if said.get("proto") in TCP:
        return _read_name(host, path) if slash else _read_port(host, said["proto"])
    if not slash:
        raise ComplaintError("there is no slash behind the host; write HOST/ or HOST/PATH, or proto=tcp")
    try:
        kind, text = read_path(slash + path, "Exact")
        del kind
        return Place(_read_host(host), PathKind.BEGINS if text != "/" else PathKind.PREFIX, text)
    except SpellingError as error:
        raise ComplaintError(str(error)) from None


def want(options: Options) -> tuple[Wanted, tuple[Complaint, ...]]:
    """What the options ask for, and what of it cannot be honoured."""
    wanted = Wanted()
    complaints = []
    for name, value in options:
        read = _READERS.get(name)
        if read is None:
            complaints.append(_unknown(name))
            continue
        try:
            read(wanted, value)
        except ComplaintError as error:
            complaints.append(
                Complaint(name, str(error), value[:200], name in _GUARDS, name not in _HARMLESS)
            )
    if wanted.allow and wanted.deny:
        reason = "cannot stand beside allow: which of them counts is not said"
        complaints.append(Complaint("deny", reason, closes=True))
    return wanted, tuple(complaints)


def read_weight(text: str) -> float:
    """A share from 0 to 1; 0: none is fixed. ComplaintError if it is no number."""
    try:
        weight = float(text)
    except ValueError:
        raise ComplaintError(f'"{text[:40]}" is not a number such as 0.25') from None
    return weight if 0.0 < weight < 1e6 else 0.0


def _expand(text: str, datacentre: str) -> str:
    def known(match: re.Match[str]) -> str:
        return datacentre if (match[1] or match[2]) == "DC" else ""

    return _VARIABLE.sub(known, text) if "$" in text else text


def _read_name(host: str, path: str) -> Place:
    if path:
        raise ComplaintError("paths cannot be seen in what is relayed; write HOST/")
    try:
        name = _read_host(host)
    except SpellingError as error:
        raise ComplaintError(str(error)) from None
    if not name:
        raise ComplaintError("a host is needed, by which clients ask for what is to be relayed (SNI)")
    return Place(name, relayed=True)


def _read_port(host: str, protocol: str) -> Place:
    address, colon, port = host.rpartition(":")
    if not colon or protocol == "tcp+sni":
        raise ComplaintError("write HOST/ for TCP by the name in TLS (SNI), or :PORT proto=tcp")
    if address not in {"", "0.0.0.0", "[::]"}:
        raise ComplaintError(f"TCP ports are published on --tcp-address, not on {address}; write :{port}")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65535):
        raise ComplaintError(f'"{port}" is not a port')
    return Place(port=int(port))


def _read_host(host: str) -> str:
    if host in {"", "*"}:
        return ""
    if ":" in host:
        raise ComplaintError("a port beside the host is not compared here; leave it out")
    if host.startswith("*."):
        # In fabio a star stands for dots too.
        return "**." + read_host(host[2:])
    if not set(host).isdisjoint("*?[]{}!\\"):
        raise ComplaintError("of patterns for hosts only a star in place of the first labels is served")
    return read_host(host)


def _unknown(name: str) -> Complaint:
    reason, near = unknown_option(name, _READERS)
    return Complaint(name[:60], reason, closes=near in _GUARDS or sounds_like_guard(name, None), flawed=False)


def _read_path(text: str) -> str:
    try:
        return read_path(text, "Exact")[1]
    except SpellingError as error:
        raise ComplaintError(str(error)) from None


def _strip(wanted: Wanted, value: str) -> None:
    wanted.strip = _read_path(value)


def _prepend(wanted: Wanted, value: str) -> None:
    wanted.prepend = _read_path(value if value.startswith("/") else f"/{value}")


def _host(wanted: Wanted, value: str) -> None:
    if value == "dst":
        wanted.server_host = True
        return
    name, _, port = value.partition(":")
    try:
        read_host(name)
    except SpellingError as error:
        raise ComplaintError(str(error)) from None
    if port and not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ComplaintError(f'"{port}" is not a port')
    wanted.host = value


def _proto(wanted: Wanted, value: str) -> None:
    if value not in _PROTOCOLS:
        raise ComplaintError(_PROTOCOL_REASONS.get(value, f"is none of {', '.join(_PROTOCOLS)}"))
    wanted.protocol = value


_PROTOCOLS: Final = ("http", "https", *TCP)
_PROTOCOL_REASONS: Final[Mapping[str, str]] = {
    "grpc": "HTTP/2 towards servers is not served",
    "grpcs": "HTTP/2 towards servers is not served",
}


def _skip_verify(wanted: Wanted, value: str) -> None:
    wanted.verify = value != "true"


def _send_proxy(wanted: Wanted, value: str) -> None:
    wanted.send_proxy = value == "true"


def _redirect(wanted: Wanted, value: str) -> None:
    code, comma, url = value.partition(",")
    if not comma or "," in url:
        raise ComplaintError("write redirect=CODE,URL with one comma")
    if not code.isdigit() or int(code) not in _REDIRECTS:
        raise ComplaintError(f"the code is none of {', '.join(map(str, _REDIRECTS))}")
    if not re.match(r"https?://[^/?]", url) or not _FIELD.fullmatch(url) or "#" in url:
        raise ComplaintError("the address is not http://HOST/PATH or https://HOST/PATH")
    wanted.redirect = Redirect(int(code), url)


def _register(wanted: Wanted, value: str) -> None:
    if not _LABEL.fullmatch(value):
        raise ComplaintError("is no name that Consul's DNS has for a service: letters, digits and -")
    wanted.register = value


def _allow(wanted: Wanted, value: str) -> None:
    wanted.allow = _read_networks(value)


def _deny(wanted: Wanted, value: str) -> None:
    wanted.deny = _read_networks(value)


def _read_networks(value: str) -> tuple[Network, ...]:
    """All of the list or nothing of it: half of it would let in whom it was to keep out."""
    return tuple(_read_network(item.strip()) for item in value.split(","))


def _read_network(item: str) -> Network:
    kind, _, text = item.partition(":")
    if kind.strip().lower() != "ip":
        raise ComplaintError(f'"{item[:60]}" is not ip:ADDRESS or ip:NETWORK')
    try:
        return ip_network(text.strip(), strict=False) if "/" in text else ip_network(ip_address(text.strip()))
    except ValueError as error:
        raise ComplaintError(str(error)) from None


def _refused(reason: str) -> Callable[[Wanted, str], None]:
    def read(_: Wanted, value: str) -> None:
        raise ComplaintError(reason)

    return read


def _accepted(_: Wanted, value: str) -> None:
    """Read elsewhere."""


_READERS: Final[Mapping[str, Callable[[Wanted, str], None]]] = {
    "strip": _strip,
    "prepend": _prepend,
    "host": _host,
    "proto": _proto,
    "redirect": _redirect,
    "weight": _accepted,
    "allow": _allow,
    "deny": _deny,
    "tlsskipverify": _skip_verify,
    "auth": _refused("there are no schemes of that kind here; write headgate.http-request rules"),
    "pxyproto": _send_proxy,
    "grpcservername": _refused("HTTP/2 towards servers is not served"),
    "register": _register,
}

_GUARDS: Final = frozenset({"allow", "auth", "deny", "proto", "redirect"})
"""Without these a route would let in whom it keeps out, or send requests where none were meant to go."""

_HARMLESS: Final = frozenset({"register"})
