"""A proxy under test: its configuration, its processes, and how they are started and ended."""

import contextlib
import http.client
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from tests.bench.machine import on_core, tree
from tests.real.harness.daemon import Daemon
from tests.real.harness.headgate import without_settings


class Subject(Struct, frozen=True):
    """How a proxy is started for a row."""

    name: str
    command: Sequence[str]
    port: int
    files: Mapping[str, str]
    """What it reads, by name in its folder."""
    shown: Sequence[str]
    """Which of the files belong in the report."""
    version: Sequence[str]
    env: Mapping[str, str] = {}
    address: str = "127.0.0.1"

    def version_text(self) -> str:
        """The line in which the proxy says its version."""
        done = subprocess.run(self.version, capture_output=True, text=True, check=True, timeout=20)
        return next(line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip())


class Running:
    """A started proxy, on one core."""

    def __init__(self, subject: Subject, folder: Path, core: int | None = 0):
        self.subject = subject
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in subject.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        bind = on_core(core) if core is not None else []
        self._daemon = Daemon(
            subject.name,
            [*bind, "env", "-C", str(folder), *subject.command],
            folder / "output.txt",
            {**without_settings(os.environ), **subject.env},
        )

    def start(self) -> None:
        """Start it; it need not listen yet."""
        self._daemon.start()

    def wait_for(self, host: str, path: str, within: float = 60.0, status: int = 200) -> None:
        """Wait until a path answers that."""
        self._daemon.wait_until(lambda: status_of(self.subject, host, path) == status, within)

    def pids(self) -> list[int]:
        """All of its processes."""
        return tree(self._daemon.pid)

    def assert_alive(self) -> None:
        """Fail with its last words if it has ended."""
        assert self._daemon.is_alive(), self._daemon.last_words()

    def kill(self) -> None:
        """End it as a crash of the machine would: all processes at once."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._daemon.wait(5.0)

    def stop(self) -> None:
        """End it, however it takes that."""
        with contextlib.suppress(Exception):
            self._daemon.stop(10.0)


def status_of(subject: Subject, host: str, path: str) -> int:
    """The status of one answer; 0 where there is none."""
    connection = http.client.HTTPConnection(subject.address, subject.port, timeout=5.0)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
