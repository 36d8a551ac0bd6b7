"""The processes that the demo starts, and their certain end."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ingress.supervisor.command import command, environment

START_TIME: Final = 30.0
STOP_TIME: Final = 8.0


class StartError(Exception):
    """Something did not start; the text says what, and its last words."""


class Process:
    """A process in a group of its own, so that Ctrl-C reaches only the demo, which then ends it properly."""

    def __init__(self, name: str, child: asyncio.subprocess.Process) -> None:
        self.name = name
        self.child = child

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.child.returncode is not None

    def kill(self) -> None:
        """End it, and all it has started, as a crash would."""
        if not self.ended:
            os.killpg(self.child.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """Let it end by itself; kill it where it does not."""
        if self.ended:
            return
        self.child.terminate()
        try:
            async with asyncio.timeout(STOP_TIME):
                await self.child.wait()
        finally:
            self.kill()


async def start_server(name: str) -> tuple[Process, int]:
    """An example server, and the port it listens on."""
    child = await _start([sys.executable, "-P", "-m", "ingress.cli.demo.server", name])
    process = Process(name, child)
    assert child.stdout is not None
    try:
        async with asyncio.timeout(START_TIME):
            line = await child.stdout.readline()
    except BaseException:
        process.kill()
        raise
    if not line:
        raise StartError(f"the example server {name} did not start")
    return process, int(line)


async def start_headgate(options: Sequence[str], log: Path) -> Process:
    """Headgate itself, as users run it; what it says goes to a file."""
    with log.open("wb") as written:
        child = await _start([*command(), "run", *options], stderr=written.fileno())
    return Process("headgate", child)


async def _start(words: Sequence[str], stderr: int | None = None) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE if stderr is None else stderr,
        stderr=stderr,
        start_new_session=True,
        env=environment(without_settings(os.environ)),
    )


def without_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment without what Headgate would take for settings of this run."""
    return {name: value for name, value in variables.items() if not name.startswith("HEADGATE_")}
