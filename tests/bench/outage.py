"""The API server is frozen, killed, and away during a restart: which hosts still answer."""

import time
from pathlib import Path

from tests.bench import crowd
from tests.bench.cold_start import COUNT, seconds_until_all
from tests.bench.findings import Claim, Findings, Table
from tests.bench.probe import Probe, unanswered
from tests.bench.row import Scale
from tests.bench.subject.clustered import subject_on
from tests.bench.subject.origin import origin
from tests.bench.subject.subject import Running
from tests.real.harness.cluster import Cluster

AWAY = 5.0
"""Seconds of each outage before everyone is asked."""
METHOD = (
    "10,000 Ingresses on a real kube-apiserver, one worker, `--state-dir` set. After each step every host "
    "is asked once; `unanswered` are those that do not answer 200.",
    "The API server is frozen for 5 s (its connections stay open), then killed; then all processes of "
    "Headgate are killed at once and it is started again while there is no API server; at last the API "
    "server returns.",
)


def outage(scale: Scale, folder: Path) -> Findings:
    """The row."""
    cluster = crowd.start(folder, COUNT)
    servers = Running(origin([f"0.0.0.0:{crowd.PORT}"]), folder / "origin", core=None)
    proxy = Running(subject_on(cluster, "Headgate"), folder / "headgate", core=None)
    servers.start()
    try:
        lines = steps(cluster, proxy)
    finally:
        proxy.stop()
        servers.stop()
        cluster.stop()
    bad = sum(int(line[1]) for line in lines)
    return Findings(
        METHOD,
        Table(["step", "unanswered of 10,000", "seconds until all"], lines),
        [Claim("hosts unanswered", bad, 0)],
    )


def steps(cluster: Cluster, proxy: Running) -> list[list[str]]:
    """Each step, who did not answer after it, and how long a start took."""
    lines = [after("a start with the API server", started(proxy))]
    # The state is written behind the changes.
    time.sleep(AWAY)
    cluster.server.freeze()
    time.sleep(AWAY)
    lines.append(after("API server frozen"))
    cluster.server.kill()
    time.sleep(AWAY)
    lines.append(after("API server killed"))
    proxy.kill()
    lines.append(after("Headgate killed and started, no API server", started(proxy)))
    cluster.start_server()
    time.sleep(AWAY)
    lines.append(after("API server back"))
    return lines


def started(proxy: Running) -> float:
    """Seconds that the start took until hosts spread over all answer."""
    proxy.start()
    return seconds_until_all(proxy)


def after(step: str, seconds: float | None = None) -> list[str]:
    """A line of the table."""
    bad = unanswered(Probe(), (crowd.host(number) for number in range(COUNT)))
    return [step, str(len(bad)), "" if seconds is None else f"{seconds:.2f}"]
