"""docs/benchmarks.md, made from the results that are kept; what was measured elsewhere stays in it."""

import re
from collections.abc import Mapping
from typing import Final

from tests.bench.findings import Claim
from tests.bench.result import ROOT, Result
from tests.bench.row import Row

REPORT = ROOT / "docs" / "benchmarks.md"
INTRODUCTION = """\
# Benchmarks

Written by `make bench` from what it measured; do not edit. `make bench ROWS="cpu in-force"` runs some of the
rows. Absolute figures are those of one small machine that does other work beside: compare only within a row,
and read a ratio with its spread. What is worse than its bound says so.
"""
TITLE: Final = re.compile(r"^## (.+)$", re.MULTILINE)
MEASURED: Final = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d UTC);", re.MULTILINE)


def report(rows: Mapping[str, Row], results: Mapping[str, Result], before: str) -> str:
    """The whole page: of each row what was measured last, here or in the page as it was before."""
    written = sections(before)
    parts = [latest(row, results.get(row.name), written.get(row.title, "")) for row in rows.values()]
    return "\n".join([INTRODUCTION, *filter(None, parts)])


def sections(page: str) -> dict[str, str]:
    """The sections of a page, by title."""
    _, *parts = TITLE.split(page)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return {title: f"## {title}{text.rstrip()}\n" for title, text in pairs}


def latest(row: Row, result: Result | None, written: str) -> str:
    """The section of a row; empty: it was never measured."""
    measured = MEASURED.search(written)
    if result is None or (measured is not None and result.when < measured[1]):
        return written
    return section(row, result)


def section(row: Row, result: Result) -> str:
    """One row."""
    method = "\n".join(f"- {sentence}" for sentence in result.findings.method)
    versions = "; ".join(f"{name}: {text}" for name, text in result.findings.versions.items())
    facts = f"{result.when}; {result.machine}" + (f"; {versions}" if versions else "")
    texts = [
        f"## {result.title}",
        f"`{result.command}`",
        method,
        shown(result),
        reason(row, result),
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


def reason(row: Row, result: Result) -> str:
    """Why a bound is missed; empty: none is."""
    if all(one.holds for one in result.findings.claims):
        return ""
    return row.reason or "Why is not known yet."


def configurations(result: Result) -> str:
    """The exact configurations, folded away."""
    return "\n\n".join(
        f"<details><summary>{name}</summary>\n\n```\n{text.strip()}\n```\n\n</details>"
        for name, text in result.findings.configurations.items()
    )
