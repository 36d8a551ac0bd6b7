"""The README as a reader follows it, and Headgate beside it."""

import http.client
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ingress.cli.demo.places import Places, find_places
from ingress.cli.demo.processes import without_settings

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0


@dataclass(frozen=True)
class Command:
    """A command of the README and what it says that comes of it."""

    words: Sequence[str]
    expected: Sequence[str]


def commands(text: str) -> Iterator[Command]:
    """The commands of all console blocks."""
    for block in text.split("```console\n")[1:]:
        for command in block.partition("```")[0].removeprefix("$ ").split("\n$ "):
            line, *expected = command.strip().split("\n")
            yield Command(shlex.split(line, comments=True), expected)


@pytest.fixture(scope="session")
def readme() -> Sequence[Command]:
    """All commands that the README shows."""
    return list(commands((ROOT / "README.md").read_text()))


class Hello(BaseHTTPRequestHandler):
    """Answers as a file server would."""

    server_version = "SimpleHTTP/0"

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[int]:
    """The port of a server on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as listening:
        thread = Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        yield listening.server_port
        listening.shutdown()
        thread.join()


@pytest.fixture
def examples(tmp_path: Path, server: int) -> Callable[[str], Path]:
    """A copy of an example folder, with the server's port for the one it has."""

    def copy(folder: str) -> Path:
        for path in (ROOT / folder).iterdir():
            text = path.read_text()
            assert "port: 8000}" in text
            (tmp_path / path.name).write_text(text.replace("port: 8000}", f"port: {server}}}"))
        return tmp_path

    return copy


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], int]]:
    """Start `headgate run` on a folder; the port on which it is ready."""
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: Path) -> int:
        places = find_places(tmp_path_factory.mktemp("headgate"), 0, 0)
        started.append(start_headgate(folder, places))
        found = wait_for_ports(places)
        wait_until_ready(found.admin)
        return found.http

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def start_headgate(folder: Path, places: Places) -> subprocess.Popen[bytes]:
    """The process."""
    environment = {
        **without_settings(os.environ),
        "HEADGATE_HTTP": f"127.0.0.1:{places.http}",
        "HEADGATE_ADMIN": f"127.0.0.1:{places.admin}",
        "HEADGATE_WORKERS": "1",
    }
    command = [sys.executable, "-m", "ingress.main", "run", "--manifests", str(folder)]
    with places.log.open("wb") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)


def wait_for_ports(places: Places) -> Places:
    """Until Headgate has said which ports it got."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := places.found():
            return found
        time.sleep(0.02)
    raise AssertionError(f"headgate does not listen: {places.log.read_text()}")


def wait_until_ready(port: int) -> None:
    """Until `/readyz` answers 200."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    raise AssertionError("headgate is not ready")
