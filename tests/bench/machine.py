"""What runs the benchmark, and what its processes cost."""

import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

TICK = 1.0 / os.sysconf("SC_CLK_TCK")


class Usage(Struct, frozen=True):
    """CPU time of some processes, in seconds."""

    user: float
    system: float

    @property
    def total(self) -> float:
        """Both."""
        return self.user + self.system

    def since(self, earlier: "Usage") -> "Usage":
        """What was used in between."""
        return Usage(self.user - earlier.user, self.system - earlier.system)


def on_core(core: int) -> list[str]:
    """The words that bind a command to one core."""
    return ["taskset", "-c", str(core)]


def tree(pid: int) -> list[int]:
    """A process and all that it has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    below = [int(word) for word in children.read_text().split()] if children.exists() else []
    return [pid, *(one for child in below for one in tree(child))]


def usage(pids: Iterable[int]) -> Usage:
    """The CPU time of the processes so far, their ended threads included."""
    ticks = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in pids]
    return Usage(sum(int(user) for user, _ in ticks) * TICK, sum(int(system) for _, system in ticks) * TICK)


def memory(pids: Iterable[int]) -> dict[str, float]:
    """MB of the processes together: `Rss` counts shared pages often, `Pss` does not, `VmHWM` is the peak."""
    sums = {"Rss": 0.0, "Pss": 0.0, "VmHWM": 0.0}
    for pid in pids:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text() + Path(f"/proc/{pid}/status").read_text()
        for line in text.splitlines():
            name, _, value = line.partition(":")
            if name in sums:
                sums[name] += int(value.split()[0]) * 1024 / 1e6
    return sums


def revision(folder: Path) -> str:
    """The commit that is checked out, and `-dirty` where files differ from it."""
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "no checkout"


def describe() -> str:
    """The machine in one line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown CPU")
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} x {model}, Linux {platform.release()}, load average {load} at the end of the row"
    )
