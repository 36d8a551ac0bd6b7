"""A controller on a stage: sources that say what a test wants, workers that a test plays."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Sequence

import uvloop

from ingress.admin.view import Objection, ShiftFacts, SourceFacts
from ingress.controller.process import Controller, assemble_parts
from ingress.controller.view import ControllerView
from ingress.ipc.channel import Control, child_end, control_pair, supervisor_end
from ingress.ipc.frames import TO_WORKER, FrameReader, frame
from ingress.ipc.messages import (
    Attach,
    FromChild,
    WorkerState,
)
from ingress.model.backend import Backend
from ingress.model.change import (
    Applied,
    Change,
    PutBackend,
    ServerHealth,
    ToWorker,
)
from ingress.model.problem import Problem
from ingress.model.route import Origin
from ingress.observe.page import Page

ORIGIN = Origin("k", "service", "n", "db")
ONE, TWO = PutBackend(Backend("one")), PutBackend(Backend("two"))


class Sources:
    """Two sources, of which a test says how they are."""

    sources = ("a", "b")

    def __init__(self) -> None:
        self.missing = ["a", "b"]
        self.is_restored = False
        self.saved = 0
        self.runs: list[str] = []
        self.faults: list[str] = []
        self.fault: Exception | None = None
        self.is_ready: Callable[[], bool] = lambda: False
        self._changes: list[Change] = []

    def say(self, *changes: Change) -> None:
        self._changes += changes
        self._changed()

    def sync(self, *changes: Change) -> None:
        self.missing = []
        self.say(*changes)

    async def run(self, source: str) -> None:
        self.runs.append(source)
        fault, self.fault = self.fault, None
        if fault:
            raise fault
        await asyncio.Event().wait()

    def failed(self, source: str, reason: str) -> None:
        self.faults.append(f"{source}: {reason}")

    def on_change(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def found_while(self, is_ready: Callable[[], bool]) -> None:
        self.is_ready = is_ready

    def restore(self) -> bool:
        if self.is_restored:
            self.say(ONE)
        return self.is_restored

    async def save(self) -> None:
        self.saved += 1

    def take_changes(self) -> Sequence[Change]:
        changes, self._changes = self._changes, []
        return changes

    def shift(self, now: float, count: object) -> None:
        pass

    def shifts(self) -> Sequence[ShiftFacts]:
        return []

    async def share_shifts(self) -> None:
        await asyncio.Event().wait()

    async def pause(self, backend: str, paused: bool) -> Objection | None:
        return None

    def problems(self) -> Sequence[Problem]:
        return []

    def facts(self) -> Sequence[SourceFacts]:
        return []

    def unsynced(self) -> Sequence[str]:
        return self.missing

    def unknown(self) -> Sequence[str]:
        return [] if self.is_restored else self.missing


class Stage:
    """A controller and everyone around it."""

    def __init__(self, sources: Sources, *, succeeds: bool = False) -> None:
        ours, theirs = control_pair()
        self.supervisor: Control[FromChild] = supervisor_end(ours)
        self.sources = sources
        self._channel = child_end(theirs)
        self._page = Page.create(2, 512)
        parts = assemble_parts(self._channel, self._page, sources)
        self.view = ControllerView(parts)
        self._controller = Controller(self._channel, parts, succeeds)
        self._task = asyncio.create_task(self._controller.serve())
        self._streams: list[socket.socket] = []

    async def attach(self, worker: int) -> "Worker":
        ours, theirs = socket.socketpair()
        with theirs:
            self.supervisor.send(WorkerState(worker, 100 + worker, 1))
            self.supervisor.send(Attach(worker), theirs.fileno())
        played = Worker(ours)
        self._streams.append(ours)
        await asyncio.sleep(0.02)
        return played

    async def told(self) -> FromChild:
        for _ in range(300):
            try:
                return self.supervisor.receive()[0]
            except BlockingIOError:
                await asyncio.sleep(0.01)
        raise AssertionError("the supervisor was told nothing")

    async def end(self) -> None:
        self.supervisor.close()
        await asyncio.wait_for(self._task, 60)
        self._channel.close()
        os.close(self._page.fd)
        for stream in self._streams:
            stream.close()


class Worker:
    """A worker that applies when the test says so."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self._reader = FrameReader()
        stream.setblocking(False)

    async def told(self) -> list[ToWorker]:
        """What has come by now."""
        await asyncio.sleep(0.02)
        try:
            payloads = self._reader.feed(self.stream.recv(1 << 20))
        except BlockingIOError:
            return []
        return [TO_WORKER.decode(payload) for payload in payloads]

    async def say(self, message: Applied | ServerHealth) -> None:
        self.stream.send(frame(message))
        await asyncio.sleep(0.02)


def play(
    scenario: Callable[[Stage], Awaitable[None]], *, restored: bool = False, succeeds: bool = False
) -> None:
    """Run a scenario, from a controller that has just begun to one that has ended."""

    async def whole() -> None:
        sources = Sources()
        sources.is_restored = restored
        stage = Stage(sources, succeeds=succeeds)
        try:
            await asyncio.sleep(0.02)
            await scenario(stage)
        finally:
            await stage.end()

    uvloop.run(whole())
