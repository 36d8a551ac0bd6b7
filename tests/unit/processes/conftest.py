"""A process tree to watch, and free ports."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

STUB = Path(__file__).with_name("stub_tree.py")
PATIENCE = 60.0

Launch = Callable[..., "Tree"]


class Tree:
    """A supervisor with its children, and everything they have said so far."""

    def __init__(self, output: Path, drain_delay: float, drain_timeout: float, hang_timeout: float) -> None:
        self._output = output
        times = map(str, (drain_delay, drain_timeout, hang_timeout))
        arguments = [sys.executable, "-P", str(STUB), *times]
        with output.open("ab") as sink:
            self.process = subprocess.Popen(arguments, stdout=sink, stderr=sink)

    @property
    def said(self) -> str:
        """All output."""
        return self._output.read_text()

    def wait_for(self, pattern: str, after: int = 0) -> re.Match[str]:
        """The first match in what was said, from this position on."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if match := re.compile(pattern).search(self.said, after):
                return match
            time.sleep(0.01)
        raise AssertionError(f"no {pattern!r} in:\n{self.said}")

    def port(self, protocol: str) -> int:
        """The port that is listened on for this protocol."""
        return int(self.wait_for(rf"listening on {protocol} 127\.0\.0\.1:(\d+)")[1])

    def order(self, words: str) -> None:
        """Have the controller send the supervisor a message."""
        with socket.create_connection(("127.0.0.1", self.port("admin")), timeout=PATIENCE) as connection:
            connection.sendall(words.encode())
            assert connection.recv(100)

    def pid(self, name: str) -> int:
        """The process that has this role now."""
        pids = self._pids()
        until = time.monotonic() + PATIENCE
        while name not in pids and time.monotonic() < until:
            time.sleep(0.01)
            pids = self._pids()
        return pids[name]

    def _pids(self) -> dict[str, int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        heard = dict(re.findall(r"worker=(\d), pid=(\d+)", self.said))
        workers = {f"worker-{worker}": int(pid) for worker, pid in heard.items() if pid in children}
        others = [int(pid) for pid in children if int(pid) not in workers.values()]
        return workers | ({"controller": others[0]} if len(others) == 1 and len(workers) == 2 else {})

    def stop(self, *signals: signal.Signals) -> int:
        """Send signals, and wait for the end; the exit status."""
        for number in signals:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Starts a tree, which ends with the test."""
    trees: list[Tree] = []

    def start(drain_delay: float = 0.0, drain_timeout: float = 5.0, hang_timeout: float = 0.0) -> Tree:
        trees.append(Tree(tmp_path / f"output-{len(trees)}", drain_delay, drain_timeout, hang_timeout))
        return trees[-1]

    yield start
    for tree in trees:
        if tree.process.poll() is None:
            tree.process.kill()
            tree.process.wait()


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
