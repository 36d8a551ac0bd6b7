"""A server process of the tests: started, waited for, frozen, killed; its log is kept."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path


class NeverReadyError(AssertionError):
    """A process ended, or did not become ready in time; carries the end of its log."""


class Daemon:
    """A process that runs until it is told to end. Its output goes to a file."""

    def __init__(self, name: str, command: Sequence[str], log: Path, env: dict[str, str] | None = None):
        self.name = name
        self.command = list(command)
        self.log = log
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process, which must have been started."""
        assert self._process is not None, f"{self.name} was not started"
        return self._process.pid

    def start(self) -> None:
        """Start the process; what it said before stays in the log."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._env
            )

    def wait_until(self, ready: Callable[[], bool], within: float = 30.0) -> None:
        """Return as soon as `ready` holds; else end the process, and fail with the end of its log."""
        deadline = time.monotonic() + within
        while not ready():
            if not self.is_alive():
                raise NeverReadyError(f"{self.name} has ended:\n{self.last_words()}")
            if time.monotonic() > deadline:
                # It would be in the way of the next one.
                self.kill()
                raise NeverReadyError(f"{self.name} is not ready after {within:.0f} s:\n{self.last_words()}")
            time.sleep(0.02)

    def is_alive(self) -> bool:
        """Whether the process runs (or is frozen)."""
        return self._process is not None and self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """A signal to the process alone."""
        os.kill(self.pid, number)

    def freeze(self) -> None:
        """Stop its time: connections stay open, nothing is answered."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let its time go on."""
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """End the process as a crash would."""
        if self.is_alive():
            self.send(signal.SIGKILL)
            self.wait(5.0)

    def stop(self, within: float = 20.0) -> int:
        """Ask the process to end; killed if it does not. Its exit status."""
        if self.is_alive():
            self.thaw()
            self.send(signal.SIGTERM)
        try:
            return self.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise NeverReadyError(
                f"{self.name} did not end in {within:.0f} s:\n{self.last_words()}"
            ) from None

    def wait(self, within: float) -> int:
        """The exit status, once the process has ended."""
        assert self._process is not None, f"{self.name} was not started"
        return self._process.wait(within)

    def last_words(self, size: int = 4000) -> str:
        """The end of the log."""
        return self.log.read_bytes()[-size:].decode(errors="replace")
