"""The page of benchmarks keeps what was measured elsewhere, and says why a bound is missed."""

from pathlib import Path

from tests.bench.findings import Claim, Findings, Table
from tests.bench.report import report, sections
from tests.bench.result import Result
from tests.bench.row import Row, Scale

BOUND = 2.0


def row(name: str, reason: str = "") -> Row:
    def run(scale: Scale, folder: Path) -> Findings:
        raise NotImplementedError

    return Row(name, name.title(), run, reason)


ROWS = {name: row(name) for name in ("first", "second", "third")}


def result(name: str, when: str, measured: float = 1.0) -> Result:
    return Result(
        row=name,
        title=name.title(),
        when=f"2026-11-{when} UTC",
        command=f"python -m tests.bench {name}",
        machine="a machine",
        findings=Findings(("How.",), Table(["proxy"], [["HAProxy"]]), [Claim("it", measured, BOUND)]),
    )


def test_a_row_that_was_not_measured_here_keeps_its_section_and_its_place() -> None:
    before = report(ROWS, {name: result(name, "01 10:00") for name in ROWS}, "")
    assert [*sections(before)] == ["First", "Second", "Third"]
    after = report(ROWS, {"second": result("second", "02 10:00", measured=1.5)}, before)
    assert [*sections(after)] == ["First", "Second", "Third"]
    assert "it: 1.5, bound 2: holds." in sections(after)["Second"]
    for title in ("First", "Third"):
        assert sections(after)[title] == sections(before)[title]


def test_what_was_measured_later_stays() -> None:
    page = report(ROWS, {"first": result("first", "02 10:00", measured=1.5)}, "")
    assert report(ROWS, {"first": result("first", "01 10:00")}, page) == page
    assert report(ROWS, {}, page) == page


def test_a_row_that_is_no_more_leaves_the_page() -> None:
    page = report(ROWS, {name: result(name, "01 10:00") for name in ROWS}, "")
    assert [*sections(report({"third": ROWS["third"]}, {}, page))] == ["Third"]


def test_why_a_bound_is_missed_is_told_and_only_then() -> None:
    rows = {"first": row("first", "The kernel takes all of it; a pool was tried.")}
    missed = report(rows, {"first": result("first", "01 10:00", measured=3.0)}, "")
    assert "bound 2: **does not hold**.\n\nThe kernel takes all of it; a pool was tried.\n" in missed
    assert "The kernel" not in report(rows, {"first": result("first", "01 10:00")}, "")
    assert "Why is not known yet." in report(ROWS, {"first": result("first", "01 10:00", 3.0)}, "")
