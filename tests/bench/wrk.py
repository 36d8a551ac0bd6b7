"""wrk as a load: many distinct requests over kept connections, and what came of them."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from tests.bench.machine import on_core
from tests.bench.site import SHARE

SCRIPT = """\
local requests = {}
for line in io.lines(os.getenv("BENCH_REQUESTS")) do
  requests[#requests + 1] = line:gsub("\\\\n", "\\r\\n")
end
local turn = 0
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
local pause = tonumber(os.getenv("BENCH_PAUSE"))
if pause > 0 then
  function delay()
    return math.random(0, 2 * pause)
  end
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\\nRESULT {"requests":%d,"seconds":%f,"refused":%d,"broken":%d,"p50":%f,"p99":%f,"most":%f}\\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6, latency.max / 1e6))
end
"""


class Outcome(Struct, frozen=True):
    """What a run did; times in seconds."""

    requests: int
    seconds: float
    refused: int
    """Answers with a status of 400 or more that nobody has asked for."""
    broken: int
    p50: float
    p99: float
    most: float


class Wrk(Struct, frozen=True):
    """A prepared load: one thread on a core of its own, away from the proxy."""

    folder: Path
    requests: Path
    core: int = 1
    connections: int = 64
    scheme: str = "http"
    pause: int = 0
    """Milliseconds, on average, between an answer and the next request of a connection."""
    share: int = SHARE
    """Of so many requests one is to be answered 404."""

    def run(self, address: str, seconds: int) -> Outcome:
        """Ask `ADDRESS:PORT` for so long."""
        command = [
            *on_core(self.core),
            *("env", f"BENCH_REQUESTS={self.requests}", f"BENCH_PAUSE={self.pause}"),
            *("wrk", "-t1", f"-c{self.connections}", f"-d{seconds}s", "--timeout", "5s"),
            *("-s", str(self.folder / "wrk.lua"), f"{self.scheme}://{address}/"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
        _, _, text = done.stdout.rpartition("RESULT ")
        outcome = msgspec.json.decode(text, type=Outcome)
        # Some that were sent had no answer yet.
        asked_for = (outcome.requests + self.connections) // self.share + 1
        return structs.replace(outcome, refused=max(0, outcome.refused - asked_for))


def prepare(folder: Path, name: str, requests: Sequence[str]) -> Wrk:
    """Write down the requests, one a line, and the script that sends them in turn."""
    (folder / "wrk.lua").write_text(SCRIPT)
    path = folder / f"{name}.requests"
    path.write_text("".join(request.replace("\r\n", "\\n") + "\n" for request in requests))
    return Wrk(folder, path)
