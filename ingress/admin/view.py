"""What the admin pages ask of the controller: facts, states and the shared page of counters.

Whatever is a collection is a copy of the caller's own, so that a long listing may be interrupted
between two of its items. Answers are immediate: nothing here waits.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from ingress.model.backend import Backend
from ingress.model.explanation import Explanation
from ingress.model.listener import TcpListener, TcpRoute
from ingress.model.patterns import PatternFile
from ingress.model.platform import Platform
from ingress.model.problem import Problem
from ingress.model.route import Host
from ingress.model.times import Times
from ingress.observe.page import Directory, Page


class SourceFacts(Struct, frozen=True, omit_defaults=True):
    """How a source is."""

    name: str
    state: str
    """`starting`, `live` or `degraded`."""
    detail: str = ""
    last_contact: float = 0.0
    """Seconds since the epoch; 0: never."""
    parts: Mapping[str, str] = {}
    lag: Times = Times()
    """From an event in the cluster until its source told of it."""
    counts: Mapping[str, Mapping[str, int]] = {}
    """By kind, how often it was listed anew (`lists`) and refused (by status: `410`)."""


class ShiftFacts(Struct, frozen=True):
    """A backend whose requests go over from one place to the other."""

    backend: str
    state: str
    """`running`, `paused`, `waiting`, `rolled-back` or `done`."""
    share: int
    """Of a hundred requests, those that go to Kubernetes now."""
    to: str
    """The place that gets more and more of them."""
    progress: float
    """The part (0 to 1) that is behind it."""
    failures: float
    """Of the latest requests to that place, the part that failed."""
    reason: str
    """Why it was rolled back."""
    part: str = "leads"
    """What this replica does for it: `leads`, `follows` or `cut-off`."""


class Objection(Struct, frozen=True):
    """Why something that was asked for is not done."""

    status: int
    """As the answer has it."""
    text: str


Pause = Callable[[str, bool], Awaitable[Objection | None]]
"""Stops the shift of a backend for a while (True) or goes on with it (False), in all replicas."""


class WorkerFacts(Struct, frozen=True, omit_defaults=True):
    """How a worker is."""

    index: int
    pid: int
    """0: it has died and its successor is not there yet."""
    starts: int
    """How often it was started; 1: never again after the first time."""
    applied: int
    """The version of the configuration it serves."""
    connected: bool


class CertificateFacts(Struct, frozen=True):
    """What may be known of a certificate: neither its key nor its chain."""

    name: str
    hosts: tuple[str, ...]
    not_after: float
    """Seconds since the epoch."""


class Outage(Struct, frozen=True):
    """A server that workers have taken out."""

    workers: tuple[int, ...]
    reason: str


class Readiness(Struct, frozen=True):
    """Whether this instance should get requests, and what it waits for if not."""

    ready: bool
    missing: tuple[str, ...] = ()
    draining: bool = False
    """It is stopping, and will not be ready again."""


class View(Protocol):
    """The controller, as far as the admin pages may see it."""

    @property
    def version(self) -> int:
        """The version of the configuration that the workers are to serve."""

    @property
    def page(self) -> Page:
        """The counters of all workers."""

    @property
    def directory(self) -> Directory:
        """Whose row is which."""

    def hosts(self) -> Sequence[Host]:
        """All hosts with their routes, in any order."""

    def backends(self) -> Sequence[Backend]:
        """All backends with their servers, in any order."""

    def platforms(self) -> Sequence[Platform]:
        """All platforms."""

    def file(self, name: str) -> PatternFile | None:
        """What rules look into under that name; it may be confidential."""

    def listeners(self) -> Sequence[TcpListener]:
        """All TCP ports."""

    def tcp_routes(self) -> Sequence[TcpRoute]:
        """All TCP routes by server name."""

    def certificates(self) -> Sequence[CertificateFacts]:
        """All certificates."""

    def problems(self) -> Sequence[Problem]:
        """What of users' objects could not be honoured."""

    def outages(self) -> Mapping[tuple[str, str], Outage]:
        """By backend name and server address: what some worker has taken out."""

    def explanation(self, name: str) -> Explanation | None:
        """The account of a real request, by its id."""

    def sources(self) -> Sequence[SourceFacts]:
        """All sources."""

    def shifts(self) -> Sequence[ShiftFacts]:
        """All shifts."""

    def workers(self) -> Sequence[WorkerFacts]:
        """All workers, those that are just dead included."""

    def applies(self) -> Times:
        """How long changes took to be in force."""

    def readiness(self) -> Readiness:
        """Whether `/readyz` says yes."""
