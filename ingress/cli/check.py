"""`headgate check`: what is wrong with manifests, before anything is applied."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from discovery.check import Report, check_manifests, read_paths
from discovery.files.folder import FolderError
from discovery.files.manifest import Manifest
from discovery.files.reading import read
from discovery.kubernetes.cluster_options import ClusterOptions
from discovery.pooling import Partner
from ingress.model.settings import Settings

PATH: Final = click.Path(exists=True, allow_dash=True, path_type=Path)
STANDARD_INPUT: Final = Path("-")

_DEFAULTS: Final = Settings()


@click.command("check")
@click.argument("paths", nargs=-1, type=PATH)
@click.option(
    "--manifests",
    multiple=True,
    type=PATH,
    metavar="PATH",
    help="One more of the PATHS, as other commands are told.",
)
@click.option("--json", "as_json", is_flag=True, help="A list of findings in place of text.")
@click.option(
    "--ingress-class",
    default=_DEFAULTS.ingress_class,
    show_default=True,
    metavar="NAME",
    help="The class whose Ingresses are checked, beside those without a class.",
)
def check(paths: tuple[Path, ...], manifests: tuple[Path, ...], as_json: bool, ingress_class: str) -> None:
    """Say what is wrong with manifests.

    PATHS are files, folders with .yaml, .yml and .json files, or - for standard input, as in `helm template
    ... | headgate check -`. The objects in them are translated as `headgate run --manifests` would, but
    nothing is served. Where there are no Services among them, those that Ingresses name are taken to be in
    the cluster; the same goes for Secrets.

    The exit status is 0 if there are no problems, 1 if there are, 2 if the command is used wrongly.
    """
    options = ClusterOptions(
        "check",
        ingress_class=ingress_class,
        controller_name=_DEFAULTS.controller_name,
        watch_without_class=True,
        allow_loopback=True,
        partner=Partner("consul"),
    )
    try:
        found = _read((*paths, *manifests))
    except FolderError as error:
        raise click.ClickException(str(error)) from error
    report = check_manifests(found, options, time.time())
    click.echo(_json(report) if as_json else _text(report))
    sys.exit(1 if report.problems else 0)


def _read(paths: Sequence[Path]) -> dict[str, Manifest]:
    if not paths:
        raise click.UsageError("what to check is missing: files or folders with manifests, or -")
    found = read_paths(path for path in paths if path != STANDARD_INPUT)
    if STANDARD_INPUT in paths:
        found["standard input"] = read("standard input", sys.stdin.buffer.read()).manifest
    return found


def _text(report: Report) -> str:
    return "\n".join([*map(str, report.findings), str(report)])


def _json(report: Report) -> str:
    findings = msgspec.to_builtins(report.findings)
    return msgspec.json.format(msgspec.json.encode(findings), indent=2).decode()
