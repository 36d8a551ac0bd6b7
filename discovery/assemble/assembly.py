"""Assembly: the sink of all sources, and the one routing table made of what they say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from msgspec import Struct

from discovery.assemble.backends import Backends, Known, used_by
from discovery.assemble.certificates import Certificates
from discovery.assemble.changes import Ledgers, difference, everything
from discovery.assemble.claims import Claims
from discovery.assemble.contest import Rank
from discovery.assemble.contribution import Contribution, succeed
from discovery.assemble.doubt import Doubt
from discovery.assemble.plain import Plain
from discovery.assemble.sources import Sources
from discovery.assemble.state import KeptAuthority, KeptBackend, KeptFile, KeptObject, State
from discovery.pool import Pool
from discovery.shift.shifts import Pooled
from discovery.source import NOTHING_UNREAD, CertificateClaim, SourceStatus, Translation, Unread
from ingress.model.backend import Backend
from ingress.model.change import Change
from ingress.model.listener import Authority, Certificate, TcpListener, TcpRoute
from ingress.model.patterns import PatternFile
from ingress.model.problem import Problem
from ingress.model.route import Host, Origin

NOTHING: Final = Translation()


class Standpoint(Struct, frozen=True):
    """What this instance prefers."""

    zone: str = ""
    """Where it runs; empty: unknown."""
    preferred: str = ""
    """The source whose objects win over those of all others, whatever their age; empty: none."""


HERE: Final = Standpoint()
# Sorts behind every date: an object without an age is younger than all that have one.
_NO_AGE: Final = "~"


class Assembly:
    """What all sources say, and what of it workers have not been told yet.

    Implements `discovery.source.Sink`. Every call costs what it changes, however much there is.
    """

    def __init__(
        self,
        sources: Sequence[str],
        changed: Callable[[], None] = lambda: None,
        standpoint: Standpoint = HERE,
    ) -> None:
        """`sources` are all that are configured; who comes first wins where ages do not decide.
        `changed` is called when there is something to take, once until it is taken."""
        self.changed = changed
        self._preferred = standpoint.preferred
        self._sources = Sources(sources)
        self._announced = False
        self._objects: dict[Origin, Contribution] = {}
        self._flawed: dict[Origin, None] = {}
        self._backends = Backends(standpoint.zone)
        self._certificates = Certificates(lambda claim: self._rank(claim.origin, claim.created))
        self._claims = Claims(self._certificates, self._backends)
        self._files: Plain[PatternFile] = Plain()
        self._authorities: Plain[Authority] = Plain()
        self._ledgers = Ledgers(
            self._backends.ledger,
            self._certificates.ledger,
            self._claims.hosts.ledger,
            self._claims.ports.ledger,
            self._files.ledger,
            self._authorities.ledger,
            self._claims.platforms,
            self._claims.names.ledger,
        )
        self._doubtful_objects: Doubt[Origin] = Doubt()
        self._doubtful_backends: Doubt[str] = Doubt()
        self._doubtful_certificates: Doubt[str] = Doubt()

    # --- what sources say

    def put(self, origin: Origin, translation: Translation) -> None:
        """What one object asks for now."""
        self._doubtful_objects.clear(origin.source, origin)
        previous = self._objects.get(origin)
        contribution = succeed(previous, translation)
        if contribution != previous:
            self._install(origin, contribution)

    def drop(self, origin: Origin) -> None:
        """The object is gone, and with it what it asked for."""
        self._doubtful_objects.clear(origin.source, origin)
        previous = self._objects.pop(origin, None)
        if previous is None:
            return
        self._flawed.pop(origin, None)
        self._exchange(origin, previous.translation, NOTHING)
        self._announce()

    def put_backend(
        self,
        source: str,
        backend: Backend,
        problems: tuple[Problem, ...] = (),
        flawed: bool = False,
        pool: Pool | None = None,
    ) -> None:
        """A backend with its servers; a flawed one keeps the settings and the pool it had last."""
        self._doubtful_backends.clear(source, backend.name)
        if self._backends.put(Known(source, backend, not flawed, problems, pool)):
            self._announce()

    def drop_backend(self, source: str, name: str) -> None:
        """Nothing of the source refers to the backend any more."""
        self._doubtful_backends.clear(source, name)
        self._backends.drop(name)
        self._announce()

    def put_certificate(
        self, source: str, certificate: Certificate, claims: tuple[CertificateClaim, ...]
    ) -> None:
        """A certificate, and who wants it for which host."""
        self._doubtful_certificates.clear(source, certificate.name)
        self._certificates.put(source, certificate, claims)
        self._announce()

    def drop_certificate(self, source: str, name: str) -> None:
        """No object of the source refers to the certificate any more."""
        self._doubtful_certificates.clear(source, name)
        self._certificates.drop(name)
        self._announce()

    def put_file(self, source: str, file: PatternFile) -> None:
        """A pattern file that rules look into."""
        self._files.put(source, file.name, file)
        self._announce()

    def drop_file(self, source: str, name: str) -> None:
        """No rules of the source look into the file any more."""
        self._files.drop(source, name)
        self._announce()

    def put_authority(self, source: str, authority: Authority) -> None:
        """Who vouches for certificates of peers."""
        self._authorities.put(source, authority.name, authority)
        self._announce()

    def drop_authority(self, source: str, name: str) -> None:
        """No object of the source refers to the authority any more."""
        self._authorities.drop(source, name)
        self._announce()

    def restored(self, source: str) -> Mapping[Origin, frozenset[str]]:
        """What is in force of the source from an earlier life, with the backends it refers to."""
        return {
            origin: frozenset(used_by(self._objects[origin].translation))
            for origin in self._doubtful_objects.of(source)
        }

    def synced(self, source: str, unread: Unread = NOTHING_UNREAD) -> None:
        """The first full sync of the source is complete: what it has not said is gone, unless it
        cannot be read."""
        for origin in self._doubtful_objects.resolve(source, unread.has):
            self.drop(origin)
        for name in self._doubtful_backends.resolve(source, lambda name: self._is_unread(name, unread)):
            self.drop_backend(source, name)
        for name in self._doubtful_certificates.resolve(
            source, lambda name: unread.has_any(self._certificates.origins(name))
        ):
            self.drop_certificate(source, name)
        for plain in (self._files, self._authorities):
            if plain.resolve(source, lambda _: unread != NOTHING_UNREAD):
                self._announce()
        if source in self._sources.unsynced:
            self._sources.synced(source)
            self._announce()

    def status(self, status: SourceStatus) -> None:
        """How the source is now."""
        self._sources.status(status)

    def start_over(self, source: str) -> None:
        """The source is about to say everything anew: what it has not said when it says that it has
        synced is gone. Until then all of it stays in force."""
        for origin in self._objects:
            if origin.source == source:
                self._doubtful_objects.add(source, origin)
        for name in self._backends.names(source):
            self._doubtful_backends.add(source, name)
        for name in self._certificates.names(source):
            self._doubtful_certificates.add(source, name)
        self._files.start_over(source)
        self._authorities.start_over(source)

    # --- what workers are told

    def take_changes(self) -> list[Change]:
        """What differs from what was taken last; slots are left to whoever hands them out."""
        self._announced = False
        return difference(self._ledgers)

    def full_state(self) -> Iterator[Change]:
        """All that was taken so far, for a worker that knows nothing. It may be read in slices:
        what is taken meanwhile is not in it, and has to follow it."""
        return everything(self._ledgers)

    # --- what people are told

    def hosts(self) -> tuple[Host, ...]:
        """All hosts with the routes in force, as they were taken last."""
        return tuple(self._ledgers.hosts.told.values())

    def backends(self) -> tuple[Backend, ...]:
        """All backends with their servers, as they were taken last."""
        return tuple(self._backends.ledger.told.values())

    def listeners(self) -> tuple[TcpListener, ...]:
        """All TCP ports, as they were taken last."""
        return tuple(self._ledgers.ports.told.values())

    def tcp_routes(self) -> tuple[TcpRoute, ...]:
        """All TCP routes by server name, as they were taken last."""
        return tuple(self._ledgers.tcp_routes.told.values())

    def certificates(self) -> tuple[Certificate, ...]:
        """All certificates, keys included, as they were taken last."""
        return tuple(self._certificates.ledger.told.values())

    def origins(self) -> tuple[Origin, ...]:
        """All objects that have said something."""
        return tuple(self._objects)

    def held(self) -> tuple[Origin, ...]:
        """The objects of which an earlier version is in force, because the newest is flawed."""
        return tuple(origin for origin in self._flawed if self._objects[origin].held)

    def problems(self) -> tuple[Problem, ...]:
        """What could not be honoured, each once, in order. Costs what there is to say."""
        own = chain.from_iterable(self._objects[origin].translation.problems for origin in self._flawed)
        return tuple(
            sorted(
                {
                    *own,
                    *self._backends.problems(),
                    *self._backends.missing(self._has_synced),
                    *self._certificates.problems(),
                    *self._claims.problems(),
                }
            )
        )

    def pools(self) -> tuple[Pooled, ...]:
        """The backends whose requests are to be shifted from one place to the other."""
        return tuple(self._backends.shifting())

    def set_share(self, name: str, share: int) -> None:
        """Of a hundred requests to this backend, those that go to Kubernetes from now on."""
        if self._backends.set_share(name, share):
            self._announce()

    def statuses(self) -> tuple[SourceStatus, ...]:
        """How all sources are; of one that has not synced yet, how old is what is served of it."""
        return self._sources.statuses()

    def unsynced(self) -> tuple[str, ...]:
        """The sources that have not synced yet."""
        return self._sources.unsynced

    def unknown(self) -> tuple[str, ...]:
        """The sources of which nothing is known: they have not synced, and no state has them."""
        return self._sources.unknown

    # --- what outlives the process

    def state(self, *, secrets: bool = False) -> State:
        """What is in force, of the sources whose word is complete; certificates only with `secrets`."""
        contacts = self._sources.contacts()
        return State(
            tuple(
                KeptObject(origin, contribution.kept)
                for origin, contribution in self._objects.items()
                if origin.source in contacts and contribution.asks
            ),
            tuple(
                KeptBackend(known.source, known.backend, known.good, known.pool)
                for known in self._backends.known.values()
                if known.source in contacts
            ),
            tuple(self._certificates.kept(contacts)) if secrets else (),
            tuple(KeptFile(*kept) for kept in self._files.kept(contacts)),
            tuple(KeptAuthority(*kept) for kept in self._authorities.kept(contacts)),
            contacts,
        )

    def restore(self, state: State) -> None:
        """Serve what an earlier process knew, until each source has said what it knows now. What a
        source that is not configured any more has said is passed over."""
        for backend in state.backends:
            if backend.source in self._sources and backend.backend.name not in self._backends.known:
                self._doubtful_backends.add(backend.source, backend.backend.name)
                self._backends.put(Known(backend.source, backend.backend, backend.good, pool=backend.pool))
        for file in state.files:
            if file.source in self._sources:
                self._files.restore(file.source, file.file.name, file.file)
        for kept in state.authorities:
            if kept.source in self._sources:
                self._authorities.restore(kept.source, kept.authority.name, kept.authority)
        for certificate in state.certificates:
            source, name = certificate.source, certificate.certificate.name
            if source in self._sources and name not in self._certificates:
                self._doubtful_certificates.add(source, name)
                self._certificates.put(source, certificate.certificate, certificate.claims)
        for known in state.objects:
            if known.origin.source in self._sources and known.origin not in self._objects:
                self._doubtful_objects.add(known.origin.source, known.origin)
                self._install(known.origin, succeed(None, known.translation))
        self._sources.restore(state.contacts)
        self._announce()

    # --- the bookkeeping of all that

    def _is_unread(self, backend: str, unread: Unread) -> bool:
        known = self._backends.known[backend]
        return unread.has_backend(known.source, known.backend.namespace, known.backend.service)

    def _install(self, origin: Origin, contribution: Contribution) -> None:
        previous = self._objects.get(origin)
        self._objects[origin] = contribution
        if contribution.translation.problems:
            self._flawed[origin] = None
        else:
            self._flawed.pop(origin, None)
        self._exchange(origin, previous.translation if previous else NOTHING, contribution.translation)
        self._announce()

    def _exchange(self, origin: Origin, old: Translation, new: Translation) -> None:
        """Put what an object asks for now in the place of what it asked for. What both have stays."""
        if _asked(old) == _asked(new):
            return
        # Used before it is released, lest a backend that both need is forgotten in between.
        self._backends.use(used_by(new))
        self._claims.withdraw(old, self._rank(origin, old.created))
        self._claims.claim(new, self._rank(origin, new.created))
        self._backends.release(used_by(old))

    def _rank(self, origin: Origin, created: str) -> Rank:
        return (
            origin.source != self._preferred,
            created or _NO_AGE,
            self._sources.order(origin.source),
            origin.namespace,
            origin.name,
            origin.kind,
        )

    def _has_synced(self, source: str) -> bool:
        return source in self._sources and source not in self._sources.unsynced

    def _announce(self) -> None:
        if not self._announced:
            self._announced = True
            self.changed()


def _asked(translation: Translation) -> tuple[object, ...]:
    asked = translation.claims, translation.listeners, translation.tcp_routes, translation.platforms
    return *asked, translation.created
