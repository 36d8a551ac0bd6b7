"""What a row has found, and how that is said."""

import statistics
from collections.abc import Mapping, Sequence

from msgspec import Struct


class Claim(Struct, frozen=True):
    """A bound that was set beforehand, and what was measured."""

    text: str
    measured: float
    bound: float
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Whether the measured value is within the bound."""
        return self.measured <= self.bound


class Table(Struct, frozen=True):
    """Figures for people."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """As Markdown."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


class Findings(Struct, frozen=True):
    """What a row has found."""

    method: Sequence[str]
    """What was done, a sentence each."""
    table: Table
    claims: Sequence[Claim] = ()
    configurations: Mapping[str, str] = {}
    versions: Mapping[str, str] = {}
    values: Mapping[str, Sequence[float]] = {}
    """Every single value behind the table."""


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> str:
    """The least and the greatest, as text."""
    return f"{min(values):.1f} to {max(values):.1f}"
