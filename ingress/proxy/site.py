"""What all connections of a worker share: the routes and backends in force, the clock, the counters."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final, Protocol

from ingress.acl.lists import Lists
from ingress.acl.wait import Check
from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.filter.steps import Steps
from ingress.model.reason import Reason
from ingress.model.route import Route
from ingress.model.settings import Settings
from ingress.net.poller import Poller
from ingress.net.room import Room
from ingress.observe.access_log import AccessLog, escaped
from ingress.observe.page import Column, WorkerCell, server_key
from ingress.observe.tally import Tallies
from ingress.proxy.crowd import Crowd
from ingress.proxy.health import Health
from ingress.proxy.meters import Meters
from ingress.proxy.passwords import Passwords
from ingress.proxy.pipe import Pipes
from ingress.proxy.scopes import Scopes, joined, layers_of
from ingress.proxy.server_names import ServerNames
from ingress.proxy.tls.hosts import TlsHosts
from ingress.proxy.tls.openssl import OpenSsl
from ingress.proxy.tls.to_servers import ToServers
from ingress.route.table import Table

if TYPE_CHECKING:
    from ingress.proxy.asking.inquiries import Inquiries
    from ingress.proxy.client import ClientConnection
    from ingress.proxy.exchange import Exchange
    from ingress.proxy.introduction import Introduction
    from ingress.proxy.named import Named
    from ingress.proxy.pause import Paused
    from ingress.proxy.relay import Relay
    from ingress.proxy.tls.accepted import Accepted
    from ingress.proxy.upstream import Upstream

log = logging.getLogger("headgate.worker")

NEVER: Final = 1 << 60
"""A deadline, in ticks, that does not come."""


class Target:
    """A route at work: what it asks, compiled, and where its requests are counted."""

    __slots__ = ("backend", "cell", "chosen", "inside", "log_part", "own", "route", "steps")

    def __init__(self, route: Route, own: Steps | None, backend: BackendState, cell: int) -> None:
        self.route = route
        self.own = self.steps = own
        """What the route itself asks; and with that what its platforms ask."""
        self.chosen = False
        """The backend is the one that was chosen, and its rules are among the steps."""
        self.inside: dict[str, Target] = {}
        """What requests meet behind the choice of a backend that has rules, by its name."""
        self.backend = backend
        self.cell = cell
        """Index of its first cell in this worker's column of the shared page."""
        self.log_part = b'"route":"%b"' % escaped(str(route.origin).encode())

    def behind(self, backend: BackendState) -> "Target":
        """What a request meets once this backend is chosen, which has rules."""
        inside = Target(self.route, backend.steps, backend, self.cell)
        inside.steps = joined((*layers_of(self.steps), backend.steps), chosen=True)
        inside.chosen = True
        return inside


class Tracer(Protocol):
    """Whoever wants an account of some requests."""

    def watch(self, exchange: "Exchange", target: Target) -> Target:
        """The target for a request: the one that was found, or one like it that notes what it does."""


@dataclass(frozen=True, slots=True)
class World:
    """What a worker is handed of the world outside."""

    loop: asyncio.AbstractEventLoop
    now: Callable[[], float]
    """Seconds on a clock that never goes back."""
    dice: Callable[[], float]
    """A number from 0 to below 1."""
    load: Callable[[ServerState], int]
    """Requests in flight on a server, in all workers."""
    total: Callable[[int], int]
    """One cell of the shared page, over all workers."""
    descriptors: int
    """How many files and sockets this process may have open."""
    wall: Callable[[], float] = time.time
    """Seconds since the epoch."""
    hostname: bytes = b""
    """The name of this machine."""
    tallies: Tallies | None = None
    """What is counted by keys of clients, over all workers; None: by this one alone."""
    library: OpenSsl | None = None
    """The TLS library, where it is in reach."""


