"""Telling: what the files of a folder say is put into a cluster, and what cannot be read of them is
put into the sink as problems of the files."""

from collections.abc import Iterator
from typing import Final

from discovery.files.inventory import Inventory
from discovery.files.manifest import Complaint
from discovery.files.reader import UNTIL_A_FILE, News
from discovery.kubernetes.cluster import Cluster
from discovery.kubernetes.restored import ASKING
from discovery.source import NOTHING_UNREAD, Sink, SourceState, SourceStatus, Translation, Unread
from ingress.model.problem import Problem
from ingress.model.route import Origin

# Files that are still written to when the source starts hold it up no longer than this, in seconds.
_LONGEST_START: Final = 1.0


class Telling:
    """One run of a source of files, as far as its sink can see it."""

    def __init__(self, source: str, cluster: Cluster, sink: Sink) -> None:
        self._inventory = Inventory()
        self._source = source
        self._cluster = cluster
        self._sink = sink
        self._complained: dict[str, tuple[Complaint, ...]] = {}
        self._synced = False
        self._unread = NOTHING_UNREAD
        self._began = self._contact = 0.0
        self._is_missed = any(origin.kind in ASKING for origin in sink.restored(source))
        """An earlier process had objects of files here, and no file has been seen yet."""

    def take(self, news: News) -> Iterator[None]:
        """What has changed in the folder, file by file. It is told by the next flush."""
        for path, manifest in news.changed.items():
            self._inventory.put(path, manifest)
            self._is_missed = False
            yield
        for (kind, namespace, name), _, obj in self._inventory.settle():
            if obj is None:
                self._cluster.drop(kind, namespace, name)
            else:
                self._cluster.put(kind, obj)
            yield

    def tell(self, now: float, news: News) -> Iterator[None]:
        """Tell what was taken, object by object, once the folder has been read to the end or that takes
        too long."""
        self._contact = now
        self._began = self._began or now
        if not self._synced and news.wait is not None and now - self._began <= _LONGEST_START:
            return
        self._cluster.unread = self._find_unread(news)
        yield from self._cluster.steps()
        self._complain(self._inventory.complaints())
        self._announce()

    def report(self, news: News, remark: str) -> None:
        """Tell how the source is."""
        unread = (f"{path}: {why}" for path, why in news.unread.items())
        missed = f"the folder is empty; {UNTIL_A_FILE}" if self._is_missed else ""
        state = SourceState.DEGRADED if news.unread or missed else SourceState.LIVE
        self._status(
            state if self._synced else SourceState.STARTING,
            "; ".join(filter(None, (*unread, missed, remark))),
        )

    def lost(self, why: str) -> None:
        """The folder cannot be read now: what it said stays in force."""
        if self._synced:
            self._cluster.flush()
        self._status(SourceState.DEGRADED if self._synced else SourceState.STARTING, why)

    def _find_unread(self, news: News) -> Unread:
        # Files that are being written to, or that cannot be looked into, may have anything in them.
        if news.wait is not None or news.unread or self._is_missed:
            return Unread(everything=True)
        return self._inventory.unread(self._source)

    def _announce(self) -> None:
        if not self._synced or self._cluster.unread != self._unread:
            self._synced, self._unread = True, self._cluster.unread
            self._sink.synced(self._source, self._unread)

    def _status(self, state: SourceState, detail: str) -> None:
        parts = {"files": str(self._inventory.files), "objects": str(self._inventory.objects)}
        self._sink.status(SourceStatus(self._source, state, detail, self._contact, parts))

    def _complain(self, complaints: dict[str, tuple[Complaint, ...]]) -> None:
        for path in self._complained.keys() - complaints.keys():
            self._sink.drop(file_origin(self._source, path))
        for path, found in complaints.items():
            if found != self._complained.get(path):
                origin = file_origin(self._source, path)
                self._sink.put(
                    origin, Translation(problems=tuple(as_problem(origin, each) for each in found))
                )
        self._complained = complaints


def file_origin(source: str, path: str) -> Origin:
    """A file as an object: what it says of itself are problems."""
    return Origin(source, "file", "", path)


def as_problem(origin: Origin, complaint: Complaint) -> Problem:
    """The problem of a file."""
    return Problem(origin, complaint.subject, str(complaint))
