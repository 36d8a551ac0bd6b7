"""A folder of Kubernetes manifests as a source."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from discovery.files.folder import FolderError, identity
from discovery.files.reader import News, Patience, Reader
from discovery.files.telling import Telling
from discovery.files.watch import Watch
from discovery.kubernetes.cluster import Cluster, ClusterOptions
from discovery.source import Sink


class Timings(Struct, frozen=True):
    """How often the folder is looked at, in seconds."""

    tick: float = 1.0
    """Whether the folder is still the one that is watched."""
    survey: float = 5.0
    """All of it, for what the kernel does not tell: files behind links, folders of other machines."""
    patience: Patience = Patience()
    stretch: float = 0.004
    """Work done in one piece before other tasks get their turn."""


DEFAULT: Final = Timings()
NOTHING_NEW: Final = News({}, None, {})


class FilesSource:
    """Watches a folder of manifests and tells a sink what the objects in them ask for.

    An Ingress without a class counts, and endpoints may be on loopback.
    """

    def __init__(
        self,
        folder: Path,
        options: ClusterOptions,
        clock: Callable[[], float] = time.time,
        timings: Timings = DEFAULT,
    ) -> None:
        """`clock` gives seconds since the epoch."""
        self.name = options.source
        self._folder = folder
        self._options = replace(options, allow_loopback=True, watch_without_class=True)
        self._clock = clock
        self._timings = timings

    async def run(self, sink: Sink) -> None:
        """Watch, and tell the sink, until cancelled."""
        telling = Telling(self.name, Cluster(self._options, sink, self._clock), sink)
        reader = Reader(self._folder, self._timings.patience)
        while True:
            try:
                await self._follow(reader, telling)
            except FolderError as error:
                telling.lost(str(error))
                await asyncio.sleep(self._timings.tick)

    async def _follow(self, reader: Reader, telling: Telling) -> None:
        """Watch one folder until another one has its place."""
        here = identity(self._folder)
        watch = Watch(self._folder)
        paths: set[str] = set()
        news = NOTHING_NEW
        surveyed = 0.0
        while identity(self._folder) == here:
            now = self._clock()
            due = bool(watch.blind) or not 0 <= now - surveyed < self._timings.survey
            if due:
                surveyed = now
            if due or paths or news.wait:
                news = await asyncio.to_thread(reader.refresh, now, None if due else paths)
                await self._work(telling.take(news))
            await self._work(telling.tell(now, news))
            telling.report(news, watch.blind)
            paths = await watch.changes(news.wait or self._timings.tick)

    async def _work(self, steps: Iterator[None]) -> None:
        """Take all steps, a stretch of them at a time."""
        pause = time.monotonic() + self._timings.stretch
        for _ in steps:
            if time.monotonic() >= pause:
                await asyncio.sleep(0)
                pause = time.monotonic() + self._timings.stretch
