"""TCP routes by the name that a client asks for before anything is encrypted (SNI)."""

from collections.abc import Callable
from typing import Final

from ingress.model.listener import TcpRoute
from ingress.proxy.tls.hosts import hosts_for

HTTPS: Final = 0
"""In place of a port: all HTTPS listeners."""

Rival = Callable[[str, str], bool]
"""Whether others have a host (the first), for clients that ask for a name (the second)."""


def nobody(host: str, name: str) -> bool:
    """There are no others."""
    return False


class ServerNames:
    """Those of one port, or of the HTTPS listeners."""

    def __init__(self, rival: Rival = nobody) -> None:
        """`rival` is asked of hosts without a TCP route: the nearest host that a name may mean has it."""
        self._routes: dict[str, TcpRoute] = {}
        self._rival = rival

    def put(self, route: TcpRoute) -> None:
        """A route, new or in place of that of its host."""
        self._routes[route.host] = route

    def drop(self, host: str) -> bool:
        """The host has none any more; whether any other has."""
        self._routes.pop(host, None)
        return bool(self._routes)

    def find(self, name: str) -> TcpRoute | None:
        """The route for clients that ask for a name (lower-case; empty: for none); None: there is none, or
        others are nearer."""
        for host in hosts_for(name):
            found = self._routes.get(host)
            if found is not None:
                return found
            if self._rival(host, name):
                return None
        return None
