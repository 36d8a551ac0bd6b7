"""The controller's end of its stream to one worker: the full state once, then changes behind it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, cast

from ingress.ipc.frames import FROM_WORKER, FrameReader, frame
from ingress.model.change import Applied, FromWorker, ToWorker

SLICE: Final = 200
"""Messages of a full state that are written in one turn of the loop: some milliseconds at the most."""
MOST_BEHIND: Final = 64 * 1024 * 1024
"""Bytes a worker may be behind before it is better off with a new full state."""

Heard = Callable[["Link", FromWorker], None]
Lost = Callable[["Link"], None]


class Link(asyncio.Protocol):
    """One worker, as the controller reaches it."""

    def __init__(self, worker: int, heard: Heard, lost: Lost) -> None:
        self.worker = worker
        self.applied = 0
        """The version it serves, as far as this controller has told it."""
        self.is_lost = False
        self._heard = heard
        self._lost = lost
        self._reader = FrameReader()
        self._backlog: Iterator[bytes] = iter(())
        self._behind = 0
        self._later: list[bytes] = []
        self._turn: asyncio.Handle | None = None
        self._paused = False
        self._transport: asyncio.Transport

    def begin(self, state: Iterable[ToWorker]) -> None:
        """Tell it everything there is, a slice at a time, in place of what it has not been told yet."""
        self._backlog = map(frame, state)
        self._later, self._behind = [], 0
        self._schedule()

    def send(self, data: bytes) -> None:
        """Tell it a change, in frames; behind the full state, if that is not all told yet."""
        if self._turn is None and not self._paused:
            self._transport.write(data)
            return
        self._later.append(data)
        self._behind += len(data)
        if self._behind > MOST_BEHIND:
            self._transport.abort()

    def close(self) -> None:
        """Leave the worker alone; it goes on with what it has."""
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        for payload in self._reader.feed(data):
            message = FROM_WORKER.decode(payload)
            if isinstance(message, Applied):
                self.applied = message.version
            self._heard(self, message)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._schedule()

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_lost = True
        if self._turn:
            self._turn.cancel()
        self._lost(self)

    def _schedule(self) -> None:
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_soon(self._write_slice)

    def _write_slice(self) -> None:
        self._turn = None
        if self._paused:
            return
        if data := b"".join(islice(self._backlog, SLICE)):
            self._transport.write(data)
            if not self._paused:
                self._schedule()
        elif self._later:
            data, self._later, self._behind = b"".join(self._later), [], 0
            self._transport.write(data)
