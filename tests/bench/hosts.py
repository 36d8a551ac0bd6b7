"""Whether a request costs more CPU where there are thousands of hosts."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from msgspec import structs

from tests.bench import site, wrk
from tests.bench.cpu import SERVERS, Sample, measure
from tests.bench.findings import Claim, Findings, Table, median, spread
from tests.bench.row import Scale
from tests.bench.site import Site
from tests.bench.subject.headgate import NAMESPACE, endpoint_slice, headgate, ingress
from tests.bench.subject.origin import origin
from tests.bench.subject.subject import Running, Subject
from tests.real.harness import objects

SITE = Site(hosts=10_000, paths=1, servers=SERVERS)
SHARED = "shared"
METHOD = (
    "10,000 hosts, an Ingress for each, all of them with the same Service of two servers, so that the "
    "connections to servers are the same; one worker on core 0, 64 connections.",
    "20,000 distinct requests to 10,000 hosts in turn, and as many to one host; interleaved rounds.",
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
    proxy = Running(shared(), folder / "headgate")
    try:
        servers.start()
        proxy.start()
        route = list(SITE.routes())[-1]
        proxy.wait_for(route.host, f"{route.path}/x", 120.0)
        yield proxy
    finally:
        proxy.stop()
        servers.stop()


def shared() -> Subject:
    """Headgate on one manifest with one Service."""
    parts = [objects.service(NAMESPACE, SHARED), endpoint_slice(SITE, SHARED)]
    for host in SITE.host_names():
        routes = [structs.replace(route, service=SHARED) for route in SITE.routes_of(host)]
        parts.append(ingress(host, routes))
    text = "\n---\n".join(json.dumps(part) for part in parts) + "\n"
    return structs.replace(
        headgate(structs.replace(SITE, hosts=1)), files={"manifests/site.yaml": text}, shown=[]
    )


def findings(samples: dict[str, list[Sample]]) -> Findings:
    """Both, and their ratio."""
    totals = {name: [sample.total for sample in of] for name, of in samples.items()}
    lines = [
        [name, f"{median(of):.1f}", spread(of), str(sum(sample.bad for sample in samples[name]))]
        for name, of in totals.items()
    ]
    many, one = totals.values()
    # A ratio of two medians of this machine moves by some hundredths.
    claim = Claim("10,000 hosts, times the CPU of one host", median(many) / median(one), 1.05)
    values = {name: [round(value, 2) for value in of] for name, of in totals.items()}
    return Findings(
        METHOD,
        Table(["requests to", "us/request", "least to greatest", "errors"], lines),
        [claim],
        values=values,
    )
