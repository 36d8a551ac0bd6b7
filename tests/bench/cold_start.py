"""A start on ten thousand Ingresses: how long, how much memory, and what a request costs then."""

import time
from pathlib import Path

from msgspec import Struct

from tests.bench import crowd
from tests.bench.findings import Claim, Findings, Table
from tests.bench.machine import memory
from tests.bench.probe import Probe, unanswered
from tests.bench.row import Scale
from tests.bench.subject.clustered import subject_on
from tests.bench.subject.origin import origin
from tests.bench.subject.subject import Running
from tests.real.harness.cluster import Cluster

COUNT = 10_000
SAMPLES = 20
SWEEPS = 3
"""Enough that the servers asked are more than the connections a process may have."""
METHOD = (
    "A real kube-apiserver and etcd with 10,000 Ingresses, each with a Service and a slice of 5 "
    "endpoints; one worker; nothing is bound to a core, the API server works beside it.",
    "Seconds from the start of the process until 20 hosts spread over all, the last one among them, have "
    "answered 200. After that every host is asked three times in turn, each time on another endpoint; "
    "`unanswered` are the requests not answered 200.",
    "Memory is that of all processes of the proxy: after the sync, and after every host has been asked. "
    "The peak is the sum of the greatest resident size of each process.",
)


class Start(Struct, frozen=True):
    """How a start went; sizes in MB."""

    seconds: float
    unanswered: int
    pss: float
    rss: float
    peak: float
    pss_after: float
    rss_after: float


def cold_start(scale: Scale, folder: Path) -> Findings:
    """The row."""
    cluster = crowd.start(folder, COUNT)
    servers = Running(origin([f"0.0.0.0:{crowd.PORT}"]), folder / "origin", core=None)
    servers.start()
    try:
        starts = {
            name: [once(cluster, folder / f"{name}-{turn}", name) for turn in range(turns)]
            for name, turns in (("Headgate", max(2, scale.rounds // 2)), ("Traefik", 1))
        }
    finally:
        servers.stop()
        cluster.stop()
    return findings(starts)


def once(cluster: Cluster, folder: Path, name: str) -> Start:
    """Start the proxy, wait, ask, weigh, and stop it."""
    proxy = Running(subject_on(cluster, name), folder, core=None)
    proxy.start()
    try:
        seconds = seconds_until_all(proxy)
        time.sleep(2.0)
        before = memory(proxy.pids())
        bad = unanswered(Probe(), (crowd.host(turn % COUNT) for turn in range(SWEEPS * COUNT)))
        time.sleep(1.0)
        after = memory(proxy.pids())
    finally:
        proxy.stop()
    return Start(seconds, len(bad), before["Pss"], before["Rss"], after["VmHWM"], after["Pss"], after["Rss"])


def seconds_until_all(proxy: Running) -> float:
    """From now until the samples have all answered."""
    began = time.monotonic()
    probe = Probe()
    for number in [COUNT - 1, *range(0, COUNT, COUNT // SAMPLES)]:
        while probe.ask(crowd.host(number)).status != 200:
            proxy.assert_alive()
            assert time.monotonic() - began < 120.0, f"{crowd.host(number)} does not answer after two minutes"
            time.sleep(0.01)
    return time.monotonic() - began


def findings(starts: dict[str, list[Start]]) -> Findings:
    """Every start as a line."""
    head = ["start", "seconds", "unanswered", "PSS MB", "RSS MB", "peak MB", "PSS MB, asked", "RSS MB, asked"]
    lines = [
        [
            f"{name} {turn}",
            f"{start.seconds:.2f}",
            str(start.unanswered),
            *(f"{size:.0f}" for size in (start.pss, start.rss, start.peak, start.pss_after, start.rss_after)),
        ]
        for name, of in starts.items()
        for turn, start in enumerate(of, 1)
    ]
    ours = starts["Headgate"]
    claims = [
        Claim("slowest cold start of Headgate", max(start.seconds for start in ours), 4.0, "s"),
        Claim(
            "PSS of Headgate once every host was asked", max(start.pss_after for start in ours), 350.0, "MB"
        ),
        Claim("requests unanswered", max(start.unanswered for start in ours), 0),
    ]
    return Findings(METHOD, Table(head, lines), claims)
