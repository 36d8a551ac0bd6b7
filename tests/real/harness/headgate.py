"""Headgate as users start it, and what the tests do to its processes."""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.real.harness.browser import admin
from tests.real.harness.daemon import Daemon

ADDRESS = "10.244.0.1"


class Headgate:
    """One process tree of Headgate."""

    def __init__(self, folder: Path, options: Sequence[str], number: int = 0):
        """Those beside one another have different numbers."""
        command = [sys.executable, "-m", "ingress.main", "run", *options]
        self._port = 9900 + number
        name = f"-{number}" if number else ""
        self.access_log = folder / f"access{name}.log"
        self._daemon = Daemon(
            "headgate",
            [*command, "--admin", f"127.0.0.1:{self._port}", "--access-log", str(self.access_log)],
            folder / f"headgate{name}.log",
            without_settings(os.environ),
        )

    def start(self, *, ready: bool = True) -> None:
        """Start, and wait until it says that it is ready, unless that is not expected."""
        self._daemon.start()
        if ready:
            self.wait_until_ready()

    def wait_until_ready(self, within: float = 30.0) -> None:
        """Wait until `/readyz` answers 200."""
        self._daemon.wait_until(self.is_ready, within)

    def is_ready(self) -> bool:
        """Whether `/readyz` answers 200."""
        return self.page("/readyz")[0] == 200

    def page(self, path: str) -> tuple[int, Any]:
        """An admin page; status 0 while nobody answers."""
        try:
            return admin(path, self._port)
        except OSError:
            return 0, None

    def post(self, path: str) -> int:
        """Change something by an admin page; the status of the answer."""
        return admin(path, self._port, "POST")[0]

    def items(self, listing: str) -> list[dict[str, Any]]:
        """A listing of the API: `routes`, `servers`, `problems`..."""
        status, body = self.page(f"/api/v1/{listing}")
        assert status == 200, (status, body)
        return list(body["items"])

    def metric(self, name: str) -> float:
        """The sum of a metric over all its labels."""
        _, text = self.page("/metrics")
        lines = [line for line in str(text).splitlines() if line.split("{")[0].split(" ")[0] == name]
        assert lines, f"no metric {name}"
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def children(self, role: str) -> list[int]:
        """The processes of a role, `controller` or `worker`, by number."""
        return [pid for pid in children_of(self._daemon.pid) if role in command_of(pid)]

    def kill_child(self, role: str) -> float:
        """Crash one process of a role; returns when it was."""
        pid = self.children(role)[0]
        at = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        return at

    def freeze_controller(self, seconds: float) -> None:
        """For the controller no time passes."""
        pid = self.children("controller")[0]
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """A signal to the supervisor."""
        self._daemon.send(number)

    def stop(self) -> int:
        """A clean stop; its exit status."""
        return self._daemon.stop(40.0)

    def wait(self, within: float) -> int:
        """The exit status, once it has ended by itself."""
        return self._daemon.wait(within)

    def kill(self) -> None:
        """The machine loses power."""
        for pid in [*children_of(self._daemon.pid), self._daemon.pid] if self.is_alive() else []:
            os.kill(pid, signal.SIGKILL)
        if self.is_alive():
            self._daemon.wait(5.0)

    def is_alive(self) -> bool:
        """Whether the supervisor runs."""
        return self._daemon.is_alive()

    def log(self) -> str:
        """What it has written."""
        return self._daemon.last_words(1 << 20)


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what Headgate would take for its settings."""
    return {name: value for name, value in environment.items() if not name.startswith("HEADGATE_")}


def children_of(parent: int) -> list[int]:
    """The children of a process."""
    tasks = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(pid) for pid in tasks.read_text().split()] if tasks.exists() else []


def command_of(pid: int) -> list[str]:
    """The command line of a process; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []
