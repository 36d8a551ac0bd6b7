"""How much later a client hears of an event through a proxy than without one."""

import re
import socket
import statistics
import time
from pathlib import Path
from typing import Final

from tests.bench import bodies
from tests.bench.findings import Claim, Findings, Table, median
from tests.bench.row import Scale

EVENTS: Final = 100
STAMP: Final = re.compile(rb"data: (\d+)\n")
METHOD: Final = (
    f"A server sends {EVENTS} events in chunks, one every 5 ms, each with the time; the client takes down "
    "how old it is. Times are from the server's clock before its write to the client's after its read, on "
    "one machine; rounds of all proxies in turn, medians of the rounds.",
)


def events(scale: Scale, folder: Path) -> Findings:
    """The row."""
    chosen = bodies.subjects()
    with bodies.running(folder, chosen) as proxies:
        places = {"none": bodies.SERVER} | {
            proxy.subject.name: f"{proxy.subject.address}:{proxy.subject.port}" for proxy in proxies
        }
        ages: dict[str, list[list[float]]] = {name: [] for name in places}
        for _ in range(scale.rounds):
            for name, place in places.items():
                ages[name].append(listen(place))
    p50, p99 = ({name: at(of, share) for name, of in ages.items()} for share in (50, 99))
    lines = [
        [name, f"{p50[name]:.2f}", f"{p99[name]:.2f}", f"{p50[name] - p50['none']:.2f}"] for name in ages
    ]
    return Findings(
        METHOD,
        Table(["proxy", "age at the client, median ms", "p99 ms", "added by the proxy, ms"], lines),
        [Claim("an event delayed by Headgate, compiled", p50["Headgate, compiled"] - p50["none"], 1.0, "ms")],
        versions={one.name: one.version_text() for one in chosen},
    )


def listen(place: str) -> list[float]:
    """How old each event was, in milliseconds."""
    address, _, port = place.partition(":")
    (route,) = bodies.SITE.routes()
    asked = f"GET {route.path}/x?events={EVENTS} HTTP/1.1\r\nHost: {route.host}\r\n\r\n"
    ages: list[float] = []
    with socket.create_connection((address, int(port)), timeout=10) as connection:
        connection.sendall(asked.encode())
        while len(ages) < EVENTS:
            data = connection.recv(65536)
            now = time.monotonic_ns()
            if not data:
                raise ConnectionError(f"{place} sent {len(ages)} events")
            ages += [(now - int(stamp)) / 1e6 for stamp in STAMP.findall(data)]
    return ages


def at(rounds: list[list[float]], share: int) -> float:
    """The median over the rounds of that percentile."""
    return median([statistics.quantiles(ages, n=100)[share - 1] for ages in rounds])
