"""A stage: the data plane of a worker with nothing around it, on which one request is played.

What decides here is what decides in a worker: the same parser, table, rules, balancing and forwarding. Only
the two connections are played: what goes to the server is kept, and a bare 200 comes back.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ingress.acl.formula import compile_condition
from ingress.explain.asked import Asked
from ingress.explain.rivals import hints, host_names, seen_routes
from ingress.explain.sight import Sight, balance_of, lines, request_line, seen_servers, text
from ingress.filter.verdict import Verdict
from ingress.model.admission import Authorize
from ingress.model.backend import Backend
from ingress.model.change import Commit, PutBackend, PutFile, PutHost, PutPlatform
from ingress.model.condition import Condition
from ingress.model.explanation import Explanation
from ingress.model.listener import TcpRoute
from ingress.model.patterns import PatternFile
from ingress.model.platform import EVERYWHERE, Platform
from ingress.model.route import Host
from ingress.model.settings import Settings
from ingress.observe.page import RESERVED, ROW, Column
from ingress.proxy.apply import Apply
from ingress.proxy.asking.inquiries import Told
from ingress.proxy.client import ClientConnection, Door
from ingress.proxy.exchange import Exchange
from ingress.proxy.server_names import HTTPS, ServerNames
from ingress.proxy.site import Site, Target, World
from ingress.proxy.upstream import Upstream
from ingress.wire.refusal import Refusal
from ingress.wire.request import parse_request

PATIENCE: Final = 3.0
"""Seconds after which the account is closed, whatever still waits: a tarpit, for one."""
BARE: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
REASON: Final = "X-Headgate-Reason: "
NO_BODY: Final = "The rules wait for the body, and not all that was announced is given (--data TEXT)."
HERE: Final = ("127.0.0.1", 80)


class Facts(Struct, frozen=True):
    """What is in force, as far as it concerns the request."""

    hosts: Mapping[str, Host]
    """Those under whose names its host may stand."""
    backends: Mapping[str, Backend]
    platforms: Iterable[Platform] = ()
    """Those whose rules come before those of its routes."""
    files: Iterable[PatternFile] = ()
    """Those that rules look into."""
    names: Iterable[str] = ()
    """Of all hosts there are, for hints."""
    tcp_route: TcpRoute | None = None
    """What relays connections that ask for the host."""
    down: frozenset[tuple[str, str]] = frozenset()
    """Backend and address of servers that have been taken out."""
    settings: Settings = Settings()


class InForce(Struct, frozen=True):
    """All that is in force, by name."""

    hosts: Mapping[str, Host]
    backends: Mapping[str, Backend]
    platforms: Mapping[str, Platform] = {}
    file: Callable[[str], PatternFile | None] = lambda _: None
    """What rules look into under a name."""
    tcp_routes: Iterable[TcpRoute] = ()
    has_default: Callable[[], bool] = lambda: False
    """Whether there is a certificate for hosts that have none."""


def facts_of(host: str, in_force: InForce, settings: Settings) -> Facts:
    """The part of what is in force that a request for this host may meet."""
    hosts, platforms = in_force.hosts, in_force.platforms
    known = {name: hosts[name] for name in host_names(host) if name in hosts}
    routes = [route for one in known.values() for route in one.routes]
    backends = {route.backend for route in routes}
    backends |= {name for route in routes for name in route.policy.named_backends}
    tcp_route = _relaying(host, in_force)
    backends |= {tcp_route.backend} if tcp_route else set()
    names = {EVERYWHERE, *(route.platform for route in routes)}
    before = [platforms[name] for name in names if name in platforms]
    backends |= {name for platform in before for name in platform.policy.named_backends}
    met = {name: in_force.backends[name] for name in backends if name in in_force.backends}
    policies = (
        *(route.policy for route in routes),
        *(backend.policy for backend in met.values()),
        *(platform.policy for platform in before),
    )
    files = {use.file for policy in policies for use in policy.files}
    return Facts(
        known,
        met,
        before,
        [one for name in files if (one := in_force.file(name)) is not None],
        hosts.keys(),
        tcp_route,
        settings=settings,
    )


def _relaying(host: str, in_force: InForce) -> TcpRoute | None:
    """The TCP route of the HTTPS listeners that takes connections which ask for a host."""

    def has_http(own: str, _: str) -> bool:
        known = in_force.hosts.get(own)
        return known is not None and (known.certified or in_force.has_default())

    names = ServerNames(has_http)
    for route in in_force.tcp_routes:
        if route.port == HTTPS:
            names.put(route)
    return names.find(host)


async def explain(asked: Asked, facts: Facts) -> Explanation:
    """What would become of the request, and why."""
    stage = _Stage(asked, facts)
    if asked.tls and facts.tcp_route is not None:
        return stage.relayed(facts.tcp_route)
    return await stage.play()


class _Stage:
    """The data plane, one client, and a server behind every address."""

    def __init__(self, asked: Asked, facts: Facts) -> None:
        self._asked = asked
        self._facts = facts
        self._sight: Sight | None = None
        column = _column()
        self._site = Site(facts.settings, column, None, _world(column))
        self._site.tracer = self
        self._site.inquiries = _Agreeing()
        self._upstreams: list[tuple[Upstream, _Connection]] = []
        self._apply()
        self._answer = _Connection((asked.client, 40000), ("127.0.0.1", asked.port))
        self._client = ClientConnection(self._site, Door(facts.settings, asked.port, tls=asked.tls))

    def _apply(self) -> None:
        apply = Apply(self._site, lambda *_: None)
        for file in self._facts.files:
            apply.put(PutFile(file))
        for platform in self._facts.platforms:
            apply.put(PutPlatform(platform))
        for backend in self._facts.backends.values():
            apply.put(PutBackend(backend))
            self._connect(backend.name)
        for host in self._facts.hosts.values():
            apply.put(PutHost(host))
        apply.put(Commit(1))

    def _connect(self, name: str) -> None:
        """Put a connection into the pool of each server, so that none has to be opened."""
        state = self._site.backend(name)
        # The connections are played, also where those of a worker would be secured.
        state.secure = None
        for server in state.servers:
            server.up = (name, server.fact.address) not in self._facts.down
            upstream, connection = Upstream(self._site, state, server), _Connection(HERE, HERE)
            upstream.connection_made(connection)
            upstream.wait_in_pool()
            self._upstreams.append((upstream, connection))
        state.refresh()

    def watch(self, exchange: Exchange, target: Target) -> Target:
        """See the request through. Implements `ingress.proxy.site.Tracer`."""
        sight = self._sight = Sight(exchange, target)
        return sight.target

    def relayed(self, route: TcpRoute) -> Explanation:
        """Tell of the connection, of which the request is never seen."""
        backend = self._site.backend(route.backend)
        return Explanation(
            "",
            "A connection over TLS",
            self._asked.host,
            "",
            self._asked.client,
            route=route.origin,
            relayed=True,
            ended=route.ended,
            backend=backend.name,
            balance=balance_of(backend.settings),
            tls=backend.settings.tls if route.ended else None,
            servers=tuple(seen_servers(backend)),
        )

    async def play(self) -> Explanation:
        """Send the request, answer in place of the server, and tell what was seen."""
        self._client.connection_made(self._answer)
        self._client.data_received(self._asked.head + self._asked.body)
        sent = await self._sent()
        try:
            return self._told(sent)
        finally:
            self._site.passwords.close()
            for task in self._site.tasks:
                task.cancel()

    async def _sent(self) -> bytes:
        """What a server got; nothing, where Headgate itself answers."""
        sent = b""
        until = asyncio.get_running_loop().time() + PATIENCE
        # What is written goes out at the end of a turn of the loop.
        while not self._answer.is_over and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.001)
            for upstream, connection in self._upstreams:
                if connection.data and not sent:
                    sent = bytes(connection.data)
                    upstream.data_received(BARE)
        return sent

    def _told(self, sent: bytes) -> Explanation:
        told = self._seen()
        winner = None if self._sight is None else self._sight.route
        head, _, rest = bytes(self._answer.data).partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 103"):
            head = rest.partition(b"\r\n\r\n")[0]
        answer = lines(head) if head else ()
        reasons = (line.removeprefix(REASON) for line in answer if line.startswith(REASON))
        return replace(
            told,
            routes=seen_routes(self._facts.hosts, told, winner, self._holds),
            sent=lines(sent) if sent else (),
            answered=not sent,
            status=int(answer[0].split()[1]) if answer else 0,
            reason=next(reasons, ""),
            answer=answer,
            hints=(*self._hints(told.host),),
        )

    def _hints(self, host: str) -> Iterator[str]:
        if self._sight is None or self._sight.route is None:
            yield from hints(self._facts.names, self._facts.hosts, host)
        elif self._site.paused:
            yield NO_BODY

    def _seen(self) -> Explanation:
        if self._sight is not None:
            return self._sight.explanation()
        try:
            request = parse_request(self._asked.head, self._facts.settings.limits)
        except Refusal:
            first = text(self._asked.head.partition(b"\r\n")[0])
            return Explanation("", first, "", "", self._asked.client)
        return Explanation(
            "", request_line(request), request.host.decode(), text(request.path), self._asked.client
        )

    def _holds(self, condition: Condition) -> bool:
        request = parse_request(self._asked.head, self._facts.settings.limits)
        return compile_condition(condition)(request, self._client)


class _Agreeing:
    """Lets all requests pass, as nobody is asked about one that is only played."""

    def ask(self, exchange: Exchange, action: Authorize, told: Told) -> None:
        """Say so."""
        told(Verdict(f"would ask {action.url}; nobody is asked here, and the request is taken to pass"))


class _Connection:
    """One end of a connection, a `Transport`; keeps what is sent."""

    def __init__(self, peer: tuple[str, int], own: tuple[str, int]) -> None:
        self.data = bytearray()
        self.is_over = False
        self._names = {"peername": peer, "sockname": own}

    def get_extra_info(self, name: str, default: object = None) -> object:
        return self._names.get(name, default)

    def write(self, data: bytes) -> None:
        self.data += data
        self.is_over = True

    write_last = write

    def close(self) -> None:
        self.is_over = True

    abort = reset = write_eof = close

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        """There is nothing more to read."""

    resume_reading = pause_reading

    def set_protocol(self, protocol: object) -> None:
        """Nobody is told anything."""

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        """Nothing ever waits."""

    def fileno(self) -> int:
        return -1


def _column() -> Column:
    return Column(memoryview(bytearray((RESERVED + 1) * ROW * 8)).cast("q"))


def _world(column: Column) -> World:
    """Time goes on; the dice always show the middle, so that all who look see the same."""
    return World(
        loop=asyncio.get_running_loop(),
        now=time.monotonic,
        dice=lambda: 0.5,
        load=lambda server: server.in_flight,
        total=column.cells.__getitem__,
        descriptors=1024,
        hostname=socket.gethostname().encode(),
    )
