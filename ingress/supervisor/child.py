"""A child process: started, spoken to, and started again when it has died."""

import os
import signal
from collections.abc import Sequence
from typing import Final

from ingress.backoff import Backoff
from ingress.ipc.channel import Control, control_pair, supervisor_end
from ingress.ipc.messages import FromChild, Start
from ingress.supervisor.command import environment

# A terminal or a service manager sends these to the whole group; the supervisor alone decides what they
# mean, and tells the children. SIGUSR1 must wait until the child can take it.
HELD: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


class Child:
    """One role in the process tree, and the process that has it now."""

    def __init__(self, name: str, worker: int) -> None:
        self.name = name
        self.worker = worker
        self.pid = 0
        self.starts = 0
        self.due = 0.0
        """When it is to be started, while it does not run."""
        self.control: Control[FromChild] | None = None
        self._born = 0.0
        self._backoff = Backoff(first=0.05, longest=5.0, good=10.0)

    def start(
        self, command: Sequence[str], message: Start, memory: Sequence[int], now: float
    ) -> "Control[FromChild]":
        """Start the process with its first message in its channel, and with it the descriptors of memory
        that outlives it; return our end of the channel."""
        ours, theirs = control_pair()
        with theirs:
            self.control = supervisor_end(ours)
            self.control.send(message, *memory)
            theirs.set_inheritable(True)
            self.pid = _spawn([*command, self.name.partition("-")[0], str(theirs.fileno())])
        self.starts += 1
        self._born = now
        return self.control

    def died(self, now: float) -> float:
        """Take note of its death, and return in how many seconds it may be started again."""
        self.pid = 0
        delay = self._backoff.after(now - self._born)
        self.due = now + delay
        return delay

    def kill(self, number: signal.Signals) -> None:
        """Send the process a signal, if it runs."""
        if self.pid:
            os.kill(self.pid, number)


def _spawn(arguments: list[str]) -> int:
    return os.posix_spawn(arguments[0], arguments, environment(os.environ), setsigmask=HELD)
