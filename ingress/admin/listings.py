"""The listings under `/api/v1`: from facts, states and counters to items in a stable order.

A listing is a generator that yields None wherever it may be interrupted without an item to show for it.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import asdict

from ingress.admin.items import (
    BackendItem,
    CertificateItem,
    Item,
    ListenerItem,
    OriginItem,
    ProblemItem,
    RouteItem,
    ServerItem,
    ShiftItem,
    SourceItem,
    TcpRouteItem,
    WorkerItem,
)
from ingress.admin.query import Key, Query
from ingress.admin.view import Outage, View
from ingress.model.backend import Backend, BackendSettings, Server
from ingress.model.route import Host, Origin, Route
from ingress.observe.page import RouteCell, ServerCell, WorkerCell, route_key, server_key

Steps = Iterator[tuple[Key, Item] | None]
Named = TypeVar("Named", Host, Backend)


class Listing(Struct, frozen=True):
    """One resource of the API."""

    item: type[Item]
    filters: tuple[str, ...]
    steps: Callable[[View, Query, float], Steps]
    """Items behind `query.after`, in the order of their keys; the last argument is the time of day."""


def _from(named: Sequence[Named], query: Query) -> Sequence[Named]:
    """By name, without those that come before the cursor."""
    ordered = sorted(named, key=attrgetter("name"))
    return ordered[bisect_left(ordered, query.after[0], key=attrgetter("name")) if query.after else 0 :]


def routes(view: View, query: Query, _: float) -> Steps:
    """Every path of every host."""
    for host in _from(view.hosts(), query):
        yield None
        if not query.admits(host=host.name):
            continue
        for place, route in enumerate(sorted(host.routes, key=attrgetter("kind", "path"))):
            # Of one path there may be several with other conditions, so their place is part of the key.
            key = (host.name, route.kind.value, route.path, f"{place:09}")
            wanted = key > query.after and query.admits(namespace=route.origin.namespace)
            yield (key, _route(view, host.name, route)) if wanted else None


def backends(view: View, query: Query, _: float) -> Steps:
    """Every backend, with its servers counted."""
    outages = view.outages()
    for backend in _from(view.backends(), query):
        yield None
        if (backend.name,) <= query.after or not query.admits(namespace=backend.namespace):
            continue
        states: Counter[str] = Counter(up=0, drain=0, down=0)
        requests = in_flight = 0
        for server in backend.servers:
            row = view.directory.row(server_key(backend.name, server.address))
            states[server_state(server, outages.get((backend.name, server.address)))] += 1
            requests += row[ServerCell.REQUESTS]
            in_flight += row[ServerCell.IN_FLIGHT]
            yield None
        settings = shown(backend.settings)
        groups = {group.name: group.share for group in backend.groups}
        facts = (backend.name, backend.namespace, backend.service, settings, dict(states), groups)
        yield (backend.name,), BackendItem(*facts, requests, in_flight)


def servers(view: View, query: Query, _: float) -> Steps:
    """Every server of every backend."""
    outages = view.outages()
    for backend in _from(view.backends(), query):
        yield None
        if not query.admits(namespace=backend.namespace, backend=backend.name):
            continue
        for server in sorted(backend.servers, key=attrgetter("address")):
            key = (backend.name, server.address)
            yield (key, _server(view, backend, server, outages.get(key))) if key > query.after else None


def sources(view: View, query: Query, now: float) -> Steps:
    """Every source."""
    problems = Counter(problem.origin.source for problem in view.problems())
    for source in sorted(view.sources(), key=attrgetter("name")):
        age = max(0.0, now - source.last_contact) if source.last_contact else None
        facts = (source.name, source.state, source.detail, source.last_contact, age, dict(source.parts))
        if (source.name,) > query.after:
            yield (source.name,), SourceItem(*facts, problems[source.name])


def shifts(view: View, query: Query, _: float) -> Steps:
    """Every backend whose requests are shifted."""
    for facts in sorted(view.shifts(), key=attrgetter("backend")):
        if (facts.backend,) > query.after:
            yield (facts.backend,), ShiftItem(**asdict(facts))


def workers(view: View, query: Query, _: float) -> Steps:
    """Every worker."""
    for worker in sorted(view.workers(), key=attrgetter("index")):
        key = (f"{worker.index:06}",)
        cells = [view.page.worker_cell(worker.index, cell) for cell in WORKER_CELLS]
        facts = (worker.index, worker.pid, worker.starts, worker.applied, worker.connected)
        if key > query.after:
            yield key, WorkerItem(*facts, *cells)


def problems(view: View, query: Query, _: float) -> Steps:
    """Every problem."""
    for place, problem in enumerate(sorted(view.problems())):
        # Two problems may be equal in all that could be a key, so their place is the last part of it.
        origin = problem.origin
        key = (origin.source, origin.kind, origin.namespace, origin.name, problem.option, f"{place:09}")
        item = ProblemItem(_origin(origin), problem.option, problem.reason, problem.value, problem.closes)
        yield (key, item) if key > query.after and query.admits(namespace=origin.namespace) else None


def listeners(view: View, query: Query, _: float) -> Steps:
    """Every TCP port."""
    for listener in sorted(view.listeners(), key=attrgetter("port")):
        key = (f"{listener.port:05}",)
        if key > query.after and query.admits(namespace=listener.origin.namespace):
            yield key, ListenerItem(listener.port, listener.backend, _origin(listener.origin))


def tcp_routes(view: View, query: Query, _: float) -> Steps:
    """Every TCP route by server name."""
    for route in sorted(view.tcp_routes(), key=attrgetter("host", "port")):
        key = (route.host, f"{route.port:05}")
        if key > query.after and query.admits(namespace=route.origin.namespace, host=route.host):
            facts = route.host, route.port, route.ended, route.backend, _origin(route.origin)
            yield key, TcpRouteItem(*facts)


def certificates(view: View, query: Query, _: float) -> Steps:
    """Every certificate, by what may be known of it."""
    for facts in sorted(view.certificates(), key=attrgetter("name")):
        wanted = query.host is None or query.host in facts.hosts
        item = CertificateItem(facts.name, facts.hosts, facts.not_after)
        yield ((facts.name,), item) if (facts.name,) > query.after and wanted else None


def shown(settings: BackendSettings) -> dict[str, object]:
    """Settings as people write them, without what is secret."""
    facts = asdict(settings)
    del facts["cookie_key"]
    return {**facts, "balance": str(settings.balance), "cookie": str(settings.cookie or "")}


def server_state(server: Server, outage: Outage | None) -> str:
    """`up`, `drain` or `down`."""
    if outage is not None and outage.workers:
        return "down"
    return "drain" if server.drain else "up"


def _route(view: View, host: str, route: Route) -> RouteItem:
    origin = route.origin
    row = view.directory.row(route_key(origin.namespace, origin.kind, origin.name, route.backend))
    return RouteItem(
        host=host,
        kind=route.kind.value,
        path=route.path,
        backend=route.backend,
        origin=_origin(origin),
        conditional=route.when is not None,
        priority=route.priority,
        closed=route.policy.closed,
        rules=tuple(str(rule.action.__struct_config__.tag) for rule in route.policy.rules),
        use_backend=tuple(rule.backend for rule in route.policy.backends),
        responses={name: row[cell] for name, cell in RESPONSES.items()},
        bytes_in=row[RouteCell.BYTES_IN],
        bytes_out=row[RouteCell.BYTES_OUT],
        seconds=row[RouteCell.MICROSECONDS] / 1e6,
    )


def _server(view: View, backend: Backend, server: Server, outage: Outage | None) -> ServerItem:
    row = view.directory.row(server_key(backend.name, server.address))
    return ServerItem(
        backend=backend.name,
        namespace=backend.namespace,
        service=backend.service,
        address=server.address,
        name=server.name,
        weight=server.weight,
        zone=server.zone,
        group=backend.groups[server.group].name if server.group < len(backend.groups) else "",
        tier=server.tier,
        state=server_state(server, outage),
        reason=outage.reason if outage else "",
        out_in_workers=outage.workers if outage else (),
        **{cell.name.lower(): row[cell] for cell in ServerCell if cell is not ServerCell.OWNER},
    )


def _origin(origin: Origin) -> OriginItem:
    return OriginItem(origin.source, origin.kind, origin.namespace, origin.name)


RESPONSES: Final[Mapping[str, RouteCell]] = {
    "2xx": RouteCell.CODE_2XX,
    "3xx": RouteCell.CODE_3XX,
    "4xx": RouteCell.CODE_4XX,
    "5xx": RouteCell.CODE_5XX,
}

WORKER_CELLS: Final = (
    WorkerCell.CONNECTIONS,
    WorkerCell.CONNECTIONS_TOTAL,
    WorkerCell.REQUESTS_TOTAL,
    WorkerCell.EXCHANGES,
    WorkerCell.UPSTREAM_CONNECTIONS,
    WorkerCell.TUNNELS,
    WorkerCell.TCP_CONNECTIONS,
)
"""In the order of the fields of `WorkerItem`."""

LISTINGS: Final[Mapping[str, Listing]] = {
    "routes": Listing(RouteItem, ("namespace", "host"), routes),
    "backends": Listing(BackendItem, ("namespace",), backends),
    "servers": Listing(ServerItem, ("namespace", "backend"), servers),
    "sources": Listing(SourceItem, (), sources),
    "shifts": Listing(ShiftItem, (), shifts),
    "workers": Listing(WorkerItem, (), workers),
    "problems": Listing(ProblemItem, ("namespace",), problems),
    "listeners": Listing(ListenerItem, ("namespace",), listeners),
    "tcp-routes": Listing(TcpRouteItem, ("namespace", "host"), tcp_routes),
    "certificates": Listing(CertificateItem, ("host",), certificates),
}
