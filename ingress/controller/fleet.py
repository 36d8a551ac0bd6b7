"""The workers: who lives, what each of them serves, and how a change gets to all of them."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ingress.admin.view import WorkerFacts
from ingress.controller.apply_clock import ApplyClock
from ingress.controller.explanations import Explanations
from ingress.controller.link import Link
from ingress.controller.outages import Outages
from ingress.controller.published import Published
from ingress.ipc.frames import frame
from ingress.ipc.messages import WorkerState
from ingress.model.change import (
    Applied,
    Begin,
    Change,
    Commit,
    DropBackend,
    Explained,
    FromWorker,
    Hello,
    PutBackend,
    PutServers,
    ServerHealth,
    ToWorker,
)

REATTACH: Final = 1.0
"""Seconds before a stream that broke is asked for again, so that a fault costs little if it repeats."""

log = logging.getLogger(__name__)


class Fleet:
    """All workers. Until `open` they are told nothing: what they serve from before stays in force."""

    def __init__(self, workers: int, published: Published, want_attach: Callable[[int], None]) -> None:
        self.version = 0
        self.is_open = False
        self.is_complete = False
        """Every source has had its say."""
        self._keeps = False
        self.outages = Outages()
        self.explanations = Explanations()
        self.clock = ApplyClock()
        self.published = published
        self._want_attach = want_attach
        self._states = {index: WorkerState(index, 0, 0) for index in range(workers)}
        self._links: dict[int, Link] = {}

    def note(self, state: WorkerState) -> None:
        """A worker was started, or has died."""
        self._states[state.worker] = state
        if not state.pid:
            self.outages.forget(state.worker)

    async def attach(self, worker: int, stream: socket.socket) -> None:
        """A fresh stream to a worker, in place of the one before."""
        link = Link(worker, self._heard, self._lost)
        await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=stream)
        former, self._links[worker] = self._links.get(worker), link
        if former:
            former.close()
        if link.is_lost:
            self._lost(link)
        elif self.is_open:
            link.begin(self._everything())

    def open(self, *, keeping: bool = False) -> None:
        """Tell every worker everything, now and whenever one is attached. `keeping`: until the state is
        complete, what a worker knows beside it from an earlier controller stays in force."""
        self.is_open = True
        self.version = max(self.version, 1)
        self._keeps = keeping
        state = self._everything()
        for link in self._links.values():
            link.begin(state)

    def complete(self) -> None:
        """Every source has had its say: what is not known by now is not there."""
        if self.is_complete:
            return
        self.is_complete = True
        if not self.is_open:
            return
        self.version += 1
        if self._keeps:
            self.open()
        else:
            self._tell(())

    def _everything(self) -> list[ToWorker]:
        start = [] if self._keeps else [Begin()]
        return [*start, *self.published.everything(), self._commit()]

    def _commit(self) -> Commit:
        return Commit(self.version, self.is_complete)

    def _tell(self, changes: Iterable[Change]) -> None:
        data = b"".join((*map(frame, changes), frame(self._commit())))
        for link in list(self._links.values()):
            link.send(data)

    def publish(self, changes: Sequence[Change], changed: float) -> None:
        """Put changes in force everywhere, as one version; `changed` is when they came about."""
        told = [self.published.record(change) for change in changes]
        self._prune_outages(told)
        self.version += 1
        if not self.is_open:
            return
        self.clock.start(self.version, changed)
        self._tell(told)

    def _prune_outages(self, changes: Sequence[Change]) -> None:
        for change in changes:
            match change:
                case PutBackend(backend):
                    self.outages.keep(backend.name, (server.address for server in backend.servers))
                case PutServers(name, servers):
                    self.outages.keep(name, (server.address for server in servers))
                case DropBackend(name):
                    self.outages.keep(name, ())

    def _heard(self, link: Link, message: FromWorker) -> None:
        match message:
            case Applied():
                self.clock.stop(min(other.applied for other in self._links.values()), time.monotonic())
            case Hello():
                log.debug("worker-%d is attached and serves version %d", message.index, message.version)
            case ServerHealth():
                self.outages.heard(link.worker, message)
            case Explained():
                self.explanations.put(message.explanation)

    def _lost(self, link: Link) -> None:
        if self._links.get(link.worker) is not link:
            return
        del self._links[link.worker]
        self.outages.forget(link.worker)
        if not self._links:
            self.clock.give_up()
        asyncio.get_running_loop().call_later(REATTACH, self._ask_again, link.worker)

    def _ask_again(self, worker: int) -> None:
        """A dead worker's successor gets a stream by itself; a living one has lost its stream by a fault."""
        if worker not in self._links and self._states[worker].pid:
            log.warning("worker-%d lost its stream and gets a new one", worker)
            self._want_attach(worker)

    def behind(self, version: int) -> list[str]:
        """The workers that do not serve this version yet, in words."""
        return [
            f"worker {index}: has version {applied} of {version}"
            for index, applied in self._applied().items()
            if applied < version
        ]

    @property
    def is_serving(self) -> bool:
        """At least one worker serves what this controller has told it."""
        return any(link.applied for link in self._links.values())

    def _applied(self) -> dict[int, int]:
        links = self._links
        return {index: links[index].applied if index in links else 0 for index in self._states}

    def facts(self) -> list[WorkerFacts]:
        """How each worker is."""
        applied = self._applied()
        return [
            WorkerFacts(index, state.pid, state.starts, applied[index], connected=index in self._links)
            for index, state in sorted(self._states.items())
        ]
