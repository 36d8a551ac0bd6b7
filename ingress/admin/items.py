"""The items of the listings under `/api/v1`: stable shapes, every field always there, never a secret.

A field's docstring is its line in `docs/api.md`.
"""

from collections.abc import Mapping

from msgspec import Struct


class OriginItem(Struct, frozen=True):
    """The object that asked for something."""

    source: str
    kind: str
    namespace: str
    name: str


class RouteItem(Struct, frozen=True):
    """One path of one host. Counts are those of all routes of the same object to the same backend."""

    host: str
    """Empty: any host."""
    kind: str
    """`exact`, `prefix`, `begins` (a prefix by character) or `fallback`."""
    path: str
    backend: str
    origin: OriginItem
    conditional: bool
    """It takes a request only if more than host and path fit."""
    priority: int
    """Decides in place of the path; 0: it has none."""
    closed: str
    """Why every request is refused; empty: the route is open."""
    rules: tuple[str, ...]
    """The actions of its rules, in order; not their arguments, which may be confidential."""
    use_backend: tuple[str, ...]
    """Other backends that its conditions may choose."""
    responses: Mapping[str, int]
    """Answers by class of status: `2xx`, `3xx`, `4xx`, `5xx`."""
    bytes_in: int
    """From clients."""
    bytes_out: int
    """To clients."""
    seconds: float
    """The sum of the durations of its requests."""


class BackendItem(Struct, frozen=True):
    """A named group of servers."""

    name: str
    namespace: str
    service: str
    settings: Mapping[str, object]
    """How requests are shared among its servers; times in seconds."""
    servers: Mapping[str, int]
    """How many are `up`, `drain` and `down`."""
    groups: Mapping[str, int]
    """Where its servers come from several places: the share of the requests that each of them gets."""
    requests: int
    in_flight: int


class ServerItem(Struct, frozen=True):
    """One server of one backend."""

    backend: str
    namespace: str
    service: str
    address: str
    name: str
    """The pod or instance, where it has a name."""
    weight: int
    zone: str
    """Where it runs; empty: unknown."""
    group: str
    """The place that it comes from, where the servers of its backend come from several."""
    tier: int
    """Servers of a higher tier join in when too few of the lower ones are healthy."""
    state: str
    """`up`; `drain`: it gets no new requests; `down`: at least one worker has taken it out."""
    reason: str
    """Why it is down."""
    out_in_workers: tuple[int, ...]
    """The workers that have taken it out."""
    in_flight: int
    requests: int
    connect_failures: int
    """Connections that could not be opened."""
    failures: int
    """Requests that it broke off or did not answer in time."""
    responses_5xx: int
    bytes_in: int
    """From clients."""
    bytes_out: int
    """To clients."""


class SourceItem(Struct, frozen=True):
    """A place that routing comes from."""

    name: str
    state: str
    """`starting`: no full sync yet; `live`; `degraded`: what it last said stays in force."""
    detail: str
    """What it waits for, or what failed."""
    last_contact: float
    """Seconds since the epoch at which it last proved to be alive; 0: never."""
    age: float | None
    """Seconds since then; null: never."""
    parts: Mapping[str, str]
    """The state of its parts, where it has parts."""
    problems: int
    """How many problems its objects have."""


class ShiftItem(Struct, frozen=True):
    """A backend whose requests go over from one place to the other."""

    backend: str
    state: str
    """`running`; `paused`: its text or an operator
    says so; `waiting`: nobody is there to go over to; `rolled-back`: too
    many requests failed; `done`."""
    share: int
    """Of a hundred requests, those that go to Kubernetes now."""
    to: str
    """The place that gets more and more of them: `kubernetes` or `consul`."""
    progress: float
    """The part (0 to 1) that is behind it."""
    failures: float
    """Of the latest requests to that place, the part (0 to 1) that failed; 0 while there are too few."""
    reason: str
    """Why it was rolled back."""
    part: str
    """`leads`: it goes on here; `follows`: as another replica says (`--shift-record`); `cut-off`: what they
    keep together cannot be read, and what was decided last stays."""


class WorkerItem(Struct, frozen=True):
    """A worker process."""

    index: int
    pid: int
    """0: it has died, and its successor is on its way."""
    starts: int
    applied: int
    """The version it serves; `version` of the listing is the one it should serve."""
    connected: bool
    """Whether the controller reaches it. It serves what it knows either way."""
    connections: int
    connections_total: int
    requests_total: int
    exchanges: int
    """Requests being answered now."""
    upstream_connections: int
    tunnels: int
    tcp_connections: int


class ProblemItem(Struct, frozen=True):
    """What of an object could not be honoured."""

    origin: OriginItem
    option: str
    """The annotation or field; empty: the whole object."""
    reason: str
    value: str
    """The value as written, cut; never a secret."""
    closes: bool
    """The option guards, so the object's routes answer 503 until it can be read."""


class ListenerItem(Struct, frozen=True):
    """A TCP port that is relayed."""

    port: int
    backend: str
    """Empty: only connections that name a host are (`tcp-routes`)."""
    origin: OriginItem


class TcpRouteItem(Struct, frozen=True):
    """Connections that name a host in their ClientHello (SNI), relayed as TCP."""

    host: str
    """Empty: any, or none."""
    port: int
    """0: the HTTPS listeners."""
    ended: bool
    """TLS ends here; false: it is relayed undecrypted."""
    backend: str
    origin: OriginItem


class CertificateItem(Struct, frozen=True):
    """A certificate; its chain and key are in no answer."""

    name: str
    hosts: tuple[str, ...]
    not_after: float
    """Seconds since the epoch at which it expires."""


Item = (
    RouteItem
    | BackendItem
    | ServerItem
    | SourceItem
    | ShiftItem
    | WorkerItem
    | ProblemItem
    | ListenerItem
    | TcpRouteItem
    | CertificateItem
)
