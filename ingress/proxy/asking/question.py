"""One question: who has it, and who gets it next where that one does not answer."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from ingress.balance.server import ServerState
from ingress.observe.page import ServerCell
from ingress.proxy.asking.line import Answer, Line
from ingress.proxy.asking.place import Place
from ingress.proxy.connect import Failure

if TYPE_CHECKING:
    from ingress.proxy.site import Site

MOST_TRIES: Final = 3

Done = Callable[[Answer | str], None]
"""Hears the answer, or why there is none."""


class Question:
    """A question under way."""

    __slots__ = (
        "_done",
        "_fresh",
        "_line",
        "_over",
        "_place",
        "_seconds",
        "_server",
        "_site",
        "_tried",
        "_tries",
        "head",
        "method",
        "most",
    )

    def __init__(self, site: "Site", place: Place, method: bytes, head: bytes, done: Done) -> None:
        self.method = method
        self.head = head
        self.most = 0
        """Bytes that the body of the answer may have."""
        self._site = site
        self._place = place
        self._done = done
        self._seconds = 0.0
        self._server: ServerState | None = None
        self._line: Line | None = None
        self._fresh = True
        self._tried: tuple[ServerState, ...] = ()
        self._tries = 0
        self._over = False

    def begin(self, seconds: float, most: int) -> None:
        """Ask; the answer may take so long, and be so large."""
        self._seconds, self.most = seconds, most
        self._site.poller.deadlines.add(self, seconds)
        self._place.when_known(self._try)

    def _try(self) -> None:
        if self._over:
            return
        server = self._place.backend.choose(self._tried)
        if server is None or server in self._tried:
            self._end("nobody is there to be asked" if server is None else "nobody can be reached")
            return
        self._tries += 1
        self._server = server
        server.in_flight += 1
        cells = self._site.cells
        cells[server.cell + ServerCell.IN_FLIGHT] += 1
        cells[server.cell + ServerCell.REQUESTS] += 1
        self._line = self._place.claim(server) if self._tries == 1 else None
        self._fresh = self._line is None
        if self._line is None:
            self._place.open(server, self._opened)
        else:
            self._line.ask(self)

    def _opened(self, line: Line, failure: Failure | None) -> None:
        if failure is None and self._over:
            line.wait()
        elif failure is None:
            self._line = line
            line.ask(self)
        elif not self._over:
            self._go_on(failure.why, unreachable=True)

    # What the connection tells.

    def answered(self, answer: Answer) -> None:
        """The answer is here."""
        if self._server is not None and self._server.strikes:
            self._server.succeeded()
        self._end(answer)

    def failed(self, why: str) -> None:
        """What was answered is no answer."""
        self._blame(unreachable=False)
        self._end(why)

    def lost(self, *, begun: bool) -> None:
        """The connection ended before the answer did. To ask again does no harm, whatever the method."""
        why = "the connection ended before the answer"
        if begun:
            self.failed(why)
        else:
            self._go_on(why, unreachable=False)

    def expired(self) -> None:
        """It takes too long."""
        if self._line is not None:
            self._line.abort()
        self._blame(unreachable=False)
        self._end(f"there is no answer within {self._seconds:g} s")

    def _go_on(self, why: str, *, unreachable: bool) -> None:
        """Ask another one. A connection that was used before says nothing against its server."""
        if self._fresh:
            self._blame(unreachable=unreachable)
        self._part()
        if self._tries >= MOST_TRIES:
            self._end(why)
        else:
            self._try()

    def _blame(self, *, unreachable: bool) -> None:
        if self._server is not None:
            self._place.blame(self._server, unreachable=unreachable)
            self._tried = (*self._tried, self._server)

    def _part(self) -> None:
        server, self._server, self._line = self._server, None, None
        if server is not None:
            server.in_flight -= 1
            self._site.cells[server.cell + ServerCell.IN_FLIGHT] -= 1

    def _end(self, outcome: Answer | str) -> None:
        if self._over:
            return
        self._over = True
        self._site.poller.deadlines.discard(self)
        self._part()
        self._done(outcome)
