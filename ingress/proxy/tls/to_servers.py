"""TLS towards servers: contexts by what Services ask for, and which connection serves which request."""

import ssl
from collections.abc import Collection
from typing import Any, NamedTuple, cast

from ingress.acl.of_field import hosts
from ingress.acl.sample import Request
from ingress.balance.server import IdleConnection, ServerState
from ingress.model.backend import ServerTls
from ingress.proxy.kernel import acknowledged
from ingress.proxy.tls.context import client_context
from ingress.proxy.tls.dialed import Dialed, Done, ServerContext
from ingress.proxy.tls.hosts import TlsHosts


class _Key(NamedTuple):
    verify: bool
    authority: str
    certificate: str


class ToServers:
    """The contexts of a worker, each made when it is first needed."""

    def __init__(self, credentials: TlsHosts) -> None:
        self._credentials = credentials
        self._ready: dict[_Key, ServerContext] = {}

    def context(self, asked: ServerTls) -> ServerContext:
        """The context for a backend. OSError: it cannot be made, as something is missing."""
        key = _Key(asked.verify, asked.authority, asked.certificate)
        ready = self._ready.get(key)
        if ready is None:
            ready = self._ready[key] = ServerContext(self._make(key))
        return ready

    def forget(self, names: Collection[str]) -> None:
        """These certificates and authorities are others now: what was made of them serves nobody new."""
        for key in [key for key in self._ready if not {key.authority, key.certificate}.isdisjoint(names)]:
            del self._ready[key]

    def _make(self, key: _Key) -> ssl.SSLContext:
        authority = self._credentials.authority(key.authority)
        certificate = self._credentials.certificate(key.certificate)
        if key.authority and authority is None:
            raise OSError(f"{key.authority} is not there to verify servers by")
        if key.certificate and certificate is None:
            raise OSError(f"{key.certificate} is not there to be shown to servers")
        return client_context(authority, certificate, verify=key.verify)


class Secure:
    """The TLS of one backend."""

    __slots__ = ("_asked", "_contexts", "_last")

    def __init__(self, asked: ServerTls, contexts: ToServers) -> None:
        self._asked = asked
        self._contexts = contexts
        self._last = ""
        """The host of the last request, where names are those of hosts: probes have no request."""

    def claim(self, server: ServerState, request: Request) -> IdleConnection | None:
        """Hand over an idle connection that was made for this name, under what is in force now."""
        try:
            wanted = (self._contexts.context(self._asked), self._name(server, request))
        except OSError:
            return None
        idle = server.idle
        for place in range(len(idle) - 1, -1, -1):
            transport = cast(Any, idle[place]).transport
            if transport.secured == wanted:
                transport.acknowledged_before = acknowledged(transport)
                return idle.pop(place)
        return None

    def dial(self, user: object, server: ServerState, request: Request | None, done: Done) -> Dialed:
        """What TCP is to be given for a connection that `user` reads, `done` hears of. OSError: as above."""
        context = self._contexts.context(self._asked)
        return Dialed(user, context, server.fact.address, self._name(server, request), done)

    def _name(self, server: ServerState, request: Request | None) -> str:
        if not self._asked.of_host:
            return self._asked.name or server.fact.host
        if request is not None:
            self._last = _host(request)
        return self._last or server.fact.host


def _host(request: Request) -> str:
    """The host that the server is asked for, without its port."""
    text = next(iter(hosts(request)), b"").decode("ascii", "replace").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].rstrip(".")
