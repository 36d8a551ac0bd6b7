"""Five thousand clients that take their time: what another client notices of them."""

import asyncio
import statistics
import time
from pathlib import Path
from typing import Final

from tests.bench.findings import Claim, Findings, Table
from tests.bench.row import Scale
from tests.soak.__main__ import Tree, answers
from tests.soak.servers import TEXT, plain, serve, write_manifests

CONNECTIONS: Final = 5000
REQUESTS: Final = 1500
STEP: Final = 250
"""Connections opened at a time."""
HOST: Final = b"Host: soak.example\r\n"
GET: Final = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"

KINDS: Final = {
    "slowloris: a byte of a head now and then": b"GET / HTTP/1.1\r\n" + HOST,
    "slow body: a byte of 1,000 now and then": b"POST / HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 1000\r\n\r\n",
    f"slow read: 10 answers of {len(TEXT) // 1000} KB asked for, none read": (
        b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n"
    )
    * 10,
}
METHOD: Final = (
    f"{CONNECTIONS:,} connections of each kind in turn, in front of two workers; beside them one client "
    f"sends {REQUESTS:,} requests on one connection, without them and among them, as often as there are "
    "rounds; medians of p99. Memory is that of all processes.",
)


def slow_clients(scale: Scale, folder: Path) -> Findings:
    """The row."""
    folder.mkdir(parents=True, exist_ok=True)
    return asyncio.run(_measure(folder, scale.rounds))


async def _measure(folder: Path, rounds: int) -> Findings:
    tree = Tree(folder)
    server, server_port = await serve(plain)
    try:
        write_manifests(folder / "manifests", [server_port])
        port = await tree.port()
        await answers(port)
        lines, claims = [], []
        for kind, begun in KINDS.items():
            alone = await _p99(port, rounds)
            lines.append([f"none, before {kind}", f"{alone * 1e3:.2f}", f"{tree.memory() >> 20}"])
            among, memory = await _among(port, begun, tree, rounds)
            lines.append([kind, f"{among * 1e3:.2f}", f"{memory >> 20}"])
            claims.append(Claim(f"p99 among {kind}", among / alone, 2.0, "x alone"))
    finally:
        server.close()
        tree.process.terminate()
        tree.process.wait(60)
    return Findings(METHOD, Table(["slow clients", "p99, ms", "memory, MiB"], lines), claims)


async def _among(port: int, begun: bytes, tree: Tree, rounds: int) -> tuple[float, int]:
    """The p99 while so many connections have begun something, and the memory there is then."""
    writers: list[asyncio.StreamWriter] = []
    try:
        for _ in range(CONNECTIONS // STEP):
            opened = [asyncio.open_connection("127.0.0.1", port, limit=1) for _ in range(STEP)]
            writers += [writer for _, writer in await asyncio.gather(*opened)]
            for writer in writers[-STEP:]:
                writer.write(begun)
        trickle = asyncio.ensure_future(_trickle(writers))
        await asyncio.sleep(1)
        p99 = await _p99(port, rounds)
        trickle.cancel()
        return p99, tree.memory()
    finally:
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(1)


async def _trickle(writers: list[asyncio.StreamWriter]) -> None:
    """A byte from each about every five seconds."""
    while True:
        for place, writer in enumerate(writers):
            writer.write(b"X")
            if place % 10 == 0:
                await asyncio.sleep(0.01)


async def _p99(port: int, rounds: int) -> float:
    return statistics.median([await _one_p99(port) for _ in range(rounds)])


async def _one_p99(port: int) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\nok")
        times.append(time.perf_counter() - began)
    writer.close()
    return statistics.quantiles(times, n=100)[98]
