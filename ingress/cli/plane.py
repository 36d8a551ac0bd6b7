"""Discovery put together: the sources that the settings name, their assembly, and its last good state."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from discovery.assemble.assembly import HERE, Assembly, Standpoint
from discovery.assemble.state import State
from discovery.certificate_files.source import CertificateFiles
from discovery.files.source import FilesSource
from discovery.in_memory import InMemory
from discovery.kubernetes.cluster_options import ClusterOptions
from discovery.last_good import LastGood
from discovery.pooling import Partner
from discovery.shift.record_store import RecordStore
from discovery.shift.shifts import Count
from discovery.source import Announcer, Source, SourceState, SourceStatus
from ingress.admin.view import Objection, ShiftFacts, SourceFacts
from ingress.cli.first_word import FirstWord
from ingress.cli.shift_record import record_store
from ingress.cli.shifting import Shifting
from ingress.model.change import Change
from ingress.model.problem import Problem
from ingress.model.settings import Settings

FILES: Final = "files"
KUBERNETES: Final = "kubernetes"
CONSUL: Final = "consul"
CERTIFICATES: Final = "certificates"


class Plane:
    """All sources and what they have said. Implements `ingress.controller.discovery.Discovery`."""

    def __init__(
        self,
        sources: Sequence[Source],
        last_good: LastGood | None,
        memory: InMemory | None = None,
        standpoint: Standpoint = HERE,
        record: RecordStore | None = None,
        *,
        keys: bool = True,
    ) -> None:
        """`memory` is what a successor has of this process, should it crash; `record` is what all replicas
        have of their shifts. `keys`: those of certificates are part of `last_good`."""
        self._sources = {source.name: source for source in sources}
        self._begun: set[str] = set()
        self._last_good = last_good
        self._keys = keys
        self._memory = memory
        self._assembly = Assembly(tuple(self._sources), standpoint=standpoint)
        self._shifts = Shifting(self._assembly, record, lambda: not self._assembly.unsynced())

    @property
    def sources(self) -> Sequence[str]:
        """Their names."""
        return tuple(self._sources)

    async def run(self, source: str) -> None:
        """Follow a source until cancelled."""
        if source in self._begun:
            self._assembly.start_over(source)
        self._begun.add(source)
        # One that is alone has its first word by itself: before it has synced, nothing is served.
        waits = len(self._sources) > 1 and source in self._assembly.unknown()
        await self._sources[source].run(FirstWord(self._assembly) if waits else self._assembly)

    def failed(self, source: str, reason: str) -> None:
        """A source has failed, and is started again."""
        [was] = [status for status in self._assembly.statuses() if status.source == source]
        state = SourceState.STARTING if source in self._assembly.unsynced() else SourceState.DEGRADED
        self._assembly.status(SourceStatus(source, state, reason, was.last_contact))

    def found_while(self, is_ready: Callable[[], bool]) -> None:
        """Others may be told of this instance while it is ready."""
        for source in self._sources.values():
            if isinstance(source, Announcer):
                source.found_while(is_ready)

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call this when something has changed."""
        self._assembly.changed = changed

    def restore(self) -> bool:
        """Begin with the state that an earlier process has left; whether there was one."""
        state = self._memory.load() if self._memory else None
        if state is None and self._last_good:
            state = self._last_good.load()
        if state:
            self._shifts.restore(state.shifts, lambda: self._assembly.restore(state))
        return state is not None

    async def save(self) -> None:
        """Leave the state for a later process."""
        if self._memory:
            await asyncio.to_thread(self._memory.save, self._state(secrets=True))
        if self._last_good:
            await asyncio.to_thread(self._last_good.save, self._state(secrets=self._keys))

    def _state(self, *, secrets: bool = False) -> State:
        return replace(self._assembly.state(secrets=secrets), shifts=self._shifts.records())

    def shift(self, now: float, count: Count) -> None:
        """Go on with what is to be shifted from one place to the other."""
        self._shifts.step(now, count)

    def shifts(self) -> Sequence[ShiftFacts]:
        """How far that is."""
        return self._shifts.facts()

    async def share_shifts(self) -> None:
        """Keep that alike in all replicas, until cancelled."""
        await self._shifts.share()

    async def pause(self, backend: str, paused: bool) -> Objection | None:
        """Stop the shift of a backend for a while, or go on with it."""
        return await self._shifts.pause(backend, paused=paused)

    def take_changes(self) -> Sequence[Change]:
        """What of the table differs since the last call."""
        return self._assembly.take_changes()

    def problems(self) -> Sequence[Problem]:
        """What could not be honoured of users' objects."""
        return self._assembly.problems()

    def facts(self) -> Sequence[SourceFacts]:
        """How each source is."""
        return [
            SourceFacts(
                status.source,
                status.state.value,
                status.detail,
                status.last_contact,
                status.parts,
                status.lag,
                status.counts,
            )
            for status in self._assembly.statuses()
        ]

    def unsynced(self) -> Sequence[str]:
        """The sources that have not said everything yet."""
        return self._assembly.unsynced()

    def unknown(self) -> Sequence[str]:
        """Those of them of which nothing was left by an earlier process either."""
        return self._assembly.unknown()


def build_plane(settings: Settings, memory: InMemory | None = None) -> Plane:
    """The sources that the settings name. A new kind of source has its place here."""
    sources: list[Source] = []
    if settings.manifests:
        sources.append(FilesSource(Path(settings.manifests), cluster_options(FILES, settings)))
    if settings.kubernetes:
        # Its libraries take memory, which a process without this source need not carry.
        from ingress.cli.kubernetes_source import kubernetes_source  # noqa: PLC0415

        sources.append(
            kubernetes_source(settings.kubernetes, settings.namespaces, cluster_options(KUBERNETES, settings))
        )
    if settings.consul.url:
        from ingress.cli.consul_source import consul_source  # noqa: PLC0415

        cluster = KUBERNETES if settings.kubernetes else FILES if settings.manifests else ""
        sources.append(consul_source(CONSUL, settings.consul, settings.backend, Partner(cluster)))
    default = settings.default_certificate
    if settings.certificates or default.startswith("/"):
        default = default if default.startswith("/") else ""
        sources.append(CertificateFiles(CERTIFICATES, settings.certificates, default, time.time))
    last_good = LastGood(Path(settings.state_dir)) if settings.state_dir else None
    standpoint = Standpoint(settings.zone, settings.preferred_source)
    record = record_store(settings)
    return Plane(sources, last_good, memory, standpoint, record, keys=settings.state_keys)


def cluster_options(source: str, settings: Settings) -> ClusterOptions:
    """How a source of this name reads its objects."""
    return ClusterOptions(
        source,
        ingress_class=settings.ingress_class,
        controller_name=settings.controller_name,
        watch_without_class=settings.watch_ingress_without_class,
        default_backend=_of_source(source, settings, settings.default_backend),
        platform_rules=_of_source(source, settings, settings.platform_rules),
        default_certificate=_of_source(source, settings, settings.default_certificate),
        zone=settings.zone,
        node=settings.node,
        partner=Partner(CONSUL, settings.consul.datacentres or ("",)) if settings.consul.url else Partner(),
        backend=settings.backend,
    )


def _of_source(source: str, settings: Settings, default: str) -> str:
    """A default (backend, certificate), if it is of this source: only one may claim what nothing else
    takes, and only that one is to say that it is not there."""
    owner, _, word = default.partition(":")
    if default.startswith("/"):
        return ""
    if owner not in (FILES, KUBERNETES):
        owner, word = (KUBERNETES if settings.kubernetes else FILES), default
    return word if owner == source else ""
