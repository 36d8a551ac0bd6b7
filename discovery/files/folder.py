"""A folder as it is on disk: which manifests are in it, and whether each is the same as before."""

import os
from collections.abc import Iterable
from pathlib import Path
from stat import S_ISREG
from typing import Final, NamedTuple

from discovery.files.reading import SUFFIXES

MOST_FILES: Final = 50_000


class Stamp(NamedTuple):
    """What changes with the content of a file."""

    modified: int
    """In nanoseconds since the epoch."""
    size: int
    inode: int
    device: int


class Survey(NamedTuple):
    """The manifests that were found, by path below the folder."""

    stamps: dict[str, Stamp]
    unread: dict[str, str]
    """Files and folders of which nobody knows what is in them, and why."""
    complete: bool
    """The whole folder was looked through, so what is not there is gone."""


class FolderError(Exception):
    """The folder is not there, or cannot be read; the text says why."""


def identity(root: Path) -> tuple[int, int]:
    """What distinguishes the folder from another one of the same path, or FolderError."""
    try:
        status = root.stat()
    except OSError as error:
        raise FolderError(f"{root}: {error.strerror}") from error
    return status.st_dev, status.st_ino


def survey(root: Path) -> Survey:
    """All manifests in the folder and the folders in it, in the order of their paths."""
    walk = _Walk({}, {}, {})
    walk.into(root, "")
    if "" in walk.unread:
        raise FolderError(f"{root}: {walk.unread['']}")
    return Survey(dict(sorted(walk.stamps.items())), walk.unread, complete=True)


def glance(root: Path, paths: Iterable[str]) -> Survey | None:
    """Only these files, by path below the folder; None: to know what became of them, the whole folder
    is needed."""
    stamps = {}
    for path in paths:
        if any(part.startswith(".") for part in path.split(os.sep)):
            return None
        try:
            status = os.lstat(root / path)
        except OSError:
            return None
        if not S_ISREG(status.st_mode):
            return None
        if path.endswith(SUFFIXES):
            stamps[path] = _stamp(status)
    return Survey(stamps, {}, complete=False)


class _Walk(NamedTuple):
    """One way through a folder. Hidden names are passed over: Kubernetes keeps the versions of a
    mounted ConfigMap in them, and editors their copies."""

    stamps: dict[str, Stamp]
    unread: dict[str, str]
    entered: dict[tuple[int, int], None]
    """The folders on the way to where it is: a link back to one of them is not followed."""

    def into(self, folder: str | Path, prefix: str) -> None:
        """Note what is in a folder, and in the folders in it."""
        try:
            status = os.stat(folder)
            entries = _entries(folder)
        except OSError as error:
            self._fail(error, prefix)
            return
        here = status.st_dev, status.st_ino
        if here in self.entered:
            return
        self.entered[here] = None
        for entry in entries:
            self._note(entry, f"{prefix}/{entry.name}" if prefix else entry.name)
        del self.entered[here]

    def _note(self, entry: os.DirEntry[str], path: str) -> None:
        try:
            if entry.is_dir():
                self.into(entry.path, path)
            elif path.endswith(SUFFIXES) and S_ISREG((status := entry.stat()).st_mode):
                self.stamps[path] = _stamp(status)
                _check_number(self.stamps)
        except OSError as error:
            self._fail(error, path)

    def _fail(self, error: OSError, path: str) -> None:
        # What is not there is gone; whatever else fails says nothing of what is there.
        if not path or not isinstance(error, FileNotFoundError):
            self.unread[path] = error.strerror or str(error)


def _check_number(stamps: dict[str, Stamp]) -> None:
    if len(stamps) > MOST_FILES:
        raise FolderError(f"more than {MOST_FILES} manifests")


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev)
