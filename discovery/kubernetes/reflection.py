"""List and watch of one kind as a plain machine: what to ask next, and what an answer means.

It starts with a stream of initial events (WatchList), or where the API server has none with a paged
list, and goes on watching from there. What is known is only ever replaced by something complete.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from typing import Final

from discovery.backoff import Backoff
from discovery.kubernetes.events import Bookmark, Decoder, Drop, Event, Key, Put, Unreadable, page_of
from discovery.kubernetes.lines import Lines
from discovery.kubernetes.mirror import Mirror
from discovery.kubernetes.objects import Kind
from discovery.kubernetes.refusal import Refusal
from discovery.kubernetes.timings import Timings

PAGE: Final = 500


class Phase(Enum):
    """What is asked of the API server."""

    STREAM = auto()
    """A watch that begins with everything there is."""
    LIST = auto()
    """The next page of a list."""
    WATCH = auto()
    """What has changed since the version that is known."""


class Features:
    """What is known of one API server by all who ask it."""

    def __init__(self) -> None:
        self.streams = True
        """It sends initial events on a watch."""
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """By kind, how often it was read from the start (`lists`) and refused (by status)."""


class Reflection:
    """One kind in one namespace or in all, or what a field selector leaves of it."""

    def __init__(
        self,
        kind: Kind,
        mirror: Mirror,
        features: Features,
        timings: Timings,
        dice: Callable[[], float],
        selector: str = "",
    ) -> None:
        self.mirror = mirror
        self.synced = False
        """Everything there was has been handed on, once at least."""
        self.trouble = ""
        """Why it is not reading now; empty: it is."""
        self.refused = False
        """The API server forbids this kind, or does not have it."""
        self._features = features
        self._counts = features.counts[kind.name]
        self._timings = timings
        self._dice = dice
        self._selector = selector
        self._decoder = Decoder(kind)
        self._backoff = Backoff(timings.backoff, timings.healthy, dice)
        self._phase = Phase.LIST
        self._version = ""
        self._token = ""
        self._fresh: dict[Key, Put | Unreadable] = {}
        self._lines = Lines()
        self._opened: float | None = None
        self._positioned = math.inf
        """When all was last known; infinity: not since the last version that had expired."""
        self._anonymous = False
        self._garbled = 0
        self._restart()

    @property
    def streams(self) -> bool:
        """Whether the answer is a stream for `feed`; else it is a page for `page`."""
        return self._phase is not Phase.LIST

    def query(self) -> dict[str, str]:
        """The parameters of the next request, which begins now."""
        self._opened = None
        query = _QUERIES[self._phase](self)
        return {**query, "fieldSelector": self._selector} if self._selector else query

    def opened(self, now: float) -> None:
        """The API server has begun to answer as asked."""
        self._opened = now
        self._lines = Lines()
        self.trouble, self.refused, self._anonymous = "", False, False

    def patience(self, now: float) -> float:
        """How long to wait for the next piece of the answer."""
        if self._phase is Phase.STREAM and self._opened is not None:
            return min(self._timings.silence, self._opened + self._timings.initial - now)
        return self._timings.silence if self.streams else self._timings.answer

    def feed(self, data: bytes, now: float) -> Iterator[None]:
        """Take a piece of a stream; yields wherever others may have their turn.

        Raises GarbageError, LineTooLongError, and RefusedError for an error in the stream.
        """
        for line in self._lines.feed(data):
            event = self._decoder.event(line)
            if self._phase is Phase.WATCH:
                self._follow(event)
            elif isinstance(event, Bookmark) and event.complete:
                yield from self._swap(event.version, now)
            else:
                self._collect(event)
            yield

    def page(self, body: bytes, now: float) -> Iterator[None]:
        """Take a page of a list; yields and raises as `feed` does."""
        page = page_of(body)
        for raw in page.items:
            self._collect(self._decoder.item(raw))
            yield
        self._token = page.token
        if not page.token:
            yield from self._swap(page.version, now)

    def over(self, now: float, reason: str) -> float:
        """The answer has ended, or broke off; how long to wait before the next request."""
        lived = self._opened is not None and now - self._opened >= self._timings.brief
        if self._phase is Phase.WATCH and lived:
            return 0.0
        self._discard()
        return self._failed(reason, now)

    def silent(self, now: float, reason: str) -> float:
        """Nothing came for as long as `patience` said; how long to wait before the next request."""
        opened = self._opened
        if self._phase is Phase.STREAM and opened is not None and now >= opened + self._timings.initial:
            return self._without_stream()
        self.trouble = reason
        return self.over(now, reason)

    def garbled(self, now: float, reason: str) -> float:
        """What came cannot be what was asked for; how long to wait before the next request."""
        self._garbled += 1
        # Once may be a proxy with a bad moment; twice at one place may be the place itself.
        if self._garbled > 1:
            self._restart()
        self._discard()
        return self._failed(reason, now)

    def refuse(self, refusal: Refusal, now: float) -> float:
        """The API server said no; how long to wait before the next request."""
        self._discard()
        self._counts[str(refusal.code)] += 1
        return _REFUSALS.get(refusal.code, Reflection._failing)(self, refusal, now)

    def _restart(self) -> None:
        self._phase = Phase.STREAM if self._features.streams else Phase.LIST
        self._version = self._token = ""
        self._fresh = {}

    def _discard(self) -> None:
        # A stream begins anew; a list goes on with the page that failed.
        if self._phase is Phase.STREAM:
            self._fresh = {}

    def _without_stream(self) -> float:
        self._features.streams = False
        self._restart()
        return 0.0

    def _collect(self, event: Event) -> None:
        if isinstance(event, Put | Unreadable):
            self._fresh[event.key] = event
        elif isinstance(event, Drop):
            self._fresh.pop(event.key, None)

    def _swap(self, version: str, now: float) -> Iterator[None]:
        fresh, self._fresh = self._fresh, {}
        yield from self.mirror.replace(fresh)
        # Only now: a task that is stopped in between starts over. Versions of initial events are
        # in no order, so that of the whole is the only one to go on from.
        self._version, self._phase, self._positioned = version, Phase.WATCH, now
        self.synced, self._garbled = True, 0
        self._counts["lists"] += 1

    def _follow(self, event: Event) -> None:
        if isinstance(event, Put | Unreadable):
            self.mirror.put(event)
        elif isinstance(event, Drop):
            self.mirror.drop(event.key)
        self._version = event.version or self._version
        self._garbled = 0

    def _failed(self, reason: str, now: float) -> float:
        self.trouble = reason
        return self._backoff.failed(now)

    def _failing(self, refusal: Refusal, now: float) -> float:
        # An error in the stream that says nothing of the version may still be about it.
        if refusal.too_new or refusal.in_stream:
            self._restart()
        return max(self._failed(str(refusal), now), self._asked_wait(refusal))

    def _expired(self, refusal: Refusal, now: float) -> float:
        self._restart()
        # To list again at once is right once; a version that ends as soon as it is given is a fault.
        lived, self._positioned = now - self._positioned >= self._timings.brief, math.inf
        return 0.0 if lived else self._failed(str(refusal), now)

    def _invalid(self, refusal: Refusal, now: float) -> float:
        if self._phase is Phase.STREAM:
            return self._without_stream()
        self._restart()
        return self._failed(str(refusal), now)

    def _unauthenticated(self, refusal: Refusal, now: float) -> float:
        first, self._anonymous = not self._anonymous, True
        wait = self._failed(str(refusal), now)
        return 0.0 if first else wait

    def _forbidden(self, refusal: Refusal, now: float) -> float:
        if self._phase is Phase.STREAM:
            # A role may allow to list but not to watch: then a list now and again is what there is.
            self._phase = Phase.LIST
            return 0.0
        self._restart()
        self.trouble, self.refused = str(refusal), True
        return self._timings.refused * (1.0 + self._dice())

    def _throttled(self, refusal: Refusal, now: float) -> float:
        wait = self._failed(str(refusal), now)
        return self._asked_wait(refusal) or wait

    def _asked_wait(self, refusal: Refusal) -> float:
        return min(refusal.retry_after or 0.0, self._timings.retry_after)

    def _timeout(self) -> str:
        least, most = self._timings.watch
        return str(int(least + (most - least) * self._dice()))

    def _stream_query(self) -> dict[str, str]:
        # Without a version: as new as it gets, so never older than what is known.
        return {
            "watch": "1",
            "sendInitialEvents": "true",
            "resourceVersionMatch": "NotOlderThan",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": self._timeout(),
        }

    def _list_query(self) -> dict[str, str]:
        query = {"limit": str(PAGE)}
        return {**query, "continue": self._token} if self._token else query

    def _watch_query(self) -> dict[str, str]:
        return {
            "watch": "1",
            "resourceVersion": self._version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": self._timeout(),
        }


_QUERIES: Final[Mapping[Phase, Callable[[Reflection], dict[str, str]]]] = {
    Phase.STREAM: Reflection._stream_query,
    Phase.LIST: Reflection._list_query,
    Phase.WATCH: Reflection._watch_query,
}
_REFUSALS: Final[Mapping[int, Callable[[Reflection, Refusal, float], float]]] = {
    400: Reflection._invalid,
    401: Reflection._unauthenticated,
    403: Reflection._forbidden,
    404: Reflection._forbidden,
    405: Reflection._forbidden,
    410: Reflection._expired,
    422: Reflection._invalid,
    429: Reflection._throttled,
}
