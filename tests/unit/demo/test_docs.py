"""What the pages name is there: options, annotations, metrics, and where their links lead."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from discovery.options import OPTIONS
from ingress.admin.metrics import FAMILIES
from ingress.cli.commands import headgate

ROOT: Final = Path(__file__).resolve().parents[3]
# What was measured is told with the options of whatever was measured.
PAGES: Final = [
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "benchmarks.md"),
    ROOT / "CHANGELOG.md",
    ROOT / "charts" / "headgate" / "README.md",
]
FLAGS: Final = {
    flag for command in headgate.commands.values() for each in command.params for flag in each.opts
}
METRICS: Final = {family.name for family in FAMILIES}


def found(page: Path, pattern: str) -> Iterable[str]:
    return sorted(set(re.findall(pattern, page.read_text())))


def anchors(page: Path) -> set[str]:
    """Those that the headings of a page have."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_is_one(page: Path) -> None:
    # In code, at the beginning or behind a word of ours: other programs have options too.
    options = found(page, r"(?:`|headgate \w+ |\(`)(--[a-z][a-z-]*[a-z])(?![.a-z-])")
    assert [option for option in options if option not in FLAGS] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_annotation_is_one(page: Path) -> None:
    names = found(page, r"headgate\.dev/([a-z][a-z0-9-]*[a-z])")
    others = {"ingress-controller", "team-a"}
    assert [name for name in names if name not in OPTIONS and name not in others] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_metric_is_one(page: Path) -> None:
    assert [name for name in found(page, r"`(headgate_[a-z0-9_]+)`") if name not in METRICS] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in found(page, r"\]\(([^)\s]+)\)"):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