class Site:
    """The state of one worker that its connections use, and nothing that only its control needs."""

    def __init__(self, settings: Settings, column: Column, log: AccessLog | None, world: World) -> None:
        self.settings = settings
        self.limits = settings.limits
        self.room = Room.of(world.descriptors, settings.limits.connections)
        self.pipes = Pipes(self.room.pipes)
        most = settings.limits.connections_per_client
        self.crowd = Crowd(most, settings.trusted_proxies) if most else None
        """Connections by client address, where there is a limit for them."""
        self.column = column
        self.cells = column.cells
        self.log = log
        self.loop = world.loop
        self.poller = Poller(world.loop, world.now)
        self.outbox = self.poller.outbox
        self.now, self.dice, self.wall = world.now, world.dice, world.wall
        self.hostname = world.hostname
        self.lists = Lists()
        self.files = self.lists.ready
        """Look-ups in pattern files, for rules."""
        self.passwords = Passwords(world.loop, world.now)
        self.paused: set[Paused] = set()
        self.inquiries: Inquiries | None = None
        """Whom rules ask; None: none has asked anybody yet."""
        self.load = world.load
        self.meters = Meters(world.total, world.now, world.tallies)
        """What is counted over all workers, for rules."""
        self.tls = TlsHosts(world.library, strict=settings.strict_sni)
        self.to_servers = ToServers(self.tls)
        self.table: Table[Target] = Table()
        self.names: dict[int, ServerNames] = {}
        """TCP routes by the names that clients ask for, of each port that has any."""
        self.backends: dict[str, BackendState] = {}
        self.clients: set[ClientConnection] = set()
        self.handshakes: set[Accepted | Introduction | Named] = set()
        """Connections of which it is not known yet whose they are, or that say what comes before HTTP."""
        self.upstreams: set[Upstream] = set()
        self.relays: set[Relay] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.tick = 0
        """Seconds since the start, counted by the sweep: the unit of all deadlines."""
        self.ready = False
        """A first full state is in force; before that a missing route says nothing."""
        self.draining = False
        self.scopes = Scopes()
        self.health = Health(world.now)
        self.tracer: Tracer | None = None
        """Who is shown each request that has found its route."""
        self._second, self._date = 0, b""
        self._ids, self._id_prefix = 0, b"%08x" % int(world.dice() * 0xFFFFFFFF)
        self._fault_tick = -1
        self.reason_cells = {reason: column.reason(reason) for reason in Reason}

    def backend(self, name: str) -> BackendState:
        """The backend of that name; one that nobody has described yet has no servers."""
        found = self.backends.get(name)
        if found is None:
            found = self.backends[name] = self.unknown_backend(name)
        return found

    def ends_tls(self, host: str, name: str) -> bool:
        """Whether TLS of clients that ask for a name ends here, for the HTTP routes of a host."""
        return self.table.has(host) and self.tls.serves(name)

    def unknown_backend(self, name: str) -> BackendState:
        """A backend without servers, which nobody can find by its name."""
        return BackendState(name, self._claim, self.load, self.dice)

    def _claim(self, backend: str, address: str, slot: int) -> int:
        return self.column.claim(slot, server_key(backend, address))

    def knows(self, check: Check) -> bool:
        """Whether a password is known to be right, for rules."""
        return self.passwords.knows(check)

    def new_request_id(self) -> bytes:
        """An id that no other request of this worker, or likely of any, has."""
        self._ids += 1
        return b"%b%08x" % (self._id_prefix, self._ids)

    def date(self) -> bytes:
        """The line that says when an answer was made (RFC 9110, 6.6.1)."""
        second = int(self.wall())
        if second != self._second:
            self._second = second
            self._date = b"Date: %b\r\n" % formatdate(second, usegmt=True).encode("ascii")
        return self._date

    def count(self, cell: WorkerCell, amount: int = 1) -> None:
        """Add to a counter of this worker."""
        self.cells[cell] += amount

    def make_room(self) -> None:
        """Close those that have been idle longest, one in eight, where upstreams take all their room."""
        if len(self.upstreams) < self.room.upstreams:
            return
        idle = sorted(
            (upstream for upstream in self.upstreams if upstream.attempt is None and upstream.used),
            key=lambda upstream: upstream.deadline,
        )
        for upstream in idle[: max(1, len(idle) // 8)]:
            upstream.close_idle()

    def report_fault(self) -> None:
        """Log the exception that is being handled: the first of each tick with its trace, as they come
        in crowds."""
        if self._fault_tick != self.tick:
            self._fault_tick = self.tick
            log.exception("a fault in the data plane; the request it met was answered 500")

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run what has to wait, as a task of this worker."""
        task = self.loop.create_task(work, name=name)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
