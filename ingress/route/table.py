"""The table of hosts: where a request goes, by its host and path."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from ingress.model.route import Host
from ingress.route.paths import HostPaths

Target = TypeVar("Target")

ANY_HOST = b""


class Table(Generic[Target]):
    """All hosts in force. A change of one host costs what that host costs, and so does a look-up."""

    __slots__ = ("_hosts", "_wildcards")

    def __init__(self) -> None:
        self._hosts: dict[bytes, HostPaths[Target]] = {}
        self._wildcards: dict[bytes, HostPaths[Target]] = {}
        """`*.example.com` by what follows the star."""

    def put(self, host: Host, targets: Sequence[Target]) -> None:
        """Put a host in place of what it was; `targets` has one for each of its routes."""
        hosts, key = self._place(host.name)
        hosts[key] = HostPaths(host.routes, targets)

    def drop(self, name: str) -> None:
        """Forget a host, if it is known."""
        hosts, key = self._place(name)
        hosts.pop(key, None)

    def _place(self, name: str) -> tuple[dict[bytes, HostPaths[Target]], bytes]:
        if name.startswith("*."):
            return self._wildcards, name[1:].encode()
        return self._hosts, name.encode()

    def find(self, host: bytes, path: bytes) -> Target | None:
        """The target for a host (lower-case, no port) and a path; None: no route takes them."""
        paths = self._hosts.get(host)
        if paths is not None:
            found = paths.find(path)
            if found is not None:
                return found
        return self._find_wider(host, path, paths)

    def _find_wider(self, host: bytes, path: bytes, exact: HostPaths[Target] | None) -> Target | None:
        """What wider hosts have for the path, and if they have nothing, a fallback."""
        dot = host.find(b".")
        # The star stands for one label, and not for an empty one.
        wildcard = self._wildcards.get(host[dot:]) if dot > 0 else None
        wider = (wildcard, self._hosts.get(ANY_HOST))
        for paths in wider:
            found = None if paths is None else paths.find(path)
            if found is not None:
                return found
        for paths in (exact, *wider):
            if paths is not None and paths.fallback is not None:
                return paths.fallback
        return None
