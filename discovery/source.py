"""The interface every source has: what it says is put into a sink, object by object."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from msgspec import Struct

from discovery.pool import Pool
from ingress.model.backend import Backend
from ingress.model.listener import Authority, Certificate, TcpListener, TcpRoute
from ingress.model.patterns import PatternFile
from ingress.model.platform import Platform
from ingress.model.problem import Problem
from ingress.model.route import Origin, Route
from ingress.model.times import Times

LAST: Final = "~~"
"""As the `created` of a translation: it comes after all others, also after those that have no age."""


class Claim(Struct, frozen=True, omit_defaults=True):
    """A route that an object asks for on a host; the oldest object wins a host and path."""

    host: str
    route: Route


class Translation(Struct, frozen=True, omit_defaults=True):
    """What one object asks for, and what of it could not be honoured."""

    claims: tuple[Claim, ...] = ()
    listeners: tuple[TcpListener, ...] = ()
    problems: tuple[Problem, ...] = ()
    created: str = ""
    """RFC 3339, in UTC: decides who is oldest. Empty: now, after everyone else."""
    flawed: bool = False
    """An option of ours is wrong: the object keeps its last good version, if it has one, unless a
    problem closes its routes."""
    platforms: tuple[Platform, ...] = ()
    """Rules that come before those of routes."""
    tcp_routes: tuple[TcpRoute, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether it asks for anything at all, beside problems."""
        return bool(self.claims or self.listeners or self.platforms or self.tcp_routes)


class CertificateClaim(Struct, frozen=True, order=True):
    """A host that an object wants a certificate for; the oldest object wins a host."""

    host: str
    origin: Origin
    created: str = ""
    """RFC 3339, in UTC. Empty: now, after everyone else."""


class Unread(Struct, frozen=True):
    """What a source cannot read, while it has read all the rest: it may well be there still."""

    everything: bool = False
    """Nobody knows what is in that which cannot be read."""
    namespaces: frozenset[str] = frozenset()
    """All objects of these namespaces."""
    objects: frozenset[Origin] = frozenset()
    """These objects; the backends of a Service go with it."""

    def has(self, origin: Origin) -> bool:
        """Whether an object may be there though it was not said."""
        return self.everything or origin.namespace in self.namespaces or origin in self.objects

    def has_any(self, origins: Iterable[Origin]) -> bool:
        """Whether any of these objects may be there, or there is one that nobody can name."""
        known = tuple(origins)
        return any(map(self.has, known)) if known else self != NOTHING_UNREAD

    def has_backend(self, source: str, namespace: str, service: str) -> bool:
        """Whether a Service may have endpoints of which nothing was said."""
        return self.has(Origin(source, "service", namespace, service))


NOTHING_UNREAD: Final = Unread()


class SourceState(StrEnum):
    """What a source is doing."""

    STARTING = "starting"
    """No full sync yet; last-good state is served where there is one."""
    LIVE = "live"
    DEGRADED = "degraded"
    """It has synced, but cannot be reached or read now; what it last said stays in force."""


class SourceStatus(Struct, frozen=True, omit_defaults=True):
    """How a source (or one kind of a source) is, for people and for readiness."""

    source: str
    state: SourceState
    detail: str = ""
    """What it waits for or what failed, in one line."""
    last_contact: float = 0.0
    """Seconds since the epoch at which it last proved to be alive; 0: never."""
    parts: dict[str, str] = {}
    """State of each part by name (kinds, namespaces), where a source has parts."""
    lag: Times = Times()
    """From an event in the cluster until the source knew and told of it."""
    counts: Mapping[str, Mapping[str, int]] = {}
    """By kind, how often it was listed anew (`lists`) and refused (by status: `410`)."""


class Sink(Protocol):
    """Where a source puts what it knows. Calls are cheap and do not wait; each replaces what the
    same key said before. What is put or dropped in one turn of the loop goes out as one version."""

    def put(self, origin: Origin, translation: Translation) -> None:
        """What one object asks for now."""

    def drop(self, origin: Origin) -> None:
        """The object is gone, and with it what it asked for."""

    def put_backend(
        self,
        source: str,
        backend: Backend,
        problems: tuple[Problem, ...] = (),
        flawed: bool = False,
        pool: Pool | None = None,
    ) -> None:
        """A backend with its servers, and what joins them. Flawed: an option of it is wrong, so it keeps
        the settings and the pool it had last; its servers change all the same."""

    def drop_backend(self, source: str, name: str) -> None:
        """Nothing of the source refers to the backend any more."""

    def put_certificate(
        self, source: str, certificate: Certificate, claims: tuple[CertificateClaim, ...]
    ) -> None:
        """A certificate, and who wants it for which host. It serves those of its hosts that it wins."""

    def drop_certificate(self, source: str, name: str) -> None:
        """No object of the source refers to the certificate any more."""

    def put_authority(self, source: str, authority: Authority) -> None:
        """Who vouches for certificates of peers."""

    def drop_authority(self, source: str, name: str) -> None:
        """No object of the source refers to the authority any more."""

    def put_file(self, source: str, file: PatternFile) -> None:
        """A pattern file that rules look into."""

    def drop_file(self, source: str, name: str) -> None:
        """No rules of the source look into the file any more."""

    def restored(self, source: str) -> Mapping[Origin, frozenset[str]]:
        """What is in force of the source from an earlier life: each object, with the names of the
        backends it refers to."""

    def synced(self, source: str, unread: Unread = NOTHING_UNREAD) -> None:
        """The first full sync of the source is complete: what only last-good state says is gone, but
        for what cannot be read. Said again when something else is unread."""

    def status(self, status: SourceStatus) -> None:
        """How the source is now."""


class Source(Protocol):
    """A place that facts come from: runs until it is cancelled, and never gives up by itself."""

    name: str

    async def run(self, sink: Sink) -> None:
        """Watch, and tell the sink. Failures are reported as status, not raised."""


@runtime_checkable
class Announcer(Protocol):
    """A source that can tell others of this instance."""

    def found_while(self, is_ready: Callable[[], bool]) -> None:
        """Tell them while it is ready, and at no other time."""
