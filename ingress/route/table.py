"""The table of hosts: where a request goes, by its host and path, and what else a route asks."""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from ingress.model.route import Host
from ingress.route.choices import Choice, Holds, HostChoices
from ingress.route.paths import HostPaths

Target = TypeVar("Target")

ANY_HOST = b""


class Table(Generic[Target]):
    """All hosts in force. A change of one host costs what that host costs, and so does a look-up."""

    __slots__ = ("_choices", "_deep", "_hosts", "_wildcards")

    def __init__(self) -> None:
        self._hosts: dict[bytes, HostPaths[Target]] = {}
        self._wildcards: dict[bytes, HostPaths[Target]] = {}
        """`*.example.com` by what follows the star."""
        self._deep: dict[bytes, HostPaths[Target]] = {}
        """`**.example.com` by what follows the stars."""
        self._choices: dict[bytes, HostChoices[Target]] = {}
        """The hosts whose paths do not decide alone, by their names."""

    def put(self, host: Host, targets: Sequence[Target], conditions: Sequence[Holds | None] = ()) -> None:
        """Put a host in place of what it was; `targets` has one for each of its routes, and so has
        `conditions` where any of them has one."""
        self.drop(host.name)
        if any(route.priority or route.when is not None for route in host.routes):
            holds = conditions or [None] * len(targets)
            self._choices[host.name.encode()] = HostChoices(host, targets, holds)
            return
        hosts, key = self._place(host.name)
        hosts[key] = HostPaths(host.routes, targets)

    def drop(self, name: str) -> None:
        """Forget a host, if it is known."""
        hosts, key = self._place(name)
        hosts.pop(key, None)
        self._choices.pop(name.encode(), None)

    def has(self, name: str) -> bool:
        """Whether there are routes under exactly this name."""
        hosts, key = self._place(name)
        return key in hosts or name.encode() in self._choices

    def _place(self, name: str) -> tuple[dict[bytes, HostPaths[Target]], bytes]:
        if name.startswith("**."):
            return self._deep, name[2:].encode()
        if name.startswith("*."):
            return self._wildcards, name[1:].encode()
        return self._hosts, name.encode()

    def find(self, host: bytes, path: bytes) -> Target | None:
        """The target for a host (lower-case, no port) and a path; None: no route takes them, or `decide`
        has to be asked."""
        paths = self._hosts.get(host)
        if paths is not None:
            found = paths.find(path)
            if found is not None:
                return found
        return None if self._choices else self._find_wider(host, path, paths)

    def _find_wider(self, host: bytes, path: bytes, exact: HostPaths[Target] | None) -> Target | None:
        """What wider hosts have for the path, and if they have nothing, a fallback."""
        dot = host.find(b".")
        # The star stands for one label, and not for an empty one.
        wildcard = self._wildcards.get(host[dot:]) if dot > 0 else None
        wider = [wildcard, *self._deeper(host), self._hosts.get(ANY_HOST)]
        for paths in wider:
            found = None if paths is None else paths.find(path)
            if found is not None:
                return found
        for paths in (exact, *wider):
            if paths is not None and paths.fallback is not None:
                return paths.fallback
        return None

    def _deeper(self, host: bytes) -> list[HostPaths[Target] | None]:
        return [self._deep.get(tail) for tail in _tails(host)] if self._deep else []

    def decide(self, host: bytes, path: bytes, request: Any, client: Any) -> Target | None:
        """The target where `find` has none: that of the most specific host that has a route for the
        request; but one with a priority gives way to a higher one of any wider host."""
        if not self._choices:
            return None
        best: Choice[Target] | None = None
        fallback: Target | None = None
        for paths in self._levels(host):
            if fallback is None:
                fallback = paths.fallback
            if isinstance(paths, HostChoices):
                choice = paths.find(path, request, client)
                if choice is not None and (best is None or 0 != choice.priority > best.priority):
                    best = choice
            elif best is None and (found := paths.find(path)) is not None:
                return found
            if best is not None and not best.priority:
                break
        return fallback if best is None else best.target

    def _levels(self, host: bytes) -> Iterator[HostPaths[Target] | HostChoices[Target]]:
        """What is known of the host and of wider ones, the most specific first."""
        yield from self._both(self._hosts, host, host)
        dot = host.find(b".")
        if dot > 0:
            yield from self._both(self._wildcards, host[dot:], b"*" + host[dot:])
        for tail in _tails(host):
            yield from self._both(self._deep, tail, b"**" + tail)
        yield from self._both(self._hosts, ANY_HOST, ANY_HOST)

    def _both(
        self, simple: dict[bytes, HostPaths[Target]], key: bytes, name: bytes
    ) -> Iterator[HostPaths[Target] | HostChoices[Target]]:
        paths = simple.get(key)
        if paths is not None:
            yield paths
        choices = self._choices.get(name)
        if choices is not None:
            yield choices


def _tails(host: bytes) -> Iterator[bytes]:
    """`.b.c` and `.c` of `a.b.c`."""
    dot = host.find(b".")
    if dot == 0:
        return
    while dot > 0:
        yield host[dot:]
        dot = host.find(b".", dot + 1)
