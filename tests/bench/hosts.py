"""Whether a request costs more CPU where there are thousands of hosts, or of routes."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import structs

from tests.bench import site, wrk
from tests.bench.cpu import SERVERS, STARTED_ANEW, STARTS, Sample, measure, paired
from tests.bench.findings import Claim, Findings, Table, median, spread
from tests.bench.row import Scale
from tests.bench.site import Site
from tests.bench.subject.headgate import NAMESPACE, endpoint_slice, headgate, headgate_compiled, ingress
from tests.bench.subject.origin import origin
from tests.bench.subject.subject import Running, Subject
from tests.real.harness import objects

SITE = Site(hosts=10_000, paths=1, servers=SERVERS)
SHARED = "shared"
METHOD = (
    "10,000 hosts, an Ingress for each, all of them with the same Service of two servers, so that the "
    "connections to servers are the same; one worker on core 0, 64 connections.",
    "20,000 distinct requests to 10,000 hosts in turn, and as many to one host; interleaved rounds. "
    "The ratio is the median of the ratios of each round.",
)


def hosts(scale: Scale, folder: Path) -> Findings:
    """The row."""
    one = structs.replace(SITE, hosts=1)
    loads = {
        "10,000 hosts in turn": wrk.prepare(folder, "many", site.requests(SITE)),
        "one host": wrk.prepare(folder, "one", site.requests(one)),
    }
    samples: dict[str, list[Sample]] = {name: [] for name in loads}
    with running(folder) as proxy:
        for turn in range(scale.rounds + 1):
            for name, load in loads.items():
                sample = measure(proxy, load, scale.seconds)
                # The first round is there to warm up.
                if turn:
                    samples[name].append(sample)
    return findings(samples)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Headgate with all hosts, and the servers."""
    servers = Running(origin(SERVERS), folder / "origin", core=1)
    proxy = Running(shared(SITE, headgate(structs.replace(SITE, hosts=1))), folder / "headgate")
    try:
        servers.start()
        proxy.start()
        route = list(SITE.routes())[-1]
        proxy.wait_for(route.host, f"{route.path}/x", 120.0)
        yield proxy
    finally:
        proxy.stop()
        servers.stop()


def shared(site: Site, subject: Subject) -> Subject:
    """A Headgate on one manifest with one Service for all routes of a site."""
    parts = [objects.service(NAMESPACE, SHARED), endpoint_slice(site, SHARED)]
    for host in site.host_names():
        routes = [structs.replace(route, service=SHARED) for route in site.routes_of(host)]
        parts.append(ingress(host, routes))
    text = "\n---\n".join(json.dumps(part) for part in parts) + "\n"
    return structs.replace(subject, files={"manifests/site.yaml": text}, shown=[])


FEW: Final = Site(hosts=1, paths=10, servers=SERVERS)
MANY: Final = Site(hosts=1_000, paths=10, servers=SERVERS)
ROUTES: Final = (
    "Two Headgates from the compiled wheel, one with 10 routes and one with 10,000 (1,000 hosts x 10 paths), "
    "all to one Service of two servers; one worker each on core 0, 64 connections. Both are asked for the "
    "same 10 routes, in interleaved rounds; the second one also for all of its own.",
    f"{STARTED_ANEW} The ratio is the median of the ratios of each round.",
)


def routes(scale: Scale, folder: Path) -> Findings:
    """The row."""
    loads = {
        "10 routes": wrk.prepare(folder, "few", site.requests(FEW)),
        "10 of 10,000 routes": wrk.prepare(folder, "same", site.requests(FEW)),
        "10,000 routes in turn": wrk.prepare(folder, "all", site.requests(MANY)),
    }
    samples: dict[str, list[Sample]] = {name: [] for name in loads}
    for number in range(STARTS):
        with few_and_many(folder / f"start-{number}") as (few, many):
            asked = list(zip(samples.values(), (few, many, many), loads.values(), strict=True))
            for turn in range(scale.rounds + 1):
                for of, proxy, load in asked:
                    sample = measure(proxy, load, scale.seconds)
                    # The first round is there to warm up.
                    if turn:
                        of.append(sample)
    text = "a request to 10 of 10,000 routes, times that to 10 routes"
    return compared(ROUTES, samples, ("10 of 10,000 routes", "10 routes"), text)


@contextlib.contextmanager
def few_and_many(folder: Path) -> Iterator[tuple[Running, Running]]:
    """A Headgate with few routes and one with many, and the servers."""
    plain = headgate_compiled(structs.replace(FEW, paths=1), 18080, 19900)
    other = headgate_compiled(structs.replace(FEW, paths=1), 18081, 19901)
    few = Running(shared(FEW, plain), folder / "few")
    many = Running(shared(MANY, other), folder / "many")
    with contextlib.ExitStack() as stack:
        start(stack, {FEW: few, MANY: many}, folder)
        yield few, many


def start(stack: contextlib.ExitStack, proxies: Mapping[Site, Running], folder: Path) -> None:
    """The servers and the proxies, until the stack is left."""
    servers = Running(origin(SERVERS), folder / "origin", core=1)
    for one in (servers, *proxies.values()):
        stack.callback(one.stop)
        one.start()
    for of, proxy in proxies.items():
        last = list(of.routes())[-1]
        proxy.wait_for(last.host, f"{last.path}/x", 120.0)


def findings(samples: dict[str, list[Sample]]) -> Findings:
    """Both, and their ratio."""
    return compared(METHOD, samples, tuple(samples), "10,000 hosts, times the CPU of one host")


def compared(
    method: Sequence[str], samples: Mapping[str, Sequence[Sample]], pair: Sequence[str], text: str
) -> Findings:
    """What each costs, and the ratio of a pair."""
    totals = {name: [sample.total for sample in of] for name, of in samples.items()}
    lines = [
        [name, f"{median(of):.1f}", spread(of), str(sum(sample.bad for sample in samples[name]))]
        for name, of in totals.items()
    ]
    many, one = (samples[name] for name in pair)
    claim = Claim(text, paired(many, one), 1.05)
    values = {name: [round(value, 2) for value in of] for name, of in totals.items()}
    return Findings(
        method,
        Table(["requests to", "us/request", "least to greatest", "errors"], lines),
        [claim],
        values=values,
    )
