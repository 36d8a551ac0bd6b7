"""One pod of five is bad: what that costs those who ask."""

import time
from ipaddress import IPv4Address
from pathlib import Path

from msgspec import Struct

from tests.bench import crowd
from tests.bench.findings import Claim, Findings, Table
from tests.bench.rolling import told
from tests.bench.row import Scale
from tests.bench.subject.clustered import ADDRESS, subject_on
from tests.bench.subject.haproxy import patient_haproxy
from tests.bench.subject.subject import Running, Subject
from tests.real.harness import objects
from tests.real.harness.cluster import Cluster
from tests.real.harness.load import Load, Outcome, Plan
from tests.real.harness.node import PLAIN, Node
from tests.real.harness.pod import Manner, Temper
from tests.real.harness.shop import Shop

RATE = 400.0
FIRST = 5.0
THEN = {"Headgate": 30.0, "HAProxy": 10.0, "Traefik": 10.0}
"""Seconds; ours long enough to see a bad pod tried again."""
BOUND = 100.0
METHOD = (
    "A real kube-apiserver; 5 pods behind one Service, one of them bad while its slice says ready; GET at "
    "400/s on 24 connections, a tenth of them new for each request. One worker.",
    "HAProxy has the five addresses in its configuration, redispatch, and retry-on all-retryable-errors; "
    "with a time for one attempt that is its timeout server. Traefik as it comes.",
    "`at first`: the first 5 seconds; `then`: the 30 seconds after that (10 for the others). A silent pod "
    "is a listener whose queue is full, so that the kernel drops every packet that asks for a connection.",
)


class Case(Struct, frozen=True):
    """How the pod is bad, and what its Service asks for."""

    says: str
    manner: Manner
    crashed: bool = False
    try_timeout: str = ""
    """The time for one attempt, where there is a limit."""


CASES = (
    Case("refuses", Manner.GOOD, crashed=True),
    Case("resets after the request", Manner.RESET),
    Case("silent", Manner.SILENT),
    Case(
        "accepts, never answers; timeout-try 250ms",
        Manner.MUTE,
        try_timeout="250ms",
    ),
)


def bad_pod(scale: Scale, folder: Path) -> Findings:
    """The row."""
    cluster = crowd.start(folder, 0)
    lines, claims = [], []
    try:
        for number, (name, case) in enumerate((name, case) for name in THEN for case in CASES):
            first, then = run(cluster, folder / f"case-{number}", name, case, f"bad-{number}")
            lines.append([f"{name}: {case.says}", "at first", *told(first)])
            lines.append(["", "then", *told(then)])
            if name == "Headgate":
                claims += claims_of(case, first, then)
    finally:
        cluster.stop()
    head = ["case", "when", "requests", "failed", "p50 ms", "p99 ms", "most ms", "failures"]
    return Findings(METHOD, Table(head, lines), claims)


def claims_of(case: Case, first: Outcome, then: Outcome) -> list[Claim]:
    """No failure; and once the pod is known, no wait."""
    failed = len(first.failures) + len(then.failures)
    return [
        Claim(f"failed requests, pod {case.says}", failed, 0),
        Claim(f"p99 then, pod {case.says}", then.percentile(0.99) * 1e3, BOUND, "ms"),
    ]


def run(cluster: Cluster, folder: Path, name: str, case: Case, namespace: str) -> tuple[Outcome, Outcome]:
    """The first seconds with the bad pod, and those after."""
    cluster.admin.apply(objects.namespace(namespace))
    with Node() as node:
        shop = Shop(cluster.admin, node, namespace)
        shop.open(4, annotations={"headgate.dev/timeout-try": case.try_timeout} if case.try_timeout else {})
        proxy = Running(subject_of(cluster, name, case, shop), folder, core=None)
        proxy.start()
        try:
            proxy.wait_for(shop.host, "/")
            shop.scale_up(PLAIN if case.crashed else Temper(case.manner))
            if case.crashed:
                shop.crash(shop.members[-1])
            return asked(shop, FIRST), asked(shop, THEN[name])
        finally:
            proxy.stop()


def subject_of(cluster: Cluster, name: str, case: Case, shop: Shop) -> Subject:
    """The proxy; HAProxy does not watch anything, and is told the address that the fifth pod will have."""
    if name != "HAProxy":
        return subject_on(cluster, name)
    addresses = [member.pod.address for member in shop.members]
    fifth = str(IPv4Address(addresses[-1]) + 1)
    return patient_haproxy(ADDRESS, [*addresses, fifth], case.try_timeout or "60s")


def asked(shop: Shop, seconds: float) -> Outcome:
    """What became of the requests of so many seconds."""
    with Load(Plan(host=shop.host, rate=RATE)) as load:
        time.sleep(seconds)
    return load.outcome
