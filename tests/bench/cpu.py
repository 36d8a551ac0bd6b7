"""The CPU time that a request costs, beside other proxies, in interleaved rounds."""

import contextlib
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from tests.bench import wrk
from tests.bench.findings import Claim, Findings, Table, median, spread
from tests.bench.machine import usage
from tests.bench.row import Scale
from tests.bench.site import BODY, MISSING, SHARE, Site, requests
from tests.bench.subject.caddy import caddy
from tests.bench.subject.haproxy import haproxy
from tests.bench.subject.headgate import headgate, headgate_compiled
from tests.bench.subject.nginx import nginx
from tests.bench.subject.origin import origin
from tests.bench.subject.subject import Running, Subject
from tests.bench.subject.traefik import traefik
from tests.bench.wrk import Wrk

SERVERS = ("127.0.0.1:18001", "127.0.0.2:18001")
SITE = Site(hosts=50, paths=10, servers=SERVERS)

STARTS: Final = 3
"""How often the proxies of a row about hundredths are started; each time with all rounds."""
STARTED_ANEW: Final = (
    "All proxies are started three times, each time for as many rounds: where a process happens to lie in "
    "memory makes a difference of some hundredths."
)

METHOD = (
    "HTTP/1.1 keep-alive, 64 connections, 500 routes (50 hosts x 10 paths, each a service with two "
    "servers), one deny rule that looks into User-Agent, access log to a file, metrics on.",
    "20,000 distinct requests in turn: 14 fields, about 800 bytes; answers of 145 + 126 bytes. Among the "
    "fields are `Connection: keep-alive` and the `X-Forwarded-For` of a proxy in front, which all of them "
    "trust. "
    f"Of {SHARE} requests one is a POST with a body of {BODY:,} bytes, and one is for a path that no route "
    "takes and is answered 404; neither counts as an error.",
    "All processes of a proxy on core 0 (Headgate with one worker, HAProxy and nginx with one process and "
    "thread, Traefik and Caddy with GOMAXPROCS=1), wrk and the origin on core 1.",
    "CPU is user + system of all processes of the proxy (for Headgate supervisor and controller too) from "
    "/proc, divided by the requests; rounds of all proxies in turn; medians. `ratio` is that of the "
    "medians.",
    "`HAProxy, same fields` also makes a request id and sends X-Forwarded-Proto, -Host, -Port, X-Real-IP, "
    "as Headgate does; the bound is against the plain one. Traefik has no deny rule.",
)


class Sample(Struct, frozen=True):
    """One round of one proxy: microseconds per request, and what the load saw."""

    user: float
    system: float
    rate: float
    bad: int
    p99: float

    @property
    def total(self) -> float:
        """User and system."""
        return self.user + self.system


def cpu(scale: Scale, folder: Path) -> Findings:
    """The row."""
    chosen = subjects(SITE)
    with running(folder, SITE, chosen) as proxies:
        samples = rounds(proxies, load_of(SITE, folder), scale.rounds, scale.seconds)
    return Findings(
        METHOD,
        table(samples, "HAProxy"),
        claims(samples),
        {f"{one.name}: {name}": one.files[name] for one in chosen for name in one.shown},
        {one.name: one.version_text() for one in chosen},
        {name: [round(sample.total, 2) for sample in of] for name, of in samples.items()},
    )


AT_RATE = (
    "The same, with a pause of 16 ms on average before each request of a connection: about 3,900 "
    "requests/s, the same for all. At full speed a proxy that is faster keeps the load's core busy, and "
    "waking it up costs nothing; one that is slower pays for waking an idle core at each write, in its own "
    "system time.",
)


def cpu_at_rate(scale: Scale, folder: Path) -> Findings:
    """The row with the same offered load for all."""
    return beside(scale, folder, structs.replace(load_of(SITE, folder), pause=16), METHOD + AT_RATE)


BUSY = ("The same with 1,000 connections, all of them busy.",)


def busy(scale: Scale, folder: Path) -> Findings:
    """The row with many connections."""
    return beside(scale, folder, structs.replace(load_of(SITE, folder), connections=1000), METHOD + BUSY)


BRIEF = (
    "The same, but that each request says `Connection: close`, and so does each answer of the servers: a "
    "connection for each request on both sides.",
)


def brief(scale: Scale, folder: Path) -> Findings:
    """The row without kept connections."""
    load = wrk.prepare(folder, "closing", closing_requests(SITE))
    return beside(scale, folder, load, METHOD + BRIEF, 1.2, keep=False)


def closing_requests(site: Site) -> list[str]:
    """The requests of the site, each the last of its connection."""
    return [text.replace("Connection: keep-alive", "Connection: close", 1) for text in requests(site)]


def beside(
    scale: Scale,
    folder: Path,
    load: Wrk,
    method: Sequence[str],
    bound: float = 1.0,
    *,
    keep: bool = True,
) -> Findings:
    """A load on all proxies."""
    chosen = subjects(SITE)
    with running(folder, SITE, chosen, keep=keep) as proxies:
        samples = rounds(proxies, load, scale.rounds, scale.seconds)
    return Findings(
        method,
        table(samples, "HAProxy"),
        [compiled_claim(samples, bound)],
        {},
        {one.name: one.version_text() for one in chosen},
        {name: [round(sample.total, 2) for sample in of] for name, of in samples.items()},
    )


