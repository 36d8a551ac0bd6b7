"""What a row is: a name, a function, and how much of it to run."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from tests.bench.findings import Findings


class Scale(Struct, frozen=True):
    """How much is measured."""

    rounds: int = 9
    seconds: int = 2
    changes: int = 200
    """Endpoint changes whose time is taken."""
    rolled: int = 1000
    """Endpoint changes of a rolling update."""


class Row(Struct, frozen=True):
    """A row of the benchmarks."""

    name: str
    title: str
    run: Callable[[Scale, Path], Findings]
    reason: str = ""
    """Why a bound of it is missed, and what was tried; told where one is."""
