"""How long after the API server's answer a changed endpoint gets its first request."""

import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench import crowd
from tests.bench.findings import Claim, Findings, Table, median
from tests.bench.probe import Probe
from tests.bench.row import Scale
from tests.bench.subject.clustered import subject_on
from tests.bench.subject.subject import Running
from tests.real.harness import objects
from tests.real.harness.api import Api
from tests.real.harness.cluster import Cluster
from tests.real.harness.node import Node
from tests.real.harness.objects import Endpoint
from tests.real.harness.shop import Shop

CASES = (("Headgate", 1_000), ("Headgate", 10_000), ("Traefik", 1_000))
PAUSE = 0.05
NAMESPACE = "bench"
METHOD = (
    "A real kube-apiserver and etcd with N Ingresses, each with a Service and a slice of 5 endpoints; one "
    "worker; nothing is bound to a core.",
    "Two pods; a PATCH makes the other one the only endpoint of their Service. The clock runs from the "
    "API server's answer until the answer of the new pod has come back through the proxy, which is asked "
    "without a pause on one connection.",
)


def in_force(scale: Scale, folder: Path) -> Findings:
    """The row."""
    waits = {
        f"{name}, {count:,} Ingresses": case(scale, folder / f"{name}-{count}", name, count)
        for name, count in CASES
    }
    lines = [
        [name, str(len(of)), *(f"{value * 1e3:.1f}" for value in figures(of))] for name, of in waits.items()
    ]
    claims = [
        Claim(f"p99 in force, {name}", figures(of)[1] * 1e3, 20.0, "ms")
        for name, of in waits.items()
        if name.startswith("Headgate")
    ]
    values = {name: [round(value * 1e3, 2) for value in of] for name, of in waits.items()}
    return Findings(
        METHOD, Table(["case", "changes", "p50 ms", "p99 ms", "most ms"], lines), claims, values=values
    )


def case(scale: Scale, folder: Path, name: str, count: int) -> list[float]:
    """Seconds for each change."""
    folder.mkdir(parents=True)
    cluster = crowd.start(folder, count)
    try:
        with Node() as node:
            return waits_of(
                cluster, node, folder, name, scale.changes if name == "Headgate" else scale.changes // 10
            )
    finally:
        cluster.stop()


def waits_of(cluster: Cluster, node: Node, folder: Path, name: str, changes: int) -> list[float]:
    """Start the proxy, and measure each change."""
    cluster.admin.apply(objects.namespace(NAMESPACE))
    shop = Shop(cluster.admin, node, NAMESPACE)
    shop.open(pods=2)
    proxy = Running(subject_on(cluster, name), folder / name, core=None)
    proxy.start()
    try:
        proxy.wait_for(shop.host, "/")
        # The proxy has just read everything: let it come to rest.
        time.sleep(3.0)
        probe = Probe()
        seconds_until_in_force(cluster.admin, shop, probe, 1)
        return [seconds_until_in_force(cluster.admin, shop, probe, turn) for turn in range(changes)]
    finally:
        proxy.stop()


def seconds_until_in_force(api: Api, shop: Shop, probe: Probe, turn: int) -> float:
    """From the API server's answer to the first answer of the only endpoint that is left."""
    time.sleep(PAUSE)
    wanted = shop.members[turn % 2].pod
    api.patch(shop.slice, {"endpoints": [objects.in_slice(Endpoint(wanted.address))]})
    began = time.monotonic()
    while probe.ask(shop.host).pod != wanted.name:
        assert time.monotonic() - began < 30.0, "the change is not in force after 30 s"
    return time.monotonic() - began


def figures(waits: Sequence[float]) -> tuple[float, float, float]:
    """Median, 99th percentile and greatest."""
    ordered = sorted(waits)
    return median(ordered), ordered[max(0, -(-len(ordered) * 99 // 100) - 1)], ordered[-1]