def subjects(site: Site) -> list[Subject]:
    """All proxies, each on its port."""
    return [
        haproxy(site, 18090, same_fields=False),
        headgate(site, 18080),
        haproxy(site, 18091, same_fields=True),
        headgate_compiled(site, 18081, 19901),
        nginx(site, 18092),
        traefik(site, 18093, 18094),
        caddy(site, 18095, 18096),
    ]


@contextlib.contextmanager
def running(
    folder: Path, site: Site, chosen: Sequence[Subject], *, keep: bool = True
) -> Iterator[list[Running]]:
    """The origin on the load's core and the proxies on the other one, all of them answering."""
    servers = Running(origin(site.servers, keep=keep), folder / "origin", core=1)
    proxies = [Running(one, folder / one.name) for one in chosen]
    last = list(site.routes())[-1]
    try:
        for one in [servers, *proxies]:
            one.start()
        for one in proxies:
            one.wait_for(last.host, f"{last.path}/x")
            # Before it knows all routes it may not say yet that there is none.
            one.wait_for(last.host, MISSING, status=404)
        yield proxies
    finally:
        for one in [*proxies, servers]:
            one.stop()


def measure(proxy: Running, load: Wrk, seconds: int) -> Sample:
    """One round: the proxy's CPU time before and after, and the requests in between."""
    before = usage(proxy.pids())
    outcome = load.run(f"{proxy.subject.address}:{proxy.subject.port}", seconds)
    # What was written behind the answers, such as the log, belongs to them.
    time.sleep(0.2)
    spent = usage(proxy.pids()).since(before)
    scale = 1e6 / max(outcome.requests, 1)
    bad = outcome.refused + outcome.broken
    return Sample(
        spent.user * scale, spent.system * scale, outcome.requests / outcome.seconds, bad, outcome.p99
    )


def rounds(proxies: Sequence[Running], load: Wrk, count: int, seconds: int) -> dict[str, list[Sample]]:
    """The samples of each proxy: every round all of them, one after another, after one round to warm up.

    In another order each time, as it is worth some hundredths behind whom a proxy comes.
    """
    samples: dict[str, list[Sample]] = {proxy.subject.name: [] for proxy in proxies}
    for proxy in proxies:
        measure(proxy, load, 1)
    for _ in range(count):
        for proxy in random.sample(proxies, len(proxies)):
            samples[proxy.subject.name].append(measure(proxy, load, seconds))
    return samples


def table(samples: Mapping[str, Sequence[Sample]], base: str) -> Table:
    """Medians and spread, and ratios against the base."""
    head = [
        "proxy",
        "us/request",
        "least to greatest",
        "user",
        "system",
        f"ratio to {base}",
        "median of ratios",
        "requests/s",
        "p99 ms",
        "errors",
    ]
    return Table(head, [line(name, of, samples[base]) for name, of in samples.items()])


def line(name: str, of: Sequence[Sample], base: Sequence[Sample]) -> list[str]:
    """One proxy's line."""
    total = [sample.total for sample in of]
    return [
        name,
        f"{median(total):.1f}",
        spread(total),
        f"{median([sample.user for sample in of]):.1f}",
        f"{median([sample.system for sample in of]):.1f}",
        f"{ratio(of, base):.2f}",
        f"{paired(of, base):.2f}",
        f"{median([sample.rate for sample in of]):.0f}",
        f"{median([sample.p99 for sample in of]) * 1e3:.1f}",
        str(sum(sample.bad for sample in of)),
    ]


def paired(of: Sequence[Sample], base: Sequence[Sample]) -> float:
    """The median of the ratios of each round: what slows the machine for longer than a round is left out."""
    return median([one.total / other.total for one, other in zip(of, base, strict=True)])


def ratio(of: Sequence[Sample], base: Sequence[Sample]) -> float:
    """The ratio of the medians."""
    return median([sample.total for sample in of]) / median([sample.total for sample in base])


PROMISED: Final = (
    ("Headgate, compiled", "HAProxy", 1.0),
    ("Headgate, compiled", "Traefik", 0.25),
    ("Headgate", "HAProxy", 1.7),
    ("Headgate", "Traefik", 0.5),
)
"""What a request may cost one of ours, times what it costs another."""


def claims(samples: Mapping[str, Sequence[Sample]]) -> list[Claim]:
    """What is promised of Headgate."""
    return [
        Claim(f"CPU per request of {ours}, times that of {name}", ratio(samples[ours], samples[name]), bound)
        for ours, name, bound in PROMISED
    ]


def compiled_claim(samples: Mapping[str, Sequence[Sample]], bound: float) -> Claim:
    """What is promised of the wheel beside HAProxy."""
    text = "CPU per request of Headgate, compiled, times that of HAProxy"
    return Claim(text, ratio(samples["Headgate, compiled"], samples["HAProxy"]), bound)


def load_of(site: Site, folder: Path) -> Wrk:
    """The requests of the site, written down."""
    return wrk.prepare(folder, "site", requests(site))
