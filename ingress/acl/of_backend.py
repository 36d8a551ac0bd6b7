"""Fetches about backends and their servers, and about all clients together: what the proxy counts."""

from collections.abc import Callable
from typing import Final

from ingress.acl.fetch import Args, Fetch, plain
from ingress.acl.sample import Backend, Client, Meters, One, Request, Sample, Server, Type

FindBackend = Callable[[Client], Backend | None]
FindServer = Callable[[Client], Server | None]


def split_server(name: str) -> tuple[str, str]:
    """The backend and the server of `blog:80/web-1`; the backend is empty where none is named."""
    backend, _, server = name.rpartition("/")
    return backend, server


def _backend(args: Args) -> FindBackend:
    """The backend that is named; without a name the one that the request goes to, as far as is known."""
    if len(args) > 1:
        raise ValueError("at most one argument is expected: a backend, as in nbsrv(blog:80)")
    name = args[0] if args else ""
    if not name:
        return lambda client: client.backend
    return lambda client: client.surroundings.backends.get(name)


def _server(args: Args) -> FindServer:
    if len(args) != 1 or not args[0]:
        raise ValueError("a server is expected, as in srv_is_up(blog:80/10.1.2.3:8080)")
    backend, name = split_server(args[0])
    if not name:
        raise ValueError(f'"{args[0][:60]}" ends before the name of a server')
    find = _backend((backend,))

    def server(client: Client) -> Server | None:
        found = find(client)
        return None if found is None else found.named(name)

    return server


def _of_backend(measure: Callable[[Backend, Meters], Sample]) -> Callable[[Args], One]:
    """The maker of a fetch that measures a backend; one that is not known has no servers."""

    def make(args: Args) -> One:
        find = _backend(args)

        def take(request: Request, client: Client) -> Sample | None:
            backend = find(client)
            return 0 if backend is None else measure(backend, client.surroundings.meters)

        return take

    return make


def _of_server(measure: Callable[[Server, Meters], Sample]) -> Callable[[Args], One]:
    def make(args: Args) -> One:
        find = _server(args)

        def take(request: Request, client: Client) -> Sample | None:
            server = find(client)
            return None if server is None else measure(server, client.surroundings.meters)

        return take

    return make


def _under_way(backend: Backend, meters: Meters) -> int:
    return sum(map(meters.under_way, backend.servers))


def _rate(backend: Backend, meters: Meters) -> int:
    return meters.rate(backend.servers, backend.name)


def _slots(backend: Backend, meters: Meters) -> int:
    # HAProxy's word for servers without a limit, which ours all are.
    return -1 if any(server.up for server in backend.servers) else 0


def _server_name(request: Request, client: Client) -> Sample | None:
    server = client.server
    return None if server is None else (server.fact.name or server.fact.address).encode()


def _name(request: Request, client: Client) -> Sample | None:
    backend = client.backend
    return None if backend is None else backend.name.encode()


_BACKEND: Final = (
    Fetch(
        "nbsrv",
        "nbsrv([BACKEND])",
        Type.INT,
        _of_backend(lambda backend, meters: backend.live),
        "How many servers of a backend can be used now: those of the tier that serves, without those that "
        "are down, drain, or have weight 0.",
        "nbsrv(blog:80) lt 1",
    ),
    Fetch(
        "be_conn",
        "be_conn([BACKEND])",
        Type.INT,
        _of_backend(_under_way),
        "How many requests the servers of a backend have now, over all workers; not the present one.",
        "be_conn(blog:80) gt 1000",
    ),
    Fetch(
        "be_sess_rate",
        "be_sess_rate([BACKEND])",
        Type.INT,
        _of_backend(_rate),
        "How many requests a second the servers of a backend get, over all workers; counted from the first "
        "time on at which it is asked.",
        "be_sess_rate(blog:80) gt 200",
    ),
    Fetch(
        "queue",
        "queue([BACKEND])",
        Type.INT,
        _of_backend(lambda backend, meters: 0),
        "How many requests wait for a server of a backend: 0, as here none waits. `be_conn` tells of load.",
        "queue(blog:80) gt 0",
    ),
    Fetch(
        "avg_queue",
        "avg_queue([BACKEND])",
        Type.INT,
        _of_backend(lambda backend, meters: 0),
        "The same for each server: 0.",
        "avg_queue(blog:80) gt 0",
    ),
    Fetch(
        "connslots",
        "connslots([BACKEND])",
        Type.INT,
        _of_backend(_slots),
        "How many more requests the servers of a backend take: -1, as none has a limit; 0 where none is up.",
        "connslots(blog:80) eq 0",
    ),
)

_SERVER: Final = (
    Fetch(
        "srv_is_up",
        "srv_is_up([BACKEND/]SERVER)",
        Type.BOOL,
        _of_server(lambda server, meters: server.up),
        "A server is not taken out. It is named by its address, or as people call it: its pod, its Consul "
        "instance. One that is not there is no sample.",
        "srv_is_up(blog:80/blog-0)",
    ),
    Fetch(
        "srv_conn",
        "srv_conn([BACKEND/]SERVER)",
        Type.INT,
        _of_server(lambda server, meters: meters.under_way(server)),
        "How many requests a server has now, over all workers.",
        "srv_conn(blog:80/10.1.2.3:8080) gt 50",
    ),
    Fetch(
        "srv_sess_rate",
        "srv_sess_rate([BACKEND/]SERVER)",
        Type.INT,
        _of_server(lambda server, meters: meters.rate((server,), f"{server.cell}")),
        "How many requests a second it gets, over all workers; counted from the first time on at which it is "
        "asked.",
        "srv_sess_rate(blog:80/blog-0) gt 20",
    ),
    Fetch(
        "srv_weight",
        "srv_weight([BACKEND/]SERVER)",
        Type.INT,
        _of_server(lambda server, meters: server.fact.weight),
        "The weight of a server.",
        "srv_weight(blog:80/blog-0) gt 1",
    ),
)

OF_BACKEND: Final = frozenset(row.name for row in _BACKEND)
"""Fetches whose argument is a backend."""
OF_SERVER: Final = frozenset(row.name for row in _SERVER)
"""Fetches whose argument is a server of a backend."""

ROWS: Final = (
    *_BACKEND,
    *_SERVER,
    Fetch(
        "be_name",
        "be_name",
        Type.STR,
        plain(_name),
        "The backend that the request goes to, by its full name; before `use-backend`, that of the route.",
        "be_name -m end /blog:80",
    ),
    Fetch(
        "srv_name",
        "srv_name",
        Type.STR,
        plain(_server_name),
        "The server that has answered: the name of its pod or Consul instance, or else its address.",
        "srv_name blog-0",
        of_answer=True,
    ),
    Fetch(
        "fe_conn",
        "fe_conn",
        Type.INT,
        plain(lambda request, client: client.surroundings.meters.connections()),
        "How many connections of clients are open, over all workers and listeners, the present one too.",
        "fe_conn gt 10000",
    ),
    Fetch(
        "fe_sess_rate",
        "fe_sess_rate",
        Type.INT,
        plain(lambda request, client: client.surroundings.meters.connection_rate()),
        "How many connections a second clients open, over all workers and listeners; counted from the first "
        "time on at which it is asked.",
        "fe_sess_rate gt 500",
    ),
    Fetch(
        "fe_req_rate",
        "fe_req_rate",
        Type.INT,
        plain(lambda request, client: client.surroundings.meters.request_rate()),
        "How many requests a second come, counted in the same way.",
        "fe_req_rate gt 5000",
    ),
)
