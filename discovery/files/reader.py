"""The reader of a folder: what its files say now, and which of them say something new."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from discovery.files.folder import FolderError, Stamp, Survey, glance, identity, survey
from discovery.files.manifest import Complaint, Manifest, succeed
from discovery.files.reading import Reading, read

MOST_BYTES: Final = 16 * 1024 * 1024
UNTIL_A_FILE: Final = (
    "what they said stays in force until a file is there; if it is meant, put an empty one there: empty.yaml"
)


class Patience(Struct, frozen=True):
    """How long a file is left alone before it is believed, in seconds."""

    written: float = 0.01
    """Since it was last written to: somebody may be at it still."""
    gone: float = 0.2
    """Since it, or one of its objects, was last there: many programs replace a file in two steps."""


DEFAULT: Final = Patience()


class Known(Struct, frozen=True):
    """A file as it was read last."""

    stamp: Stamp
    reading: Reading


class News(Struct, frozen=True):
    """What has changed in a folder."""

    changed: Mapping[str, Manifest | None]
    """What each file says that says something new; None: the file is gone."""
    wait: float | None
    """Look again after so many seconds, even if nothing is heard; None: everything is settled."""
    unread: Mapping[str, str]
    """What could not be looked into, and why: it stays as it was."""


class Reader:
    """Reads a folder again and again. It waits for the disk, so it is called in a thread."""

    def __init__(self, root: Path, patience: Patience = DEFAULT) -> None:
        self.identity: tuple[int, int] | None = None
        self._root = root
        self._patience = patience
        self._known: dict[str, Known] = {}
        self._missing: dict[str, float] = {}
        self._unsettled: set[str] = set()
        """Paths that have changed, and that have not been read since."""

    def refresh(self, now: float, paths: Iterable[str] | None = None) -> News:
        """Look again: at everything, or only at the paths that are known to have changed and at what
        was not settled the last time. FolderError: nothing is known of anything. `now` is in seconds
        since the epoch, as the times of files are."""
        self._unsettled.update(os.path.relpath(path, self._root) for path in paths or ())
        found = (self._glance() if paths is not None else None) or survey(self._root)
        self._check_identity(found)
        self._check_emptiness(found)
        changed: dict[str, Manifest | None] = {}
        waits = [self._look_at(path, stamp, now, changed) for path, stamp in found.stamps.items()]
        self._unsettled.intersection_update(found.stamps)
        if found.complete:
            waits += self._miss(found, now, changed)
        return News(changed, min((wait for wait in waits if wait > 0), default=None), found.unread)

    def _glance(self) -> Survey | None:
        # While a file is missing, only the whole folder tells whether it is back.
        return None if self._missing else glance(self._root, filter(self._matters, self._unsettled))

    def _matters(self, path: str) -> bool:
        """Whether a path is more than the name under which a file was prepared."""
        parts = path.split(os.sep)
        if any(part.startswith(".") for part in parts):
            return any(part.startswith("..") for part in parts)
        if path in self._known or os.path.lexists(self._root / path):
            return True
        return any(known.startswith(path + os.sep) for known in self._known)

    def _check_identity(self, found: Survey) -> None:
        """Refuse an empty folder in the place of the one that had files: a mount that has gone."""
        if not found.complete:
            return
        here = identity(self._root)
        if here != self.identity and self._known and not found.stamps:
            raise FolderError(f"{self._root}: another folder than before, and empty; has a mount gone?")
        self.identity = here

    def _check_emptiness(self, found: Survey) -> None:
        """Refuse that all of several files went at once: more likely a volume or a copy that has failed
        than what somebody wants. Any file, even an empty one, says that it is meant."""
        if found.complete and not found.stamps and not found.unread and len(self._known) > 1:
            raise FolderError(f"{self._root}: all {len(self._known)} files went at once; {UNTIL_A_FILE}")

    def _look_at(self, path: str, stamp: Stamp, now: float, changed: dict[str, Manifest | None]) -> float:
        """Read a file if it is new or has changed; how long to wait if it is too early for that."""
        self._missing.pop(path, None)
        known = self._known.get(path)
        if known and known.stamp == stamp and path not in self._unsettled:
            return 0.0
        self._unsettled.add(path)
        age = _age(stamp, now)
        if age < self._patience.written:
            return self._patience.written - age
        reading = self._read(path, stamp, known.reading if known else None)
        if reading is None:
            return self._patience.written
        if known and age < self._patience.gone and _loses(known.reading.manifest, reading.manifest):
            return self._patience.gone - age
        self._unsettled.discard(path)
        self._known[path] = Known(stamp, reading)
        if known is None or known.reading.manifest != reading.manifest:
            changed[path] = reading.manifest
        return 0.0

    def _read(self, path: str, stamp: Stamp, previous: Reading | None) -> Reading | None:
        """What the file says; None: it changed while it was being read."""
        if stamp.size > MOST_BYTES:
            return _unread(previous, f"larger than {MOST_BYTES // 1024**2} MiB")
        try:
            text = (self._root / path).read_bytes()
        except OSError as error:
            return _unread(previous, f"cannot be read: {error.strerror}")
        return read(path, text, previous) if len(text) == stamp.size else None

    def _miss(self, found: Survey, now: float, changed: dict[str, Manifest | None]) -> list[float]:
        waits = []
        for path in self._known.keys() - found.stamps.keys():
            if any(path == unread or path.startswith(unread + "/") for unread in found.unread):
                continue
            since = self._missing.setdefault(path, now)
            waits.append(since + self._patience.gone - now)
            if waits[-1] <= 0:
                del self._known[path], self._missing[path]
                changed[path] = None
        return waits


def _age(stamp: Stamp, now: float) -> float:
    """Seconds since a file was written to."""
    age = now - stamp.modified / 1e9
    # A time in the future, as some programs leave it behind, says nothing; a tick of the kernel is none.
    return max(age, 0.0) if age > -0.01 else float("inf")


def _loses(before: Manifest, after: Manifest) -> bool:
    """Whether an object that was there is not there any more."""
    return not {item.identity for item in before.items} <= {item.identity for item in after.items}


def _unread(previous: Reading | None, reason: str) -> Reading:
    failed = Manifest(complaints=(Complaint(0, "", reason),), unreadable=True)
    manifest = succeed(previous.manifest if previous else None, failed)
    return Reading(manifest, previous.parts if previous else {})
