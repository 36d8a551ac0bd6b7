"""The questions of one worker."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from ingress.filter.overrides import overrides_of
from ingress.filter.reply import in_words
from ingress.filter.verdict import Verdict
from ingress.model.admission import Authorize
from ingress.model.reason import Reason
from ingress.proxy.asking.line import Answer
from ingress.proxy.asking.place import End, Place, end_of
from ingress.proxy.asking.question import Question
from ingress.proxy.asking.words import method_of, question_about, verdict_of

if TYPE_CHECKING:
    from ingress.proxy.exchange import Exchange
    from ingress.proxy.site import Site

MOST: Final = 1000
"""Questions that are under way at a time."""
PLACES: Final = 1000
"""Places of which connections and addresses are remembered."""

log = logging.getLogger("headgate.worker")

Told = Callable[[Verdict], None]


class Inquiries(Protocol):
    """Whoever finds out whether requests may pass."""

    def ask(self, exchange: "Exchange", action: Authorize, told: Told) -> None:
        """Find out, and tell."""


class _Asking:
    """Those who ask."""

    def __init__(self, site: "Site") -> None:
        self._site = site
        self._places: dict[End, Place] = {}
        self._under_way = 0
        self._warned = -1

    def ask(self, exchange: "Exchange", action: Authorize, told: Told) -> None:
        """Ask, and tell what the answer says."""
        if self._under_way >= MOST:
            reply = in_words(503, Reason.OVERLOADED, "too many requests wait for leave to pass")
            told(Verdict(f"{action.url} is not asked: too many questions are under way", reply))
            return

        def done(outcome: Answer | str) -> None:
            self._under_way -= 1
            if isinstance(outcome, str):
                self._note(exchange, action, outcome)
            told(verdict_of(exchange, action, outcome))

        self._under_way += 1
        words = method_of(exchange, action), question_about(exchange, action)
        Question(self._site, self._place(action), *words, done).begin(action.seconds, action.most)

    def _place(self, action: Authorize) -> Place:
        end = end_of(action)
        place = self._places.pop(end, None) or Place(self._site, end)
        if len(self._places) >= PLACES:
            del self._places[next(iter(self._places))]
        self._places[end] = place
        return place

    def _note(self, exchange: "Exchange", action: Authorize, why: str) -> None:
        """Say what went wrong: in the log line of each request, and once in each tick by itself."""
        overrides_of(exchange.request).capture(b"auth", why.encode())
        if self._warned != self._site.tick:
            self._warned = self._site.tick
            log.warning("%s cannot be asked whether requests may pass: %s", action.url, why)


def inquiries_of(site: "Site") -> Inquiries:
    """Those of a worker."""
    if site.inquiries is None:
        site.inquiries = _Asking(site)
    return site.inquiries
