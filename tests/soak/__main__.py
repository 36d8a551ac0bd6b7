"""`python -m tests.soak --seconds 3600`: fails if memory or descriptors grow, or a request fails."""

import argparse
import asyncio
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from tests.soak.clients import CLIENTS, repeat
from tests.soak.servers import flaky, plain, serve, write_manifests

WORKERS: Final = 2
GROWTH: Final = 1.1
SLACK: Final = 8 * 1024 * 1024
"""How much more memory there may be in the last third of the time than in the second."""
SPARE: Final = 64
"""Descriptors beyond those of the beginning that may be open when all is quiet again: workers keep some
pipes for large bodies."""
PAGE: Final = resource.getpagesize()


class Tree:
    """All processes of one Headgate."""

    def __init__(self, folder: Path) -> None:
        (folder / "manifests").mkdir()
        options = ["--manifests", "manifests", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        command = [sys.executable, "-m", "ingress.main", "run", *options, "--workers", str(WORKERS)]
        self.folder = folder
        self.said = folder / "said"
        with self.said.open("wb") as sink:
            environment = {"PYTHONPATH": str(Path.cwd())}
            log = ["--access-log", "log"]
            self.process = subprocess.Popen([*command, *log], stderr=sink, cwd=folder, env=environment)

    async def port(self) -> int:
        """Where it listens, once it does."""
        while not (found := re.search(r"listening on http 127\.0\.0\.1:(\d+)", self.said.read_text())):
            await asyncio.sleep(0.05)
        return int(found[1])

    def _pids(self) -> list[str]:
        pid = self.process.pid
        return [str(pid), *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def memory(self) -> int:
        """Bytes resident, of all of them."""
        return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._pids()) * PAGE

    def descriptors(self) -> int:
        """Open files and sockets, of all of them."""
        return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in self._pids())


async def soak(seconds: float, seed: int) -> list[str]:
    """What is wrong, in words; nothing: all is well."""
    with tempfile.TemporaryDirectory() as name:
        tree = Tree(Path(name))
        try:
            return await _soak(tree, seconds, Random(seed))
        finally:
            tree.process.terminate()
            tree.process.wait(60)


async def _soak(tree: Tree, seconds: float, dice: Random) -> list[str]:
    servers = [await serve(handler) for handler in (plain, plain, plain, flaky())]
    ports = [port for _, port in servers]
    manifests = tree.folder / "manifests"
    write_manifests(manifests, ports)
    port = await tree.port()
    await answers(port)
    before = tree.descriptors()
    count: Counter[str] = Counter()
    stop = asyncio.Event()
    clients = [asyncio.ensure_future(repeat(client, port, dice, count, stop)) for client in [*CLIENTS] * 3]
    memory = await _watch(tree, seconds, lambda: write_manifests(manifests, dice.sample(ports, 3)))
    stop.set()
    await asyncio.gather(*clients)
    for server, _ in servers:
        server.close()
    await asyncio.sleep(5)
    return _verdict(memory, before, tree.descriptors(), count)


async def answers(port: int) -> None:
    """Wait until the route is there."""
    answer = b""
    while b" 200 " not in answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: soak.example\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await asyncio.sleep(0.05)


async def _watch(tree: Tree, seconds: float, change: Callable[[], None]) -> list[int]:
    """Change the endpoints every second, and take down how much memory there is."""
    end = time.monotonic() + seconds
    memory, late = [], 0.0
    while (now := time.monotonic()) < end:
        change()
        await asyncio.sleep(1.0)
        late = max(late, time.monotonic() - now - 1.0)
        memory.append(tree.memory())
        if len(memory) % 60 == 1:
            print(f"{len(memory)} s: {memory[-1] >> 20} MiB, {tree.descriptors()} descriptors", flush=True)
    print(f"this process was up to {late:.1f} s late")
    return memory


def _verdict(memory: list[int], before: int, after: int, count: Counter[str]) -> list[str]:
    third = max(1, len(memory) // 3)
    middle, last = statistics.median(memory[third:-third] or memory), statistics.median(memory[-third:])
    done = sum(number for what, number in count.items() if "failed" not in what)
    print(f"{done} conversations; memory {middle / 2**20:.1f} -> {last / 2**20:.1f} MiB")
    print(f"descriptors {before} -> {after}")
    wrong = [f"{number} x {what}" for what, number in count.items() if "failed" in what]
    if last > middle * GROWTH + SLACK:
        wrong.append("memory grows")
    if after > before + SPARE:
        wrong.append("descriptors are left open")
    return wrong


def main() -> int:
    """The exit status: 1 if something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong = asyncio.run(soak(options.seconds, options.seed))
    print("\n".join(wrong) or "all is well")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
