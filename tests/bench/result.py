"""One run of a row, as it is kept on disk."""

from pathlib import Path

import msgspec
from msgspec import Struct

from tests.bench.findings import Findings

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench"


class Result(Struct, frozen=True, kw_only=True):
    """One run of one row."""

    row: str
    title: str
    when: str
    command: str
    machine: str
    findings: Findings

    def keep(self) -> Path:
        """Write it where the report is made from; the file."""
        CACHE.mkdir(parents=True, exist_ok=True)
        path = CACHE / f"{self.row}.json"
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self)))
        return path


def kept(row: str) -> Result | None:
    """The last result of a row."""
    path = CACHE / f"{row}.json"
    return msgspec.json.decode(path.read_bytes(), type=Result) if path.exists() else None
