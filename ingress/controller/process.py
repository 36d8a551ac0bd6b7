"""The controller: from what the sources say to what the workers serve."""

import asyncio
import gc
import logging
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import uvloop

from ingress.admin.guard import NOBODY, Trust
from ingress.controller.discovery import Discovery
from ingress.controller.fleet import Fleet
from ingress.controller.follow import follow
from ingress.controller.pages import Pages
from ingress.controller.parts import Parts
from ingress.controller.ports import Ports
from ingress.controller.problem_log import ProblemLog
from ingress.controller.published import Published
from ingress.controller.readiness import ReadinessGate
from ingress.controller.rows import Rows
from ingress.controller.saver import Saver
from ingress.controller.shifting import keep_shifting
from ingress.controller.view import ControllerView, all_problems
from ingress.ipc.channel import Control, child_end
from ingress.ipc.messages import Attach, Drain, Listen, PortProblem, ToChild, WantAttach, WorkerState
from ingress.observe.page import Page

PATIENCE: Final = 10.0
"""Seconds for which a successor waits for all sources, lest it puts less than they knew over what the
workers serve."""
REVIEW: Final = 0.2
"""Seconds between a change and the look at what problems there are: in a flood, one look for many."""

log = logging.getLogger(__name__)


def run(
    control: socket.socket,
    page: Page,
    connect: Callable[[], Discovery],
    *,
    succeeds: bool,
    trust: Trust = NOBODY,
) -> int:
    """Follow the sources until the supervisor is gone or wants no more; returns the exit status.

    `connect` makes the sources, inside the loop. `succeeds`: an earlier controller has died, and the
    workers serve what it told them. `trust` says who may do more by the admin pages."""
    uvloop.run(_run(control, page, connect, succeeds, trust))
    return 0


async def _run(
    control: socket.socket, page: Page, connect: Callable[[], Discovery], succeeds: bool, trust: Trust
) -> None:
    channel = child_end(control)
    await Controller(channel, assemble_parts(channel, page, connect()), succeeds, trust).serve()


def assemble_parts(channel: Control[ToChild], page: Page, discovery: Discovery) -> Parts:
    """The parts, put together."""
    directory = page.directory(time.monotonic)
    published = Published(Rows(directory))
    fleet = Fleet(page.workers, published, lambda worker: channel.send(WantAttach(worker)))
    return Parts(discovery, page, directory, published, fleet, Ports(channel.send), ReadinessGate(fleet))


class Controller:
    """Turns changes into versions, opens the workers when there is enough to serve, and owns all tasks."""

    def __init__(
        self, channel: Control[ToChild], parts: Parts, succeeds: bool, trust: Trust = NOBODY
    ) -> None:
        """`trust` says who may do more by the admin pages."""
        self._channel = channel
        self._parts = parts
        self._succeeds = succeeds
        self._saver = Saver(parts.discovery.save)
        self._problems = ProblemLog()
        self._pages = Pages(ControllerView(parts), parts.discovery.pause, trust)
        self._loop = asyncio.get_running_loop()
        self._gone = asyncio.Event()
        self._out_of_patience = False
        self._has_synced = False
        self._review: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Work until the supervisor closes the channel, and put everything away."""
        discovery = self._parts.discovery
        # While everything is new and stays, each look for garbage costs a stall, and finds none.
        gc.disable()
        self._channel.attend(self._loop, self._on_message, self._gone.set)
        self._loop.call_later(PATIENCE, self._lose_patience)
        discovery.on_change(self._on_change)
        discovery.found_while(lambda: self._parts.gate.readiness(discovery.unknown()).ready)
        if discovery.restore():
            log.info("serving the last good state until the sources have said what is")
        for source in discovery.sources:
            self._start(f"source {source}", follow(discovery, source))
        self._start("saver", self._saver.run())
        self._start("shifts", keep_shifting(discovery, self._parts.directory))
        self._start("record of shifts", discovery.share_shifts())
        await self._gone.wait()
        await self._stop()

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        gc.enable()
        await self._pages.close()

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("%s has failed", task.get_name(), exc_info=error)

    # What the supervisor says

    def _on_message(self, message: ToChild, descriptors: list[int]) -> None:
        match message:
            case Attach(worker):
                stream = socket.socket(fileno=descriptors[0])
                stream.setblocking(False)
                self._start(f"attach worker-{worker}", self._parts.fleet.attach(worker, stream))
            case Listen():
                self._start("admin pages", self._pages.open(socket.socket(fileno=descriptors[0])))
            case WorkerState():
                self._parts.fleet.note(message)
            case PortProblem():
                self._parts.ports.heard(message)
                self._look_soon()
            case Drain():
                self._parts.gate.is_draining = True

    # What the sources say

    def _on_change(self) -> None:
        # What is said in one turn of the loop becomes one version. The loop's own clock is too coarse.
        self._loop.call_soon(self._publish, time.monotonic())

    def _publish(self, changed: float) -> None:
        if changes := self._parts.discovery.take_changes():
            self._parts.fleet.publish(changes, changed)
        self._saver.touch()
        self._advance()
        self._look_soon()

    def _advance(self) -> None:
        """Take the steps that what is known by now allows."""
        parts = self._parts
        unknown = parts.discovery.unknown()
        if not unknown:
            parts.fleet.complete()
            parts.gate.complete()
        if not parts.fleet.is_open and self._may_open():
            parts.fleet.open(keeping=self._succeeds and bool(unknown))
        if parts.fleet.is_open:
            parts.ports.want(parts.published.listeners)
        if not self._has_synced and not parts.discovery.unsynced():
            self._has_synced = True
            parts.directory.release_unclaimed()
            # What is there now is there for long: later looks for garbage pass it over.
            gc.freeze()
            gc.enable()
            known = self._parts.published
            hosts, backends = len(known.hosts), len(known.backends)
            log.info("all sources have synced: hosts %d, backends %d", hosts, backends)

    def _may_open(self) -> bool:
        """Whether the workers may be told what is known so far.

        One source that has had its say is enough. But those of a predecessor serve more than what is
        known of a source that has said nothing, and newer things than what was saved."""
        discovery = self._parts.discovery
        has_some = not discovery.unknown() or set(discovery.sources).difference(discovery.unknown())
        if self._succeeds:
            return bool(has_some) if self._out_of_patience else not discovery.unsynced()
        return self._out_of_patience or bool(has_some)

    def _lose_patience(self) -> None:
        self._out_of_patience = True
        gc.enable()
        for source in self._parts.discovery.unknown():
            log.warning("source %s has said nothing yet; what others say is served without it", source)
        self._advance()

    def _look_soon(self) -> None:
        if self._review is None:
            self._review = self._loop.call_later(REVIEW, self._look)

    def _look(self) -> None:
        self._review = None
        self._problems.update(all_problems(self._parts))
