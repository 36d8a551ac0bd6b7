"""`python -m tests.bench ROW...`: run rows and keep what they find; `report` writes docs/benchmarks.md."""

import datetime
import shutil
import sys
import tempfile
from pathlib import Path

import click
import msgspec

from tests.bench.isolation import is_inside, run_inside
from tests.bench.machine import describe, revision
from tests.bench.prepare import prepare
from tests.bench.report import REPORT, report, shown
from tests.bench.result import ROOT, Result, kept
from tests.bench.row import Row, Scale
from tests.bench.rows import ROWS

LONGEST = 1800.0
"""Seconds after which a run is ended, whatever it does."""


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*ROWS, "all", "report"]))
@click.option("--rounds", default=9, help="Rounds of a row that interleaves proxies.")
@click.option("--seconds", default=2, help="Seconds of one round.")
@click.option("--changes", default=200, help="Endpoint changes whose time is taken.")
@click.option("--rolled", default=1000, help="Endpoint changes of each rolling update.")
def main(names: tuple[str, ...], **scale: float) -> None:
    """Run rows (or `all`), one after another, each in a network of its own; then write the report.

    `report` alone writes the report from the results that there are. Sections of rows that were measured
    on another machine stay as they are.
    """
    if is_inside():
        for name in names:
            print(shown(run(ROWS[name], msgspec.convert(scale, Scale))), flush=True)
        return
    chosen = [*ROWS] if "all" in names else [name for name in names if name in ROWS]
    options = sys.argv[1 + len(names) :]
    if chosen:
        prepare()
    failed = [name for name in chosen if run_inside([name, *options], LONGEST) != 0]
    results = {name: result for name in ROWS if (result := kept(name)) is not None}
    REPORT.write_text(report(ROWS, results, REPORT.read_text() if REPORT.exists() else ""))
    if failed:
        sys.exit(f"bench: these rows could not be measured: {', '.join(failed)}")


def run(row: Row, scale: Scale) -> Result:
    """Run a row in a folder of its own, and keep its result."""
    folder = Path(tempfile.mkdtemp(prefix=f"headgate-bench-{row.name}-"))
    try:
        findings = row.run(scale, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result = Result(
        row=row.name,
        title=row.title,
        when=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        command="python -m tests.bench " + " ".join(sys.argv[1:]),
        machine=f"Headgate {revision(ROOT)}; {describe()}",
        findings=findings,
    )
    result.keep()
    return result


if __name__ == "__main__":
    main()
