"""Traefik's tags: which routers, services and middlewares an instance declares."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from msgspec import Struct

from discovery.dialects.complaint import Complaint, ComplaintError
from discovery.dialects.golang import read_truth
from discovery.dialects.reading import sounds_like_guard

PREFIX: Final = "traefik."

Options = tuple[tuple[str, str], ...]
"""Names, in lower case but for those that users choose, with their texts; in order."""
Objects = Mapping[str, Options]

_KINDS: Final = (
    *("http.routers", "http.services", "http.middlewares"),
    *("tcp.routers", "tcp.services", "tcp.middlewares"),
)
_OTHERS: Final[Mapping[str, str]] = {
    "udp": "UDP is not relayed",
    "tls": "TLS options cannot be declared in tags",
    "http.serverstransports": "transports cannot be declared in tags",
    "tcp.serverstransports": "transports cannot be declared in tags",
}
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9]+")
_CHOSEN: Final = ("customrequestheaders.", "customresponseheaders.")


class Definitions(Struct, frozen=True):
    """All that the tags of an instance declare, with what Traefik adds of itself."""

    enabled: bool = True
    undecided: bool = False
    """Nothing says whether it is enabled."""
    complaints: tuple[Complaint, ...] = ()
    http_routers: Objects = {}
    http_services: Objects = {}
    http_middlewares: Objects = {}
    tcp_routers: Objects = {}
    tcp_services: Objects = {}
    tcp_middlewares: Objects = {}


def normalize(name: str) -> str:
    """The name of a Consul service as Traefik writes it."""
    return "-".join(filter(None, _NOT_IN_NAMES.split(name)))


def decode(tags: Iterable[str], service: str, *, exposed: bool) -> Definitions:
    """What the tags of an instance of a service declare. `exposed`: it need not say `traefik.enable`."""
    reader = _Reader()
    for tag in tags:
        name, sign, text = tag.partition("=")
        if sign and name.lower().startswith(PREFIX):
            reader.take(name[len(PREFIX) :], text)
    return reader.finish(normalize(service), exposed=exposed)


class _Reader:
    """What has been read of the tags of an instance."""

    def __init__(self) -> None:
        self._enabled: bool | None = None
        self._objects: dict[str, dict[str, dict[str, str]]] = {kind: {} for kind in _KINDS}
        self._complaints: list[Complaint] = []

    def take(self, path: str, text: str) -> None:
        """One tag, without its first word."""
        words = path.split(".")
        kind = ".".join(words[:2]).lower()
        if path.lower() == "enable":
            self._read_enable(text)
        elif kind in self._objects and len(words) > 3 and words[2]:
            name, option = words[2], ".".join(words[3:])
            self._objects[kind].setdefault(name, {})[_spelled(option)] = text.strip()
        else:
            self._complain(path, kind)

    def finish(self, service: str, *, exposed: bool) -> Definitions:
        """All of it, with the objects that need not be declared."""
        of_http = [self._objects[kind] for kind in _KINDS[:3]]
        of_tcp = [self._objects[kind] for kind in _KINDS[3:]]
        if of_tcp[0] or of_tcp[1]:
            _complete(of_tcp[0], of_tcp[1], service, implicit=False)
        if any(of_http) or not (of_tcp[0] or of_tcp[1]):
            _complete(of_http[0], of_http[1], service, implicit=True)
        enabled = exposed if self._enabled is None else self._enabled
        frozen = {kind.replace(".", "_"): _frozen(objects) for kind, objects in self._objects.items()}
        return Definitions(enabled, self._enabled is None, tuple(self._complaints), **frozen)

    def _read_enable(self, text: str) -> None:
        try:
            self._enabled = read_truth(text)
        except ComplaintError as error:
            self._enabled = False
            self._complaints.append(Complaint("enable", str(error), text[:40]))

    def _complain(self, path: str, kind: str) -> None:
        first = kind.partition(".")[0]
        reason = _OTHERS.get(kind) or _OTHERS.get(first)
        if kind == "consulcatalog.connect":
            reason = "Connect is not served"
        if kind == "consulcatalog.canary":
            reason = "a canary has a service of its own; name it with loadbalancer tags"
        if reason is None:
            near = get_close_matches(kind, _KINDS, n=1)
            reason = f"unknown tag; did you mean {PREFIX}{near[0]}?" if near else "unknown tag; remove it"
        closes = sounds_like_guard(path.rpartition(".")[2].lower(), None) and kind not in _OTHERS
        self._complaints.append(Complaint(path[:100], reason, closes=closes, flawed=False))


def _spelled(option: str) -> str:
    """An option in lower case, but for the name at its end if that is the user's."""
    lower = option.lower()
    for group in _CHOSEN:
        if group in lower:
            start = lower.index(group) + len(group)
            return lower[:start] + option[start:]
    return lower


def _complete(
    routers: dict[str, dict[str, str]],
    services: dict[str, dict[str, str]],
    service: str,
    *,
    implicit: bool,
) -> None:
    """Add what Traefik takes for granted: a service, a router, its rule, and the service it leads to."""
    if not services:
        services[service] = {}
    if not routers and implicit and len(services) == 1:
        routers[service] = {}
    for options in routers.values():
        if implicit:
            options.setdefault("rule", f"Host(`{service}`)")
        if len(services) == 1:
            options.setdefault("service", next(iter(services)))


def _frozen(objects: Mapping[str, Mapping[str, str]]) -> Objects:
    return {name: tuple(sorted(options.items())) for name, options in objects.items()}
