"""What a second worker costs: the same requests by one worker and by two."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from tests.bench.cpu import SITE, load_of, running
from tests.bench.findings import Claim, Findings, Table, median, spread
from tests.bench.machine import usage
from tests.bench.row import Scale
from tests.bench.subject.headgate import headgate_compiled
from tests.bench.subject.subject import Running, Subject
from tests.bench.wrk import Wrk

PAUSE: Final = 16
METHOD: Final = (
    "Headgate with one worker, and with two and twice the connections, so that each worker has as much to "
    "do: 64 connections of the row CPU per request that pause for 16 ms on average. All workers are on "
    "core 0, as the load needs the other one: what two can do on two cores is twice what one can on one, "
    "less what a request costs more. How the connections fall upon the two is left to the kernel "
    "(SO_REUSEPORT).",
)


class Shares(Struct, frozen=True):
    """One round."""

    cost: float
    """Microseconds of CPU for a request, of all processes."""
    least: float
    """What the worker with less to do has done, of all that workers have."""
    bad: int


def workers(scale: Scale, folder: Path) -> Findings:
    """The row."""
    one = headgate_compiled(SITE, 18080, 19900)
    chosen = [one, with_two(headgate_compiled(SITE, 18081, 19901))]
    samples: dict[str, list[Shares]] = {each.name: [] for each in chosen}
    with running(folder, SITE, chosen) as proxies:
        load = structs.replace(load_of(SITE, folder), pause=PAUSE)
        for turn in range(scale.rounds + 1):
            for count, proxy in enumerate(proxies, 1):
                asking = structs.replace(load, connections=64 * count)
                sample = measure(proxy, asking, scale.seconds)
                # The first round is there to warm up.
                if turn:
                    samples[proxy.subject.name].append(sample)
    first, second = (cost(of) for of in samples.values())
    lines = [
        [
            name,
            f"{cost(of):.1f}",
            spread([sample.cost for sample in of]),
            f"{median([sample.least for sample in of]):.2f}",
            str(sum(sample.bad for sample in of)),
        ]
        for name, of in samples.items()
    ]
    head = ["workers", "us/request", "least to greatest", "share of the one with less to do", "errors"]
    # 1.9 times as much by two is 1.053 times the cost of a request.
    claim = Claim("a request by two workers, times that by one", second / first, 2 / 1.9)
    return Findings(METHOD, Table(head, lines), [claim], versions={one.name: one.version_text()})


def with_two(subject: Subject) -> Subject:
    """The same with two workers."""
    command = list(subject.command)
    command[command.index("--workers") + 1] = "2"
    return structs.replace(subject, name="Headgate, compiled, two workers", command=command)


def measure(proxy: Running, load: Wrk, seconds: int) -> Shares:
    """One round."""
    pids = proxy.pids()
    before = [usage([pid]) for pid in pids]
    outcome = load.run(f"{proxy.subject.address}:{proxy.subject.port}", seconds)
    time.sleep(0.2)
    spent = sorted(usage([pid]).since(was).total for pid, was in zip(pids, before, strict=True))
    busiest = spent[-2:]
    return Shares(
        sum(spent) / max(outcome.requests, 1) * 1e6,
        busiest[0] / max(sum(busiest), 0.01),
        outcome.refused + outcome.broken,
    )


def cost(of: Sequence[Shares]) -> float:
    """The median."""
    return median([sample.cost for sample in of])
