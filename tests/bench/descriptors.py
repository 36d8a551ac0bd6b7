"""More servers than a process may have connections: who is still answered."""

from collections import Counter
from pathlib import Path

from msgspec import structs

from tests.bench import crowd
from tests.bench.cold_start import COUNT, seconds_until_all
from tests.bench.findings import Claim, Findings, Table
from tests.bench.probe import Probe
from tests.bench.row import Scale
from tests.bench.subject.clustered import subject_on
from tests.bench.subject.origin import origin
from tests.bench.subject.subject import Running
from tests.real.harness.cluster import Cluster

LIMIT = 4096
METHOD = (
    "10,000 Ingresses on a real kube-apiserver with servers of their own; every process of the proxy may "
    "have 4,096 open files. All hosts are asked twice in turn on one connection, then one host on 20 new "
    "connections.",
)
NEW = 20


def descriptors(scale: Scale, folder: Path) -> Findings:
    """The row."""
    cluster = crowd.start(folder, COUNT)
    servers = Running(origin([f"0.0.0.0:{crowd.PORT}"]), folder / "origin", core=None)
    servers.start()
    try:
        told = {name: run(cluster, folder / name, name) for name in ("Headgate", "Traefik")}
    finally:
        servers.stop()
        cluster.stop()
    lines = [[name, listed(kept), listed(new)] for name, (kept, new) in told.items()]
    bad = sum(count for of in told["Headgate"] for status, count in of.items() if status != 200)
    head = ["proxy", "all hosts twice: answers by status", "new connections: answers by status"]
    return Findings(METHOD, Table(head, lines), [Claim("requests not answered 200", bad, 0)])


def run(cluster: Cluster, folder: Path, name: str) -> tuple[Counter[int], Counter[int]]:
    """How often each status came, on the kept connection and on new ones; 0 stands for no answer."""
    subject = subject_on(cluster, name)
    limit = ["prlimit", f"--nofile={LIMIT}:{LIMIT}"]
    proxy = Running(structs.replace(subject, command=[*limit, *subject.command]), folder, core=None)
    proxy.start()
    try:
        seconds_until_all(proxy)
        probe = Probe()
        kept = Counter(probe.ask(crowd.host(turn % COUNT)).status for turn in range(2 * COUNT))
        new = Counter(Probe(timeout=1.0).ask(crowd.host(0)).status for _ in range(NEW))
    finally:
        proxy.stop()
    return kept, new


def listed(statuses: Counter[int]) -> str:
    """Such as `200: 19990, none: 10`."""
    return ", ".join(
        f"{status or 'none'}: {count}" for status, count in sorted(statuses.items(), reverse=True)
    )
