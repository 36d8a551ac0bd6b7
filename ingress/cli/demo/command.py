"""`headgate demo`: the command."""

import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
import uvloop

from ingress.cli import values
from ingress.cli.demo.display import Lines, Picture, make_display
from ingress.cli.demo.places import ADMIN, HTTP, PlaceError, Places, find_places
from ingress.cli.demo.processes import StartError
from ingress.cli.demo.stage import Stage, within
from ingress.cli.demo.tally import Tally
from ingress.cli.values import Parse

STEP: Final = 0.2
LAST_WORDS: Final = 20
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def as_setting(parse: Parse) -> Callable[[click.Context, click.Parameter, str | None], object]:
    """A value is read, and refused, as that of a setting of `headgate run` is."""

    def read(_: click.Context, param: click.Parameter, value: str | None) -> object:
        try:
            return None if value is None else parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error), param=param) from None

    return read


@click.command("demo", short_help="Show Headgate at work on this machine.")
@click.option(
    "--seconds",
    callback=as_setting(values.seconds),
    default="0",
    metavar="SECONDS",
    help="End after so long, as in 20 or 2m; 0: with Ctrl-C.",
)
@click.option(
    "--port",
    callback=as_setting(values.between(0, 65535)),
    metavar="PORT",
    help=f"Serve HTTP on this port, 0: any that is free. Without it {HTTP}, or any where that is taken.",
)
@click.option(
    "--admin-port",
    callback=as_setting(values.between(0, 65535)),
    metavar="PORT",
    help=f"The same for the admin pages. Without it {ADMIN}, or any where that is taken.",
)
def demo(seconds: float, port: int | None, admin_port: int | None) -> None:
    """Show Headgate at work, with servers and traffic of its own on this machine.

    It runs on a folder of manifests, in which servers come, go and crash and rules change, while a
    steady stream of requests is checked answer by answer. Nothing but the loopback address is used,
    and nothing is left behind.

    The exit status is 0 if every request was answered well, 1 if not.
    """
    tally = Tally()
    folder = Path(tempfile.mkdtemp(prefix="headgate-demo-"))
    try:
        places = find_places(folder, port, admin_port)
    except PlaceError as error:
        folder.rmdir()
        raise click.ClickException(str(error)) from None
    uvloop.run(_perform(places, tally, seconds or None))
    click.echo(tally.summary())
    if tally.good:
        shutil.rmtree(folder)
        return
    for line in _trouble(tally, places):
        click.echo(line, err=True)
    sys.exit(1)


async def _perform(places: Places, tally: Tally, seconds: float | None) -> None:
    stage = Stage(places, tally)
    stopped = _catch_signals(stage.kill)
    try:
        await within(stage.open(), stopped, None)
        if not stopped.is_set():
            await _show(stage, tally, stopped, seconds)
    except StartError as error:
        tally.trouble = str(error)
    finally:
        await stage.close()


async def _show(stage: Stage, tally: Tally, stopped: asyncio.Event, seconds: float | None) -> None:
    display = make_display(tally, stage.fleet)
    display.start(stage.places)
    drawing = asyncio.create_task(_refresh(display), name="display")
    try:
        await within(stage.play(), stopped, seconds)
        await stage.ask_apply()
    finally:
        drawing.cancel()
        await asyncio.wait([drawing])
        display.stop()


async def _refresh(display: Lines | Picture) -> None:
    while True:
        display.refresh()
        await asyncio.sleep(STEP)


def _catch_signals(again: Callable[[], None]) -> asyncio.Event:
    """Set at the first signal to stop; who sends a second one gets an end at once."""
    stopped = asyncio.Event()

    def stop() -> None:
        if stopped.is_set():
            again()
        stopped.set()

    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return stopped


def _trouble(tally: Tally, places: Places) -> list[str]:
    log = places.log.read_text(errors="replace").splitlines() if places.log.exists() else []
    return [
        *(f"headgate demo: {text}" for text in (*filter(None, [tally.trouble]), *tally.failures)),
        *log[-LAST_WORDS:],
        f"The logs are in {places.folder}",
    ]
