"""The CPU time that a gigabyte of bodies costs, down and up, in large and in very large ones."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from tests.bench.bulk import BulkClient
from tests.bench.findings import Claim, Findings, Table, median
from tests.bench.machine import usage
from tests.bench.result import ROOT
from tests.bench.row import Scale
from tests.bench.site import Site
from tests.bench.subject.caddy import caddy
from tests.bench.subject.haproxy import haproxy
from tests.bench.subject.headgate import headgate, headgate_compiled
from tests.bench.subject.nginx import nginx
from tests.bench.subject.subject import Running, Subject
from tests.bench.subject.traefik import traefik

SERVER: Final = "127.0.0.1:18001"
SITE: Final = Site(hosts=1, paths=1, servers=(SERVER,))
GB: Final = 1_000_000_000
UNBUFFERED: Final = (
    "  client_max_body_size 0;\n  proxy_request_buffering off;\n  proxy_max_temp_file_size 0;\n"
)
METHOD: Final = (
    "One connection, no TLS, one route; a gigabyte as 100 bodies of 10 MB, or as one, to the client (down) "
    "or to the server (up). All processes of a proxy on core 0, client and server on core 1.",
    "CPU is user + system of all processes of the proxy for a gigabyte; rounds of all proxies in turn; "
    "medians. nginx passes bodies on as they come, as the others do.",
)


class Kind(Struct, frozen=True):
    """A way to move a gigabyte."""

    name: str
    count: int
    up: bool

    def run(self, client: BulkClient) -> None:
        """Move it."""
        move = client.upload if self.up else client.download
        for _ in range(self.count):
            move(GB // self.count)


KINDS: Final = (
    Kind("10 MB down", 100, up=False),
    Kind("1 GB down", 1, up=False),
    Kind("10 MB up", 100, up=True),
    Kind("1 GB up", 1, up=True),
)
Samples = Mapping[str, Mapping[str, Sequence[float]]]
"""Seconds of CPU for a gigabyte, by kind and proxy."""


def bodies(scale: Scale, folder: Path) -> Findings:
    """The row."""
    chosen = subjects()
    samples: dict[str, dict[str, list[float]]] = {
        kind.name: {one.name: [] for one in chosen} for kind in KINDS
    }
    with running(folder, chosen) as proxies:
        for turn in range(scale.rounds + 1):
            for kind in KINDS:
                for proxy in proxies:
                    seconds = measure(proxy, kind)
                    # The first round is there to warm up.
                    if turn:
                        samples[kind.name][proxy.subject.name].append(seconds)
    return Findings(
        METHOD,
        table(samples),
        claims(samples),
        {f"{one.name}: {name}": one.files[name] for one in chosen for name in one.shown},
        {one.name: one.version_text() for one in chosen},
        {f"{kind}, {name}": values for kind, of in samples.items() for name, values in of.items()},
    )


def subjects() -> list[Subject]:
    """All proxies, each on its port."""
    plain = haproxy(SITE, 18090, same_fields=False)
    splicing = haproxy(SITE, 18091, same_fields=False)
    files = {
        name: text.replace("option httplog\n", "option httplog\n  option splice-auto\n").replace(
            "maxconn 8000\n", "maxconn 8000\n  maxpipes 64\n"
        )
        for name, text in splicing.files.items()
    }
    web = nginx(SITE, 18092)
    unbuffered = {
        name: text.replace("  access_log", UNBUFFERED + "  access_log") for name, text in web.files.items()
    }
    return [
        plain,
        structs.replace(splicing, name="HAProxy, splice-auto", files=files),
        headgate(SITE, 18080),
        headgate_compiled(SITE, 18081, 19901),
        structs.replace(web, files=unbuffered),
        traefik(SITE, 18093, 18094),
        caddy(SITE, 18095, 18096),
    ]


@contextlib.contextmanager
def running(folder: Path, chosen: Sequence[Subject]) -> Iterator[list[Running]]:
    """The server and this process on one core, the proxies on the other one."""
    server = Subject(
        "bulk",
        [sys.executable, "-m", "tests.bench.bulk", SERVER],
        18001,
        {},
        [],
        [sys.executable, "--version"],
        {"PYTHONPATH": str(ROOT)},
    )
    os.sched_setaffinity(0, {1 % (os.cpu_count() or 1)})
    origin = Running(server, folder / "bulk", core=1)
    proxies = [Running(one, folder / one.name) for one in chosen]
    (route,) = SITE.routes()
    try:
        for one in [origin, *proxies]:
            one.start()
        for one in proxies:
            one.wait_for(route.host, f"{route.path}/x")
        yield proxies
    finally:
        for one in [*proxies, origin]:
            one.stop()


def measure(proxy: Running, kind: Kind) -> float:
    """The CPU time of a gigabyte."""
    (route,) = SITE.routes()
    client = BulkClient(proxy.subject.address, proxy.subject.port, route.host, f"{route.path}/x")
    before = usage(proxy.pids())
    try:
        kind.run(client)
    finally:
        client.close()
    time.sleep(0.1)
    return usage(proxy.pids()).since(before).total


def table(samples: Samples) -> Table:
    """Medians and spread, and ratios against HAProxy."""
    head = ["bodies", "proxy", "CPU s/GB", "least to greatest", "ratio to HAProxy"]
    lines = [
        [
            kind,
            name,
            f"{median(values):.2f}",
            f"{min(values):.2f} to {max(values):.2f}",
            f"{median(values) / median(of['HAProxy']):.2f}",
        ]
        for kind, of in samples.items()
        for name, values in of.items()
    ]
    return Table(head, lines)


def claims(samples: Samples) -> list[Claim]:
    """What is promised of the wheel."""
    return [
        Claim(f"{kind}: CPU of Headgate, compiled, times that of HAProxy", ratio(of), 0.8)
        for kind, of in samples.items()
    ]


def ratio(of: Mapping[str, Sequence[float]]) -> float:
    """The ratio of the medians."""
    return median(of["Headgate, compiled"]) / median(of["HAProxy"])
