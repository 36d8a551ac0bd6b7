"""Last-good state in memory that a process shares with its successor: it outlives crashes, not the tree."""

import os
from collections.abc import Sequence

from discovery.assemble.state import State
from discovery.last_good import StateError, decode, encode


class InMemory:
    """The state in descriptors of memory that somebody else keeps open: two of them, written by turns, so
    that one is whole whenever a process dies."""

    def __init__(self, descriptors: Sequence[int]) -> None:
        self._descriptors = tuple(descriptors)

    def save(self, state: State) -> None:
        """Put the state in the place of the older copy. OSError: the newer one is still whole."""
        oldest = min(self._descriptors, key=_written)
        left = memoryview(encode(state))
        os.ftruncate(oldest, 0)
        position = 0
        while position < len(left):
            position += os.pwrite(oldest, left[position:], position)

    def load(self) -> State | None:
        """The state as it was saved last; None: none was."""
        for descriptor in sorted(self._descriptors, key=_written, reverse=True):
            try:
                return decode(os.pread(descriptor, os.fstat(descriptor).st_size, 0))
            except StateError:
                continue
        return None


def _written(descriptor: int) -> int:
    return os.fstat(descriptor).st_mtime_ns
