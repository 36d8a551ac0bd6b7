"""The supervisor: one loop over signals, deaths and what the children say."""

import logging
import os
import selectors
import signal
import socket
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Final

from ingress.ipc.address import parse_address
from ingress.ipc.messages import (
    Attach,
    Drain,
    FromChild,
    PortProblem,
    Protocol,
    Start,
    ToChild,
    WantAttach,
    WantPorts,
    WorkerState,
)
from ingress.model.settings import Settings
from ingress.observe.page import Page, WorkerCell
from ingress.supervisor.binding import Binding
from ingress.supervisor.child import Child
from ingress.supervisor.ports import Ports, Verdicts
from ingress.supervisor.tickets import NEVER, Tickets
from ingress.supervisor.watchdog import Watchdog

GRACE: Final = 2.0
"""Seconds beyond its own deadline after which a child that does not end is killed."""
RETRY: Final = 2.0
"""Seconds between two attempts at the TCP ports that could not be bound."""

MEMORIES: Final = 2
"""Pieces of memory that outlive a controller: it leaves its state there for its successor, by turns, so
that one of them is whole."""

REOPEN: Final = (signal.SIGHUP, signal.SIGUSR1)
"""Signals after which each worker opens the access log anew: it has been moved away."""

log = logging.getLogger(__name__)


class Phase(Enum):
    """How far the end of the process tree has come."""

    SERVING = auto()
    LINGERING = auto()
    """Not ready any more, but everything is still served: load balancers need time to notice."""
    DRAINING = auto()
    """The workers finish what they have."""
    LEAVING = auto()
    """The workers have gone; the controller puts its things away."""


