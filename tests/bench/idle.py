"""What thousands of idle keep-alive connections cost: memory, and time of a request among them."""

import contextlib
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from tests.bench.cpu import SITE, running
from tests.bench.findings import Claim, Findings, Table, median
from tests.bench.machine import memory
from tests.bench.row import Scale
from tests.bench.site import pages
from tests.bench.subject.caddy import caddy
from tests.bench.subject.haproxy import haproxy
from tests.bench.subject.headgate import headgate, headgate_compiled
from tests.bench.subject.nginx import nginx
from tests.bench.subject.subject import Running, Subject
from tests.bench.subject.traefik import traefik
from tests.bench.workers import with_two

CONNECTIONS: Final = 18_000
FIRST: Final = 500
"""Connections that are there before memory is looked at."""
ASKED: Final = 1_500
METHOD: Final = (
    f"{CONNECTIONS:,} connections that have each had one answer stay open; memory is the resident one of all "
    f"processes of a proxy, less what it was with {FIRST} connections, for each of the others. Headgate has "
    "two workers, as one may have fewer open files here than it needs.",
    f"One client sends {ASKED:,} requests on one connection, before and among them, as often as there are "
    "rounds; medians of p99.",
)


class Cost(Struct, frozen=True):
    """Of one proxy."""

    kilobytes: float
    """For each connection."""
    alone: float
    among: float
    """Seconds: p99 of requests."""


def idle(scale: Scale, folder: Path) -> Findings:
    """The row."""
    chosen = subjects()
    with running(folder, SITE, chosen) as proxies:
        costs = {proxy.subject.name: measure(proxy, scale.rounds) for proxy in proxies}
    lines = [
        [
            name,
            f"{cost.kilobytes:.2f}",
            f"{cost.alone * 1e3:.2f}",
            f"{cost.among * 1e3:.2f}",
            f"{cost.among / cost.alone:.2f}",
        ]
        for name, cost in costs.items()
    ]
    ours = costs["Headgate, compiled"]
    return Findings(
        METHOD,
        Table(["proxy", "KB for each", "p99 before, ms", "p99 among them, ms", "ratio"], lines),
        [
            Claim("resident memory of an idle connection", ours.kilobytes, 4.0, "KB"),
            Claim("p99 among idle connections", ours.among / ours.alone, 2.0, "x before"),
        ],
        versions={one.name: one.version_text() for one in chosen},
    )


def subjects() -> list[Subject]:
    """Those of the CPU row, with room for so many clients."""
    plain = haproxy(SITE, 18090, same_fields=False)
    roomy = {
        name: text.replace("maxconn 8000", f"maxconn {CONNECTIONS + 500}\n  no strict-limits").replace(
            "timeout client 60s", "timeout client 600s"
        )
        for name, text in plain.files.items()
    }
    web = nginx(SITE, 18092)
    wide = {
        name: text.replace("worker_connections 8192", "worker_connections 20000")
        for name, text in web.files.items()
    }
    return [
        structs.replace(plain, files=roomy),
        two_workers(headgate(SITE, 18080)),
        two_workers(headgate_compiled(SITE, 18081, 19901)),
        structs.replace(web, files=wide),
        traefik(SITE, 18093, 18094),
        caddy(SITE, 18095, 18096),
    ]


def two_workers(subject: Subject) -> Subject:
    """The same with two workers, which keep idle clients for longer than the row takes."""
    return structs.replace(subject, command=[*with_two(subject).command, "--limits-timeout-idle", "600"])


def measure(proxy: Running, rounds: int) -> Cost:
    """Open them, and look before and after."""
    ask = [text.encode() for text in pages(SITE, FIRST)]
    alone = median([p99(proxy, ask) for _ in range(rounds)])
    with contextlib.ExitStack() as stack:
        crowd = list(opened(proxy, FIRST, ask, stack))
        before = memory(proxy.pids())["Rss"]
        crowd += opened(proxy, CONNECTIONS - FIRST, ask, stack)
        time.sleep(1.0)
        after = memory(proxy.pids())["Rss"]
        among = median([p99(proxy, ask) for _ in range(rounds)])
    return Cost((after - before) * 1e3 / (CONNECTIONS - FIRST), alone, among)


def opened(
    proxy: Running, count: int, ask: list[bytes], stack: contextlib.ExitStack
) -> Iterator[socket.socket]:
    """So many connections that have had an answer each."""
    for number in range(count):
        connection = stack.enter_context(
            socket.create_connection((proxy.subject.address, proxy.subject.port))
        )
        connection.settimeout(10)
        answer(connection, ask[number % len(ask)])
        yield connection


def answer(connection: socket.socket, request: bytes) -> None:
    """Ask, and read the answer, which is small."""
    connection.sendall(request)
    data = connection.recv(4096)
    if not data.startswith(b"HTTP/1.1 200 "):
        raise ConnectionError(f"answered {data[:60]!r}")


def p99(proxy: Running, ask: list[bytes]) -> float:
    """The time that all but a hundredth of the answers take at most."""
    times = []
    with socket.create_connection((proxy.subject.address, proxy.subject.port), timeout=10) as connection:
        for number in range(ASKED):
            began = time.perf_counter()
            answer(connection, ask[number % len(ask)])
            times.append(time.perf_counter() - began)
    return statistics.quantiles(times, n=100)[98]
