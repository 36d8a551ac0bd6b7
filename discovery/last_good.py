"""Last-good state on disk: written whole or not at all, and read only when it is beyond doubt.

A file is a magic, the version of its format, a checksum of the rest, and the rest in MessagePack.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from struct import Struct as Layout
from typing import Final

import msgspec

from discovery.assemble.state import State

FORMAT: Final = 1
"""Raised whenever an older Headgate could misread what a newer one writes, or the other way."""
_MAGIC: Final = b"HEADGATE LAST GOOD\n"
_CHECKSUM: Final = 32
_HEAD: Final = Layout(f"<{len(_MAGIC)}sI{_CHECKSUM}s")
_NAME: Final = "last-good.state"

log = logging.getLogger(__name__)


class StateError(Exception):
    """A file that is no state of ours, or not whole; the text says why."""


class LastGood:
    """The state in a folder. One process at a time may have it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / _NAME

    def save(self, state: State) -> None:
        """Put the state in the place of the one before. OSError: that one is still there, whole."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".unfinished")
        with _private(unfinished) as descriptor:
            _write_all(descriptor, encode(state))
            os.fsync(descriptor)
        unfinished.replace(self.path)
        _sync_folder(self.path.parent)

    def load(self) -> State | None:
        """The state as it was saved last; None: there is none, or none that can be trusted. What is
        refused is kept beside, under another name."""
        try:
            return decode(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("last-good state %s cannot be read, and is not used: %s", self.path, error.strerror)
            return None
        except StateError as error:
            aside = self._put_aside()
            log.warning("last-good state %s is not used: %s; kept as %s", self.path, error, aside.name)
            return None

    def _put_aside(self) -> Path:
        aside = self.path.with_suffix(".refused")
        try:
            return self.path.replace(aside)
        except OSError:
            return self.path


def encode(state: State) -> bytes:
    """The bytes of a file."""
    rest = msgspec.msgpack.encode(state)
    return _HEAD.pack(_MAGIC, FORMAT, _checksum(rest)) + rest


def decode(data: bytes) -> State:
    """The state in the bytes of a file, or StateError."""
    if not data.startswith(_MAGIC[: len(data)]) or not data:
        raise StateError("it is not a state of Headgate")
    if len(data) < _HEAD.size:
        raise StateError("it is cut off")
    _, version, checksum = _HEAD.unpack_from(data)
    if version != FORMAT:
        raise StateError(f"its format is {version}, and this is a Headgate for format {FORMAT}")
    rest = memoryview(data)[_HEAD.size :]
    if _checksum(rest) != checksum:
        raise StateError("its checksum is wrong: it is damaged or cut off")
    return _decode_rest(rest)


def _decode_rest(rest: memoryview) -> State:
    try:
        return msgspec.msgpack.decode(rest, type=State)
    except (msgspec.DecodeError, RecursionError) as error:
        raise StateError(f"its content is not as expected: {error}") from error


def _checksum(data: bytes | memoryview) -> bytes:
    return blake2b(data, digest_size=_CHECKSUM).digest()


@contextmanager
def _private(path: Path) -> Iterator[int]:
    """A fresh file that only its owner may read. A link in its place is not followed."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _sync_folder(folder: Path) -> None:
    # Without this a power failure may bring back the old name of the file.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