class Supervisor:
    """Holds the sockets, starts and restarts the children, and carries descriptors between them."""

    def __init__(
        self, settings: Settings, workers: int, command: Sequence[str], now: Callable[[], float]
    ) -> None:
        """BindError: an address of the settings cannot be listened on."""
        self._settings = settings
        self._command = command
        self._now = now
        self._selector = selectors.DefaultSelector()
        self._bindings = [
            *_bindings(Protocol.HTTP, settings.http, workers),
            *_bindings(Protocol.HTTPS, settings.https, workers),
        ]
        [self._admin] = _bindings(Protocol.ADMIN, (settings.admin,), 1)
        reserved = [binding.port for binding in (*self._bindings, self._admin)]
        self._ports = Ports(settings.tcp_address, workers, reserved)
        self._page = Page.create(workers)
        self._memory = [os.memfd_create(f"headgate-state-{number}") for number in range(MEMORIES)]
        self._controller = Child("controller", -1)
        self._workers = [Child(f"worker-{index}", index) for index in range(workers)]
        self._watchdog = Watchdog(settings.hang_timeout)
        self._tickets = Tickets(settings.ticket_rotation if settings.https else 0.0, now, os.urandom)
        self._phase = Phase.SERVING
        self._deadline = 0.0
        self._retry_at = 0.0
        self._status = 0

    def run(self) -> int:
        """Serve until a signal ends it; returns the exit status."""
        self._signals = _signal_socket()
        self._selector.register(self._signals, selectors.EVENT_READ, self._on_signals)
        for binding in (*self._bindings, self._admin):
            log.info("listening on %s", binding)
        while self._phase is not Phase.LEAVING or self._controller.pid:
            self._start_due()
            for key, _ in self._selector.select(self._patience()):
                key.data()
            self._pass_time()
        log.info("stopped")
        return self._status

    # Starting

    def _start_due(self) -> None:
        if self._phase.value > Phase.LINGERING.value:
            return
        for child in (self._controller, *self._workers):
            if not child.pid and child.due <= self._now():
                self._start(child)

    def _start(self, child: Child) -> None:
        message = Start(self._settings, child.worker, child.starts + 1)
        memory = self._memory if child is self._controller else ()
        control = child.start(self._command, message, (self._page.fd, *memory), self._now())
        self._selector.register(control, selectors.EVENT_READ, lambda: self._on_readable(child))
        if child is self._controller:
            self._introduce_controller()
        else:
            self._introduce_worker(child)

    def _introduce_controller(self) -> None:
        self._tell(self._controller, self._admin.listen(), self._admin.sockets[0].fileno())
        for port, reason in self._ports.problems.items():
            self._tell(self._controller, PortProblem(port, reason))
        for worker in self._workers:
            self._report(worker)
            self._attach(worker)
        if self._phase is Phase.LINGERING:
            self._tell(self._controller, Drain(self._settings.drain_timeout))

    def _introduce_worker(self, worker: Child) -> None:
        if self._tickets.keys is not None:
            self._tell(worker, self._tickets.keys)
        for binding in (*self._bindings, *self._ports.bindings.values()):
            self._hand_over(binding, worker)
        self._report(worker)
        self._attach(worker)

    def _hand_over(self, binding: Binding, worker: Child) -> None:
        self._tell(worker, binding.listen(), binding.sockets[worker.worker].fileno())

    def _report(self, worker: Child) -> None:
        self._tell(self._controller, WorkerState(worker.worker, worker.pid, worker.starts))

    def _attach(self, worker: Child) -> None:
        """A fresh stream between the controller and the worker, if both run."""
        if not (self._controller.pid and worker.pid):
            return
        ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        for child, end in zip((self._controller, worker), ends, strict=True):
            with end:
                self._tell(child, Attach(worker.worker), end.fileno())

    # What children say

    def _tell(self, child: Child, message: ToChild, *descriptors: int) -> None:
        if child.control is None:
            return
        child.control.send(message, *descriptors)
        self._watch(child)

    def _watch(self, child: Child) -> None:
        """Watch the channel for room as long as messages wait for it."""
        assert child.control is not None
        key = self._selector.get_key(child.control)
        blocked = selectors.EVENT_WRITE if child.control.is_blocked else 0
        if key.events != selectors.EVENT_READ | blocked:
            self._selector.modify(child.control, selectors.EVENT_READ | blocked, key.data)

    def _on_readable(self, child: Child) -> None:
        """The channel of a child is readable, or has room again."""
        try:
            while child.control:
                child.control.flush()
                self._watch(child)
                self._on_message(child.control.receive()[0])
        except BlockingIOError:
            pass
        except EOFError:
            self._close_control(child)

    def _on_message(self, message: FromChild) -> None:
        match message:
            case WantPorts(ports):
                self._carry_out(self._ports.want(ports))
            case WantAttach(index):
                self._attach(self._workers[index])

    def _carry_out(self, verdicts: Verdicts) -> None:
        for binding in verdicts.closed:
            log.info("no longer listening on %s", binding)
            for worker in self._workers:
                self._tell(worker, binding.unlisten())
            binding.close()
        for binding in verdicts.opened:
            log.info("listening on %s", binding)
            for worker in self._workers:
                self._hand_over(binding, worker)
        for port, reason in verdicts.problems.items():
            self._tell(self._controller, PortProblem(port, reason))
        self._retry_at = self._now() + RETRY

    # Deaths

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for child in (self._controller, *self._workers):
                if child.pid == pid:
                    self._bury(child, status)

    def _bury(self, child: Child, status: int) -> None:
        ended = f"{child.name} (pid {child.pid}) {_cause(status)}"
        self._close_control(child)
        delay = child.died(self._now())
        if self._phase.value > Phase.LINGERING.value:
            log.info("%s", ended)
        else:
            log.warning("%s; it is started again %s", ended, f"in {delay:.2g} s" if delay else "at once")
        if child is not self._controller:
            self._report(child)

    def _close_control(self, child: Child) -> None:
        if child.control:
            self._selector.unregister(child.control)
            child.control.close()
            child.control = None

    # The end

    def _on_signals(self) -> None:
        for number in self._signals.recv(4096):
            if number == signal.SIGCHLD:
                self._reap()
            elif number in REOPEN:
                log.info("%s: the access log is opened anew", signal.Signals(number).name)
                for worker in self._workers:
                    worker.kill(signal.SIGUSR1)
            elif self._phase is Phase.SERVING:
                log.info("%s: draining", signal.Signals(number).name)
                self._linger()
            elif number == signal.SIGINT:
                self._leave_at_once()

    def _linger(self) -> None:
        self._phase, self._deadline = Phase.LINGERING, self._now() + self._settings.drain_delay
        self._tell(self._controller, Drain(self._settings.drain_timeout))

    def _drain(self) -> None:
        timeout = self._settings.drain_timeout
        self._phase, self._deadline = Phase.DRAINING, self._now() + timeout + GRACE
        # Our copies would go on taking in connections that nobody accepts any more.
        for binding in self._bindings:
            binding.close()
        self._ports.close()
        for worker in self._workers:
            self._tell(worker, Drain(timeout))
        if not any(worker.pid for worker in self._workers):
            self._leave()

    def _leave(self) -> None:
        self._phase, self._deadline = Phase.LEAVING, self._now() + GRACE
        self._close_control(self._controller)

    def _leave_at_once(self) -> None:
        log.warning("SIGINT again: leaving at once")
        self._drain()
        self._kill(self._controller, *self._workers)

    def _kill(self, *children: Child) -> None:
        for child in children:
            child.kill(signal.SIGKILL)
        self._status = 1

    # Time

    def _patience(self) -> float | None:
        """Seconds until something is to be done without a cause from outside; None: for ever."""
        moments = []
        if self._phase.value <= Phase.LINGERING.value:
            moments = [child.due for child in (self._controller, *self._workers) if not child.pid]
            if self._settings.hang_timeout:
                moments.append(self._watchdog.due)
        if self._phase is not Phase.SERVING:
            moments.append(self._deadline)
        else:
            moments.append(self._tickets.due)
            if self._ports.problems:
                moments.append(self._retry_at)
        moment = min(moments, default=NEVER)
        return None if moment == NEVER else max(0.0, moment - self._now())

    def _pass_time(self) -> None:
        late = self._now() >= self._deadline
        if self._phase.value <= Phase.LINGERING.value and self._now() >= self._watchdog.due:
            self._look_after_workers()
        if self._phase is Phase.SERVING:
            self._rotate_tickets()
            if self._ports.problems and self._now() >= self._retry_at:
                self._carry_out(self._ports.retry())
        elif self._phase is Phase.LINGERING and late:
            self._drain()
        elif self._phase is Phase.DRAINING:
            self._pass_draining([worker for worker in self._workers if worker.pid], late)
        elif self._phase is Phase.LEAVING and late and self._controller.pid:
            log.warning("the controller (pid %d) does not end: killed", self._controller.pid)
            self._kill(self._controller)

    def _rotate_tickets(self) -> None:
        if self._tickets.rotate() and self._tickets.keys is not None:
            for worker in self._workers:
                self._tell(worker, self._tickets.keys)

    def _look_after_workers(self) -> None:
        """Kill the workers that have hung: their successors take over their sockets."""
        beats = {
            worker.pid: self._page.worker_cell(worker.worker, WorkerCell.HEARTBEAT)
            for worker in self._workers
            if worker.pid
        }
        hung = self._watchdog.look(self._now(), beats)
        for worker in self._workers:
            if worker.pid in hung:
                log.warning("%s (pid %d) has hung: killed", worker.name, worker.pid)
                worker.kill(signal.SIGKILL)

    def _pass_draining(self, left: list[Child], late: bool) -> None:
        if not left:
            self._leave()
        elif late:
            log.warning("%s did not end in time: killed", ", ".join(worker.name for worker in left))
            self._kill(*left)
            self._deadline = self._now() + GRACE


def _bindings(protocol: Protocol, addresses: Sequence[str], copies: int) -> list[Binding]:
    return [Binding(protocol, *parse_address(address), copies) for address in addresses]


def _signal_socket() -> socket.socket:
    """A socket that has a byte for each signal that came: its number."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    signal.set_wakeup_fd(theirs.detach())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, *REOPEN):
        # The byte is all that is needed; without a handler the signal would act, or not wake us.
        signal.signal(number, lambda *_: None)
    return ours


def _cause(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
