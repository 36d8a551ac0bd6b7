"""A rolling update under load: how many requests fail."""

import math
from pathlib import Path

from msgspec import Struct

from tests.bench import crowd
from tests.bench.findings import Claim, Findings, Table
from tests.bench.row import Scale
from tests.bench.subject.clustered import subject_on
from tests.bench.subject.subject import Running
from tests.real.harness import objects
from tests.real.harness.cluster import Cluster
from tests.real.harness.load import Load, Outcome, Plan
from tests.real.harness.node import PLAIN, Node
from tests.real.harness.pod import Temper
from tests.real.harness.shop import Shop

PODS = 6
PAUSE = 0.01
LONG_PAUSE = 0.05
"""So that a pod lives for long enough to get its share of slow requests."""
RATE = 900.0
BODY = 2000
METHOD = (
    "A real kube-apiserver; 6 pods, each an address of its own; a pod is added, then an old one is told "
    "to stop at the moment that its slice says terminating, then it leaves the slice: three changes for "
    "each pod.",
    "900 requests/s on 24 connections, a tenth of them new for each request. A failure is anything but a "
    "whole answer 200 within 10 s; the load sends an idempotent request again only where an idle "
    "connection was closed.",
    "One worker. Traefik as it comes, and only in the first case, with a tenth of the changes.",
)


class Case(Struct, frozen=True):
    """What the requests are, and how the pods end."""

    method: str
    serve_on: float = 0.0
    temper: Temper = PLAIN
    proxy: str = "Headgate"
    share: float = 1.0
    """How much of the changes."""
    pause: float = PAUSE
    """Seconds between two changes."""

    def __str__(self) -> str:
        ends = f"pods serve {self.serve_on:.0f} s more" if self.serve_on else "pods stop at once"
        slow = ", 2 % of requests take 250 ms" if self.temper.slow else ""
        return f"{self.proxy}: {self.method}, {ends}{slow}"


SLOW = Temper(slow=0.25, slow_every=50)
CASES = (
    Case("GET"),
    Case("POST"),
    Case("GET", 2.0),
    Case("POST", 2.0),
    Case("GET", 0.0, SLOW, pause=LONG_PAUSE),
    Case("POST", 0.0, SLOW, pause=LONG_PAUSE),
    Case("GET", proxy="Traefik", share=0.1),
)


def rolling(scale: Scale, folder: Path) -> Findings:
    """The row."""
    cluster = crowd.start(folder, 0)
    lines, failed = [], 0
    try:
        for number, case in enumerate(CASES):
            shop, outcome = run(
                cluster, folder / f"case-{number}", case, number, round(scale.rolled * case.share)
            )
            lines.append([str(case), str(shop.changes), *told(outcome)])
            failed += len(outcome.failures) if case.proxy == "Headgate" else 0
    finally:
        cluster.stop()
    head = ["case", "changes", "requests", "failed", "p50 ms", "p99 ms", "most ms", "failures"]
    return Findings(METHOD, Table(head, lines), [Claim("failed requests of Headgate, all cases", failed, 0)])


def run(cluster: Cluster, folder: Path, case: Case, number: int, changes: int) -> tuple[Shop, Outcome]:
    """Roll until there were so many changes."""
    namespace = f"rolling-{number}"
    cluster.admin.apply(objects.namespace(namespace))
    proxy = Running(subject_on(cluster, case.proxy), folder, core=None)
    with Node() as node:
        shop = Shop(cluster.admin, node, namespace)
        shop.open(PODS, temper=case.temper)
        proxy.start()
        try:
            proxy.wait_for(shop.host, "/")
            body = BODY if case.method == "POST" else 0
            with Load(Plan(host=shop.host, method=case.method, body=body, rate=RATE)) as load:
                while shop.changes < changes:
                    shop.roll(case.pause, serve_on=case.serve_on, temper=case.temper)
        finally:
            proxy.stop()
    return shop, load.outcome


def told(outcome: Outcome) -> list[str]:
    """Requests, failures, times, and the kinds of failures."""
    outcome.times = outcome.times or [math.inf]
    times = (outcome.percentile(0.5), outcome.percentile(0.99), max(outcome.times))
    kinds = sorted({failure.what.split("\r\n")[0][:60] for failure in outcome.failures})
    asked = outcome.answered + len(outcome.failures)
    return [
        str(asked),
        str(len(outcome.failures)),
        *(f"{value * 1e3:.1f}" for value in times),
        "; ".join(kinds[:3]) or "none",
    ]
