"""The state of the whole instance on one small page: what `/api/v1/status` answers."""

from collections.abc import Mapping

from msgspec import Struct

from ingress.admin.view import View
from ingress.model.reason import Reason
from ingress.model.times import Times
from ingress.observe.page import BOUNDS, WorkerCell


class Status(Struct, frozen=True):
    """The instance as a whole."""

    build: str
    version: int
    """The version of the configuration that the workers are to serve."""
    ready: bool
    missing: tuple[str, ...]
    """What it waits for, if it is not ready."""
    hosts: int
    routes: int
    backends: int
    servers: int
    problems: int
    apply: Times
    """From a change until all workers had it in force, in seconds."""
    requests_total: int
    request_seconds_total: float
    connections: int
    exchanges: int
    """Requests being answered now."""
    upstream_connections: int
    tunnels: int
    tcp_connections: int
    retries_total: int
    redispatches_total: int
    answers: Mapping[str, int]
    """Answers that Headgate itself made, by reason; only those there were."""
    durations: tuple[tuple[float | None, int], ...]
    """Requests by duration: upper bound in seconds (null: any), and how many were between it and the last."""


def status(view: View, build: str) -> Status:
    """What the instance is like now."""
    hosts, backends = view.hosts(), view.backends()
    readiness = view.readiness()
    total = view.page.total
    answers = {reason.value: view.page.answers(reason) for reason in Reason}
    bounds = [*(bound / 1e6 for bound in BOUNDS), None]
    return Status(
        build=build,
        version=view.version,
        ready=readiness.ready,
        missing=readiness.missing,
        hosts=len(hosts),
        routes=sum(len(host.routes) for host in hosts),
        backends=len(backends),
        servers=sum(len(backend.servers) for backend in backends),
        problems=len(view.problems()),
        apply=view.applies(),
        requests_total=total(WorkerCell.REQUESTS_TOTAL),
        request_seconds_total=total(WorkerCell.REQUEST_MICROSECONDS) / 1e6,
        connections=total(WorkerCell.CONNECTIONS),
        exchanges=total(WorkerCell.EXCHANGES),
        upstream_connections=total(WorkerCell.UPSTREAM_CONNECTIONS),
        tunnels=total(WorkerCell.TUNNELS),
        tcp_connections=total(WorkerCell.TCP_CONNECTIONS),
        retries_total=total(WorkerCell.RETRIES_TOTAL),
        redispatches_total=total(WorkerCell.REDISPATCHES_TOTAL),
        answers={reason: number for reason, number in answers.items() if number},
        durations=tuple(zip(bounds, view.page.durations(), strict=True)),
    )
