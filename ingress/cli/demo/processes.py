"""The processes that the demo starts, and their certain end."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from ingress.supervisor.command import command, environment

START_TIME: Final = 30.0
STOP_TIME: Final = 8.0


class StartError(Exception):
    """Something did not start; the text says what."""


class Processes:
    """All that were started, each in a group of its own: Ctrl-C reaches the demo alone, which ends them."""

    def __init__(self) -> None:
        self._starts: list[asyncio.Task[Process]] = []

    async def start_server(self, name: str) -> tuple[Process, int]:
        """An example server, and the port it listens on."""
        child = await self._start(
            [sys.executable, "-P", "-m", "ingress.cli.demo.server", name], stdin=PIPE, stdout=PIPE
        )
        assert child.stdout is not None
        async with asyncio.timeout(START_TIME):
            line = await child.stdout.readline()
        if not line:
            raise StartError(f"the example server {name} did not start")
        return child, int(line)

    async def start_headgate(self, options: Sequence[str], log: Path) -> Process:
        """Headgate itself, as users run it; what it says goes to a file."""
        with log.open("wb") as written:
            return await self._start([*command(), "run", *options], stdin=DEVNULL, stdout=written.fileno())

    async def _start(self, words: Sequence[str], stdin: int, stdout: int) -> Process:
        start = asyncio.create_task(
            asyncio.create_subprocess_exec(
                *words,
                stdin=stdin,
                stdout=stdout,
                stderr=None if stdout == PIPE else stdout,
                start_new_session=True,
                env=environment(without_settings(os.environ)),
            )
        )
        self._starts.append(start)
        # Whoever waits may be cancelled; the process is there all the same, and has to be known.
        return await asyncio.shield(start)

    def kill(self) -> None:
        """End all at once."""
        for start in self._starts:
            if start.done() and not start.cancelled() and start.exception() is None:
                kill(start.result())

    async def close(self) -> None:
        """End all, the one started first (Headgate) before the others (its servers)."""
        started = await asyncio.gather(*self._starts, return_exceptions=True)
        children = [child for child in started if isinstance(child, Process)]
        try:
            for child in children[:1]:
                await stop(child)
            await asyncio.gather(*map(stop, children[1:]))
        finally:
            self.kill()


def kill(child: Process) -> None:
    """End a process and all it has started, as a crash would."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


async def stop(child: Process) -> None:
    """Let a process end by itself; kill it where it does not."""
    if child.returncode is not None:
        return
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        async with asyncio.timeout(STOP_TIME):
            await child.wait()
    except TimeoutError:
        kill(child)
        await child.wait()


def without_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment without what Headgate would take for settings of this run."""
    return {name: value for name, value in variables.items() if not name.startswith("HEADGATE_")}
