"""What the demo shows: a live picture in a terminal, lines elsewhere."""

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ingress.cli.demo.fleet import Fleet, State
from ingress.cli.demo.manifests import HOST
from ingress.cli.demo.places import Places
from ingress.cli.demo.tally import Tally

EVENTS: Final = 9
WINDOW: Final = 5
"""Pictures that rates are taken over."""
BAR: Final = 24


def introduction(places: Places) -> list[str]:
    """What can be tried by hand meanwhile."""
    # A Host field rather than a name in the address: not every resolver knows *.localhost.
    curl = f"curl -i -H 'Host: {HOST}' http://127.0.0.1:{places.http}"
    return [
        "Headgate runs with 2 workers; every request goes through it. Try it yourself:",
        f"  {curl}/",
        f"  {curl}/admin        200, or 403 while a rule denies it",
        f"  {curl}/blog/news    the shop, or the blog while a rule sends it there",
        f"Status page: http://127.0.0.1:{places.admin}/   metrics: http://127.0.0.1:{places.admin}/metrics",
        f"Manifests (they may be edited): {places.manifests}",
    ]


class Lines:
    """A line for each event."""

    def __init__(self, tally: Tally, echo: Callable[[str], None]) -> None:
        self._tally = tally
        self._echo = echo
        self._told = 0

    def start(self, places: Places) -> None:
        """Say what there is to see."""
        for line in introduction(places):
            self._echo(line)

    def refresh(self) -> None:
        """Say what has happened since."""
        for event in self._tally.events[self._told :]:
            self._echo(f"{event} [{counts(self._tally)}]")
        self._told = len(self._tally.events)

    def stop(self) -> None:
        """Say the rest."""
        self.refresh()


class Picture:
    """Servers, rates and the last events, drawn anew again and again."""

    def __init__(self, tally: Tally, fleet: Fleet, console: Console) -> None:
        self._tally = tally
        self._fleet = fleet
        self._console = console
        self._live = Live(console=console, auto_refresh=False)
        self._past: deque[tuple[float, Counter[str]]] = deque(maxlen=WINDOW)

    def start(self, places: Places) -> None:
        """Say what there is to see, and begin to draw."""
        for line in introduction(places):
            self._console.print(line, highlight=False, soft_wrap=True)
        self._live.start()

    def refresh(self) -> None:
        """Draw."""
        self._past.append((time.monotonic(), self._tally.by_server.copy()))
        self._live.update(self._draw(), refresh=True)

    def stop(self) -> None:
        """Leave the last picture where it is."""
        self._live.stop()

    def _draw(self) -> RenderableType:
        style = "bold red" if self._tally.failed else "bold green"
        events = [
            Text(f"  {event}", no_wrap=True, overflow="ellipsis") for event in self._tally.events[-EVENTS:]
        ]
        return Group("", self._servers(), Text(counts(self._tally), style), *events)

    def _servers(self) -> Table:
        table = Table("server", "address", "state", "requests/s", "", box=None, padding=(0, 2, 0, 0))
        for member in self._fleet.members:
            rate = self._rate(member.name)
            good = member.state is State.UP
            table.add_row(
                member.name,
                f"127.0.0.1:{member.port}",
                Text(member.state.value, "green" if good else "red"),
                f"{rate:.0f}",
                Text("█" * min(BAR, round(rate / 6)), "cyan"),
            )
        return table

    def _rate(self, server: str) -> float:
        (since, before), (now, after) = self._past[0], self._past[-1]
        return (after[server] - before[server]) / (now - since) if now > since else 0.0


def counts(tally: Tally) -> str:
    """The numbers so far."""
    return f"{tally.requests:,} requests, {tally.failed:,} failed"


def make_display(tally: Tally, fleet: Fleet) -> Lines | Picture:
    """A picture where standard output is a terminal, lines where not."""
    console = Console()
    if console.is_terminal and not console.is_dumb_terminal:
        return Picture(tally, fleet, console)
    return Lines(tally, lambda line: print(line, flush=True))
