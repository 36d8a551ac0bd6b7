"""fabio's route commands: `route add`, `route del`, `route weight`, one a line."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from discovery.dialects.complaint import Complaint, ComplaintError
from discovery.dialects.fabio import Options, normal, read_options, read_weight
from ingress.model.route import Origin

_LIMIT: Final = 10_000
"""Commands of one text."""
_SCHEMES: Final = {"http": 80, "https": 443, "tcp": 0, "grpc": 80, "grpcs": 443}


class Add(Struct, frozen=True):
    """One more target of a route."""

    owner: Origin
    service: str
    source: str
    host: str
    port: int
    share: float = 0.0
    tags: frozenset[str] = frozenset()
    options: Options = ()


class Delete(Struct, frozen=True):
    """Fewer targets: those of a service, with all of these tags, on one route or on all, at one address."""

    service: str = ""
    source: str = ""
    address: tuple[str, int] | None = None
    tags: frozenset[str] = frozenset()


class Weigh(Struct, frozen=True):
    """The share that the targets of a service, with all of these tags, have together of a route."""

    source: str
    share: float
    service: str = ""
    tags: frozenset[str] = frozenset()


Command = Add | Delete | Weigh


def is_meant(service: str, tags: frozenset[str], own_service: str, own_tags: frozenset[str]) -> bool:
    """Whether a command for this service and these tags is about that target."""
    return service in {"", own_service} and tags <= own_tags


def read_commands(text: str, owner: Origin) -> tuple[tuple[Command, ...], tuple[Complaint, ...]]:
    """The commands of a text in order, and what is wrong with the lines that cannot be read."""
    commands: list[Command] = []
    complaints = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = " ".join(line.split())
        if not words or words.startswith(("#", "//")):
            continue
        if len(commands) == _LIMIT:
            complaints.append(
                Complaint(f"line {number}", f"more than {_LIMIT} commands; the rest is left out")
            )
            break
        try:
            commands.append(_read(words, owner))
        except ComplaintError as error:
            complaints.append(Complaint(f"line {number}", str(error), words[:200]))
    return tuple(commands), tuple(complaints)


def _read(words: str, owner: Origin) -> Command:
    for form, make in _FORMS.items():
        match = form.fullmatch(words)
        if match is not None:
            return make({name: text or "" for name, text in match.groupdict().items()}, owner)
    kind = " ".join(words.split()[:2])
    raise ComplaintError(_USAGE.get(kind, "a line begins with route add, route del or route weight"))


def _add(said: Mapping[str, str], owner: Origin) -> Command:
    options = dict(read_options(said["opts"]))
    host, port = "", 0
    if "redirect" in options:
        # In a command the code is the option, and the address of the redirect the target.
        options["redirect"] = f"{options['redirect']},{said['dst']}"
    else:
        host, port, scheme = _address(said["dst"])
        options.setdefault("proto", scheme)
    if options.get("proto") == "http":
        del options["proto"]
    return Add(
        owner,
        said["service"],
        normal(said["source"]),
        host,
        port,
        read_weight(said["weight"] or "0"),
        _tags(said["tags"]),
        tuple(sorted(options.items())),
    )


def _delete(said: Mapping[str, str], owner: Origin) -> Command:
    address = _address(said["dst"])[:2] if said.get("dst") else None
    source = normal(said.get("source", ""))
    return Delete(said.get("service", ""), source, address, _tags(said.get("tags", "")))


def _weigh(said: Mapping[str, str], owner: Origin) -> Command:
    share = read_weight(said["weight"])
    return Weigh(normal(said["source"]), share, said.get("service", ""), _tags(said["tags"]))


def _tags(text: str) -> frozenset[str]:
    return frozenset(tag.strip() for tag in text.split(",") if tag.strip())


def _address(url: str) -> tuple[str, int, str]:
    """Host, port and scheme of a target."""
    try:
        parts = urlsplit(url)
        host, port = str(ip_address(parts.hostname or "")), parts.port or _SCHEMES.get(parts.scheme, 0)
    except ValueError:
        raise ComplaintError(f'"{url[:100]}" is not SCHEME://ADDRESS:PORT/ with an IP address') from None
    if parts.scheme not in _SCHEMES or not port:
        raise ComplaintError(f'"{url[:100]}" has no port, or none of the schemes {", ".join(_SCHEMES)}')
    if parts.path not in {"", "/"} or parts.query:
        raise ComplaintError(f'"{url[:100]}" has a path; write the option prepend')
    return host, port, parts.scheme


_TAGS: Final = r' tags "(?P<tags>[^"]*)"'
_FORMS: Final[Mapping[re.Pattern[str], Callable[[Mapping[str, str], Origin], Command]]] = {
    re.compile(
        r"route add (?P<service>\S+) (?P<source>\S+) (?P<dst>\S+)(?: weight (?P<weight>\S+))?"
        rf'(?:{_TAGS})?(?: opts "(?P<opts>[^"]*)")?'
    ): _add,
    re.compile(rf"route del{_TAGS}"): _delete,
    re.compile(rf"route del (?P<service>\S+){_TAGS}"): _delete,
    re.compile(r"route del (?P<service>\S+)(?: (?P<source>\S+)(?: (?P<dst>\S+))?)?"): _delete,
    re.compile(rf"route weight (?P<source>\S+) weight (?P<weight>\S+){_TAGS}"): _weigh,
    re.compile(rf"route weight (?P<service>\S+) (?P<source>\S+) weight (?P<weight>\S+)(?:{_TAGS})?"): _weigh,
}
_USAGE: Final[Mapping[str, str]] = {
    "route add": 'write route add SERVICE SRC DST [weight W] [tags "T,..."] [opts "NAME=VALUE ..."]',
    "route del": 'write route del SERVICE [SRC [DST]], or route del [SERVICE] tags "T,..."',
    "route weight": 'write route weight [SERVICE] SRC weight W [tags "T,..."]',
}
