"""A backend at work: its servers by address, which of them are usable, and whose turn it is."""

from collections.abc import Callable, Sequence
from typing import Any

from ingress.balance.belonging import Belonging
from ingress.balance.groups import Lanes, nearest
from ingress.balance.hashing import Share
from ingress.balance.pick import pick_of, turns_of
from ingress.balance.server import ServerState
from ingress.model.backend import Backend, BackendSettings, ProxyHeader, Server

Load = Callable[[ServerState], int]
Claim = Callable[[str, str, int], int]
"""From backend, address and slot of a server to the index of the first cell of its row."""


class BackendState:
    """The servers of a backend, found again by address when the facts change."""

    __slots__ = (
        "_by_name",
        "_claim",
        "_enough",
        "_lanes",
        "_pick",
        "_ready",
        "_servers",
        "affinity",
        "dice",
        "live",
        "load",
        "log_part",
        "name",
        "position",
        "private",
        "revision",
        "secure",
        "server_host",
        "server_ticks",
        "settings",
        "steps",
        "stream_ticks",
        "tries",
        "try_limit",
        "turns",
        "usable",
    )

    def __init__(self, name: str, claim: Claim, load: Load, dice: Callable[[], float]) -> None:
        self.name = name
        self.settings = BackendSettings()
        self.secure: Any = None
        """How connections to its servers are secured, for whoever opens them; None: they are not."""
        self.steps: Any = None
        """Rules for all requests that come to it, compiled; None: there are none."""
        self.private = False
        """Its connections carry one request each, and wait for no other."""
        self._read_settings()
        self.log_part = name.encode()
        self.load = load
        self.dice = dice
        self.turns: Sequence[ServerState] = ()
        self.usable: Sequence[ServerState] = ()
        self.position = int(dice() * 1024)
        self._pick = pick_of(self.settings.balance)
        self._enough = 1
        self._lanes: Lanes | None = None
        """Only where the backend has groups."""
        self._claim = claim
        self._servers: dict[str, ServerState] = {}
        self._by_name: dict[str, ServerState] = {}
        self.live = 0
        """How many of the usable servers are up and do not drain."""
        self._ready: Sequence[ServerState] = ()
        """Those that new requests may go to, resting or not."""
        self.affinity: Belonging | None = None
        """None: a request may go to any server."""
        self.revision = 0
        """Changes whenever other servers are usable than before."""

    def _read_settings(self) -> None:
        """Have at hand what each request asks."""
        settings = self.settings
        self.tries = settings.tries
        """Times that a request is tried at most."""
        self.try_limit = float(settings.timeout_try)
        """Seconds for one try; 0: no limit of its own."""
        self.server_host = settings.server_host
        """Requests get the server's own address as their Host."""
        self.server_ticks = int(settings.timeout_server) + 1
        """Whole seconds, rounded up, that a server may be silent for before its answer."""
        self.stream_ticks = int(settings.timeout_stream or settings.timeout_server) + 1
        """The same within its answer."""

    @property
    def servers(self) -> Sequence[ServerState]:
        """All servers, usable or not, in the order of the facts."""
        return tuple(self._servers.values())

    def put(self, backend: Backend, slots: Sequence[int]) -> None:
        """Take new settings and servers; what was learned about servers that stay is kept."""
        self.settings = backend.settings
        self._settle_privacy()
        self._read_settings()
        self._pick = pick_of(backend.settings.balance)
        self._enough = backend.enough
        self._put_groups(backend)
        self.put_servers(backend.servers, slots)

    def _settle_privacy(self) -> None:
        """Keep no connection that says nothing where each has to say whose it is."""
        self.private = self.settings.send_proxy is not ProxyHeader.OFF
        if self.private:
            for server in self._servers.values():
                server.close_idle()

    def _put_groups(self, backend: Backend) -> None:
        if not backend.groups:
            self._lanes = None
            return
        if self._lanes is None:
            self._lanes = Lanes(self.load, self.dice)
        self._lanes.put(backend.groups, self._pick)
        self._pick = self._lanes.pick

    def put_servers(self, servers: Sequence[Server], slots: Sequence[int]) -> None:
        """Take new servers; the states of those that stay are kept, idle connections of others end."""
        before, self._servers = self._servers, {}
        known, newcomer = bool(before), None
        for index, fact in enumerate(servers):
            address = fact.address
            state = before.pop(address, None)
            if state is None:
                slot = slots[index] if index < len(slots) else 0
                newcomer = state = ServerState(fact, self._claim(self.name, address, slot))
            elif _is_wanted(fact) and not _is_wanted(state.fact):
                newcomer = state
            state.fact = fact
            state.leaving = fact.drain
            self._servers[address] = state
            if fact.drain:
                state.close_idle()
        for gone in before.values():
            gone.leaving = True
            gone.close_idle()
        named = (server for server in self._servers.values() if server.fact.name)
        self._by_name = {server.fact.name: server for server in named}
        self.refresh()
        if known and newcomer is not None:
            self._welcome(newcomer)

    def _welcome(self, newcomer: ServerState) -> None:
        """Go on with a server that has just come or come back: in a long row it would wait for all others."""
        if self._lanes is not None:
            self._lanes.welcome(newcomer)
        elif newcomer in self.turns:
            self.position = self.turns.index(newcomer)

    def refresh(self) -> None:
        """Work out anew which servers are usable: after new facts, or a server went out or came back."""
        lanes = self._lanes
        servers = [server for server in self._servers.values() if server.fact.weight > 0]
        if lanes is not None:
            servers = [server for server in servers if lanes.has_share(server)]
        ready = [server for server in servers if not server.fact.drain] or servers
        # A pool of nothing but bad servers is tried all the same: one of them may be better by now.
        self._ready = ready
        usable = [server for server in ready if server.up] or ready
        enough = self._enough
        self.usable = nearest(usable, enough) if lanes is None else lanes.refresh(usable, enough)
        self.turns = turns_of(self.usable)
        self.live = sum(server.up and not server.fact.drain for server in self.usable)
        self.revision += 1

    def named(self, name: str) -> ServerState | None:
        """The server of that address, or else of that name."""
        return self._servers.get(name) or self._by_name.get(name)

    def has(self, server: ServerState) -> bool:
        """Whether the facts still name this server."""
        return self._servers.get(server.fact.address) is server

    @property
    def shares(self) -> Sequence[Share]:
        """The servers that get requests now, with the share of each group."""
        if self._lanes is not None:
            return self._lanes.shares
        return [(1, self.usable)] if self.usable else []

    def may_keep(self, server: ServerState) -> bool:
        """Whether a client may stay on a server, though it may be one that gets no others: it drains, or is
        not of the nearest."""
        rests = not server.up or (server.on_trial and server.in_flight > 0)
        return not rests and (self._lanes is None or self._lanes.has_share(server))

    def choose(self, tried: Sequence[ServerState] = ()) -> ServerState | None:
        """The server for the next attempt, none of those tried if there is another; None: no server."""
        if not self.usable:
            return None
        if tried:
            return self._choose_another(tried)
        server = self._pick(self)
        if server.on_trial and server.in_flight:
            return self._choose_another((server,))
        return server

    def _choose_another(self, tried: Sequence[ServerState]) -> ServerState | None:
        for _ in range(len(self.turns)):
            server = self._pick(self)
            if server not in tried and not (server.on_trial and server.in_flight):
                return server
        for servers in (self.usable, self._ready):
            for server in servers:
                if server not in tried:
                    return server
        return self.usable[0]


def _is_wanted(fact: Server) -> bool:
    """Whether new requests may go to a server, by the facts alone."""
    return fact.weight > 0 and not fact.drain
