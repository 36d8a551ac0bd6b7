"""Pipes: where the kernel keeps bytes on their way from one socket to another."""

import fcntl
import os
from typing import Final, Protocol

WANTED: Final = 1 << 20
"""Bytes that a pipe is to hold; what an unprivileged process may ask for at most (pipe(7))."""
USEFUL: Final = 64 * 1024
"""With less than this, moving bytes through it costs more than reading and writing them."""
SPARE: Final = 8
"""Empty pipes that are kept for whoever comes next."""


class Pipe:
    """One pipe."""

    __slots__ = ("inlet", "outlet", "size")

    def __init__(self) -> None:
        """OSError: there can be no pipe, or none of a useful size."""
        self.outlet, self.inlet = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            self.size = fcntl.fcntl(self.inlet, fcntl.F_SETPIPE_SZ, WANTED)
        except PermissionError:
            # All pipes of a user together have a limit; beyond it they are as large as they are.
            self.size = fcntl.fcntl(self.inlet, fcntl.F_GETPIPE_SZ)
        if self.size < USEFUL:
            self.close()
            raise OSError("the pipes of this user are at their limit")

    def close(self) -> None:
        """Give both ends back, and what is in it."""
        os.close(self.inlet)
        os.close(self.outlet)


class Holder(Protocol):
    """Who has a pipe for as long as it likes."""

    def rest(self, tick: int) -> None:
        """Give it back, if it has been of no use of late."""


class Pipes:
    """The pipes of a worker: at most so many in use at a time."""

    __slots__ = ("_most", "_spare", "holders", "in_use")

    def __init__(self, most: int) -> None:
        self._most = most
        self._spare: list[Pipe] = []
        self.in_use = 0
        self.holders: set[Holder] = set()
        """Who is to be asked once a second to give one back."""

    def take(self) -> Pipe | None:
        """An empty pipe; None: there is none to be had."""
        if self.in_use >= self._most:
            return None
        try:
            pipe = self._spare.pop() if self._spare else Pipe()
        except OSError:
            return None
        self.in_use += 1
        return pipe

    def put(self, pipe: Pipe, *, empty: bool) -> None:
        """Take a pipe back. One with bytes in it is of no more use to anybody."""
        self.in_use -= 1
        if empty and len(self._spare) < SPARE:
            self._spare.append(pipe)
        else:
            pipe.close()

    def close(self) -> None:
        """Give the spare ones back."""
        while self._spare:
            self._spare.pop().close()
