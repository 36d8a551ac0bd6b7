"""An access log that was moved away is begun anew, by every worker, and nobody is disturbed."""

import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE = 60.0
WORKERS = 2

Run = Callable[[], tuple["subprocess.Popen[bytes]", str]]


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is about to be."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Starts all of Headgate on an empty folder: the process, and its address once it answers."""
    processes: list[subprocess.Popen[bytes]] = []
    said = tmp_path / "said"

    def start() -> tuple["subprocess.Popen[bytes]", str]:
        (tmp_path / "manifests").mkdir()
        options = {
            "manifests": "manifests",
            "http": "127.0.0.1:0",
            "admin": "127.0.0.1:0",
            "workers": str(WORKERS),
            "access-log": "log",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        command = [sys.executable, "-m", "ingress.main", "run", *words]
        with said.open("wb") as sink:
            environment = {"PYTHONPATH": str(Path(__file__).parents[3])}
            process = subprocess.Popen(command, stdout=sink, stderr=sink, cwd=tmp_path, env=environment)
        processes.append(process)
        pattern = re.compile(r"listening on http (127\.0\.0\.1:\d+)")
        until(lambda: bool(pattern.search(said.read_text())))
        found = pattern.search(said.read_text())
        assert found is not None
        address = f"http://{found[1]}/"
        until(lambda: status(address) == 404)
        return process, address

    yield start
    for process in processes:
        process.kill()
        process.wait()


def status(address: str) -> int:
    """Of an answer; 0: there is none."""
    try:
        urllib.request.urlopen(address, timeout=PATIENCE).close()
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0
    return 200


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
def test_after_a_signal_the_log_goes_on_in_a_new_file(
    number: signal.Signals, run: Run, tmp_path: Path
) -> None:
    process, address = run()
    log, moved = tmp_path / "log", tmp_path / "moved"
    until(lambda: log.stat().st_size > 0)
    log.rename(moved)
    process.send_signal(number)
    until(log.exists)
    until(lambda: open_files(process.pid, log) == WORKERS)
    assert open_files(process.pid, moved) == 0
    assert status(address + "after") == 404
    until(lambda: '"path":"/after"' in log.read_text())
    assert '"path":"/after"' not in moved.read_text()
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


def open_files(supervisor: int, path: Path) -> int:
    """How many of the supervisor's children have this file open."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    links = [link for pid in children for link in Path(f"/proc/{pid}/fd").iterdir()]
    return sum(target(link) == str(path) for link in links)


def target(link: Path) -> str:
    """Where a descriptor leads; empty: it is gone."""
    try:
        return str(link.readlink())
    except OSError:
        return ""
