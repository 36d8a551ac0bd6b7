"""docs/benchmarks.md, made from the results that are kept."""

from collections.abc import Mapping

from tests.bench.findings import Claim
from tests.bench.result import ROOT, Result, kept
from tests.bench.row import Row

REPORT = ROOT / "docs" / "benchmarks.md"
INTRODUCTION = """\
# Benchmarks

Written by `make bench` from what it measured; do not edit. `make bench ROWS="cpu in-force"` runs some of the
rows. Absolute figures are those of one small machine that does other work beside: compare only within a row,
and read a ratio with its spread. What is worse than its bound says so.
"""


def report(rows: Mapping[str, Row]) -> str:
    """The whole page."""
    results = [result for name in rows if (result := kept(name)) is not None]
    parts = [section(result) for result in results]
    return "\n".join([INTRODUCTION, *parts])


def section(result: Result) -> str:
    """One row."""
    method = "\n".join(f"- {sentence}" for sentence in result.findings.method)
    versions = "; ".join(f"{name}: {text}" for name, text in result.findings.versions.items())
    facts = f"{result.when}; {result.machine}" + (f"; {versions}" if versions else "")
    texts = [
        f"## {result.title}",
        f"`{result.command}`",
        method,
        shown(result),
        facts,
        configurations(result),
    ]
    return "\n\n".join(text for text in texts if text) + "\n"


def shown(result: Result) -> str:
    """Table and claims."""
    return "\n\n".join([result.findings.table.markdown(), *map(claim, result.findings.claims)])


def claim(one: Claim) -> str:
    """One line about a bound."""
    verdict = "holds" if one.holds else "**does not hold**"
    unit = f" {one.unit}" if one.unit else ""
    return f"{one.text}: {one.measured:.4g}{unit}, bound {one.bound:g}{unit}: {verdict}."


def configurations(result: Result) -> str:
    """The exact configurations, folded away."""
    return "\n\n".join(
        f"<details><summary>{name}</summary>\n\n```\n{text.strip()}\n```\n\n</details>"
        for name, text in result.findings.configurations.items()
    )
