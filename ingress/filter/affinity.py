"""Affinity: the server that the requests of a client belong to, by its cookie, else by a hash.

Only backends that ask for it have one; all others choose without a look at the request.
"""

from typing import Final

from ingress.acl.sample import Client, Type
from ingress.acl.text import Take, compile_sample
from ingress.balance.backend import BackendState
from ingress.balance.hashing import Hashing
from ingress.balance.server import ServerState
from ingress.filter.act import Request, Response
from ingress.filter.sticky import StickyCookie
from ingress.model.backend import BackendSettings
from ingress.model.condition import Call, Expression
from ingress.model.persistence import Hashed

SOURCE: Final = Expression(Call("src"))
_NOBODY: Final = b""


class Affinity:
    """Finds the server of a client again, and tells the client which one it is."""

    __slots__ = ("_backend", "_by_source", "_cookie", "_hashing", "_key", "_kind", "_named", "_revision")

    def __init__(self, backend: BackendState, settings: BackendSettings) -> None:
        balance = settings.balance
        hashed = balance.key if isinstance(balance, Hashed) else None
        self._backend = backend
        self._cookie = StickyCookie(settings.cookie, settings.cookie_key) if settings.cookie else None
        self._key: Take | None = None if hashed is None else compile_sample(hashed, Type.BIN)
        self._by_source = hashed == SOURCE
        self._kind = settings.hash_type
        self._hashing = Hashing((), self._kind)
        self._named: dict[bytes, ServerState] = {}
        self._revision = -1

    def choose(self, request: Request, client: Client) -> tuple[ServerState | None, bytes]:
        """The server for a request, and what its cookie says."""
        named = self.read(request)
        server = self._named.get(named)
        if server is not None:
            return server, named
        key: bytes | None = None if self._key is None else self._key(request, client)
        return self._of_key(key), named

    def read(self, request: Request) -> bytes:
        """What the cookie of a request says that names a server the client may stay on; empty: nothing."""
        self._follow()
        if self._cookie is None:
            return _NOBODY
        for named in self._cookie.read(request):
            server = self._named.get(named)
            if server is not None and self._backend.may_keep(server):
                return named
        return _NOBODY

    def of_address(self, address: bytes) -> ServerState | None:
        """The server for a connection of which nothing is known but the client's address, packed."""
        self._follow()
        return self._of_key(address if self._by_source else None)

    def answer(self, named: bytes, server: ServerState, request: Request, response: Response) -> None:
        """Have the answer of a server say whose it is, where the request did not know."""
        if self._cookie is not None:
            self._cookie.write(named, server.fact.address, request, response)

    def _of_key(self, key: bytes | None) -> ServerState | None:
        server = self._hashing.find(key) if key else None
        if server is None:
            return self._backend.choose()
        # One on trial has to answer one request well before it gets the next.
        return self._backend.choose((server,)) if server.on_trial and server.in_flight else server

    def _follow(self) -> None:
        """Take the servers as they are now."""
        backend = self._backend
        if self._revision == backend.revision:
            return
        self._revision = backend.revision
        if self._key is not None:
            self._hashing = Hashing(backend.shares, self._kind)
        if self._cookie is not None:
            self._named = {self._cookie.value_of(each.fact.address): each for each in backend.servers}


def affinity_of(backend: BackendState, settings: BackendSettings) -> Affinity | None:
    """The affinity that these settings ask for; None: they ask for none."""
    wanted = settings.cookie is not None or isinstance(settings.balance, Hashed)
    return Affinity(backend, settings) if wanted else None
