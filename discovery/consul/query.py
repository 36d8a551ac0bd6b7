"""A blocking query: what to ask next, what to make of the answer, how long to wait in between."""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from discovery.backoff import Backoff
from discovery.consul.bucket import Bucket
from discovery.consul.question import Answer, Question, Subject, Topic
from discovery.consul.timings import Timings

_SHOWN: Final = 200


class Found(Enum):
    """What an answer is."""

    FAILURE = auto()
    """No answer to the question."""
    NOTHING = auto()
    """No change."""
    PART = auto()
    """It may lack what is there: what it does not name is not gone."""
    WHOLE = auto()
    """All there is."""


class BlockingQuery:
    """One loop of blocking queries, by the rules that Consul has for them."""

    def __init__(
        self,
        topic: Topic,
        mode: str,
        timings: Timings,
        dice: Callable[[], float],
        *,
        doubtful: bool = False,
    ) -> None:
        """`dice` gives numbers from 0 to 1. `doubtful`: an earlier life knew more, and nobody knows what
        has happened since."""
        self.topic = topic
        self.trouble = ""
        """Why what is known may be out of date; empty: it is not."""
        self.answered = False
        """An answer has come, once."""
        self.whole = False
        """The last answer named all there is."""
        self.news = False
        """What it said made a difference."""
        self._mode = _mode_of(topic, mode)
        self._timings = timings
        self._dice = dice
        self._backoff = Backoff(timings.backoff, timings.healthy, dice)
        self._bucket = Bucket(timings.burst, _slowing(topic, timings))
        self._index = 0
        self._last = 0
        self._doubt_until = 0.0
        self._ask_leader = False
        self._was_away = doubtful
        self._wait = 0.0
        self._size = 0

    @property
    def seen(self) -> int:
        """The index of the last answer."""
        return self._last

    def next(self, now: float) -> Question:
        """What to ask."""
        if self._doubt_until and now >= self._doubt_until:
            # Time to learn what was not taken at its word.
            self._doubt_until, self._index = 0.0, 0
        timings = self._timings
        wait = timings.wait * (1.0 - timings.spread * self._dice())
        if self._doubt_until:
            wait = max(0.1, min(wait, self._doubt_until - now))
        patience = wait * 17 / 16 + timings.late if self._index else timings.answer
        mode = "" if self._ask_leader and self._may_be_behind else self._mode
        return Question(self.topic, self._index, wait if self._index else 0.0, mode, patience)

    def take(self, answer: Answer, now: float) -> Found:
        """What an answer is; what it says is for someone else to read."""
        self.news, self._size = False, len(answer.body)
        head = answer.head
        if head.status != 200:
            return self._refuse(answer, now)
        if not head.is_json or head.index is None:
            return self.fail("the answer is not Consul's; is this the address of an agent?", now)
        if trouble := self._staleness(answer):
            return self._distrust(trouble, now)
        index = max(head.index, 1)
        if index < self._last and self._may_be_behind and not self._ask_leader:
            # Another server than before, which is behind it? The leader knows whether data were lost.
            self._ask_leader, self._index = True, 0
            return Found.NOTHING
        self._ask_leader = False
        if index == self._index:
            self._good(filtered=head.filtered)
            return Found.NOTHING
        if index < self._last or (self._was_away and self._misses_much(answer)):
            self._doubt_until = now + self._timings.grace
        self._was_away = False
        self._index = 0 if index < self._index else index
        self._last = index
        self._good(filtered=head.filtered)
        self.whole = not (head.filtered or self._doubt_until)
        return Found.WHOLE if self.whole else Found.PART

    def note(self, *, news: bool) -> None:
        """Say whether what was found made any difference."""
        self.news = news
        self._bucket.note(news=news, cost=self._size / self._timings.reading)

    def pause(self, now: float) -> float:
        """How long to wait before the next question."""
        wait, self._wait = self._wait, 0.0
        return max(wait, self._bucket.take(now))

    def fail(self, reason: str, now: float) -> Found:
        """There was no answer, or none that can be read; what is known stays."""
        self.news = False
        # The next agent, or the same one in its next life, may not know our index.
        self._index = 0
        self._was_away = self._was_away or self.answered
        self.trouble = reason
        self._wait = self._backoff.failed(now)
        return Found.FAILURE

    def _misses_much(self, answer: Answer) -> bool:
        """Whether an answer after an outage may be that of a Consul that has lost its data. An instance
        that is missing among others is no sign of that."""
        return self.topic.is_for_all or answer.body.strip() in {b"[]", b"null"}

    def _refuse(self, answer: Answer, now: float) -> Found:
        head = answer.head
        text = " ".join(answer.body[:1000].decode(errors="replace").split())[:_SHOWN]
        self.fail(f"{head.status}: {text}" if text and "<" not in text else str(head.status), now)
        if head.retry_after is not None:
            self._wait = max(self._wait, min(head.retry_after, self._timings.retry_after))
        return Found.FAILURE

    @property
    def _may_be_behind(self) -> bool:
        """Somebody else than the leader may answer."""
        return self._mode in {"stale", "cached"}

    def _staleness(self, answer: Answer) -> str:
        """Why an answer is too old to be used; empty: it is not."""
        head, bound = answer.head, self._timings.stale
        if not head.known_leader:
            return "the server that answers has no leader"
        if self._mode == "stale" and head.last_contact > bound:
            return f"the server that answers is more than {bound:g} s behind the leader"
        if self._mode == "cached" and head.age > bound:
            return f"the agent has been cut off from the servers for more than {bound:g} s"
        return ""

    def _distrust(self, trouble: str, now: float) -> Found:
        asked_leader = self._ask_leader
        self.fail(trouble, now)
        self._ask_leader = True
        if not asked_leader:
            self._wait = 0.0
        return Found.FAILURE

    def _good(self, *, filtered: bool) -> None:
        self.answered = True
        self.trouble = (
            "the answer is filtered: the token may not see all of it, so nothing is taken for gone"
            if filtered
            else ""
        )


def _slowing(topic: Topic, timings: Timings) -> tuple[float, float]:
    if topic.subject in {Subject.SERVICES, Subject.NODES}:
        return timings.slowing_names
    return timings.slowing_all if topic.is_for_all else timings.slowing


def _mode_of(topic: Topic, mode: str) -> str:
    """The agent caches what one service is like, and nothing else that is asked for."""
    return "stale" if mode == "cached" and topic.subject is not Subject.HEALTH else mode
