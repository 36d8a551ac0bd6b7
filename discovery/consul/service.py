"""A service as it is followed in one datacentre: answers in, instances out."""

import asyncio
from collections.abc import Callable, Iterable

from discovery.consul.entry import decode_entries
from discovery.consul.flaps import Flaps
from discovery.consul.instance import Instance, InstanceKey, Preferences, read_instances
from discovery.consul.plan import Plan
from discovery.consul.query import BlockingQuery
from discovery.consul.roster import Roster


class FollowedService:
    """What is known of one service, and the query for it."""

    def __init__(
        self, query: BlockingQuery, plan: Plan, preferences: Preferences, gone: Callable[[], None]
    ) -> None:
        """`gone` is called when the service is known to have nobody left who wishes anything."""
        self.query = query
        self.answered = False
        self.whole = False
        """The last answer named all instances."""
        self._plan = plan
        self._preferences = preferences
        self._gone = gone
        self._roster: Roster[InstanceKey, Instance] = Roster()
        self._flaps = Flaps(plan.damping)
        self._loop = asyncio.get_running_loop()
        self._again: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def name(self) -> str:
        """That of the service."""
        return self.query.topic.name

    @property
    def nodes(self) -> Iterable[str]:
        """Where its instances are."""
        return {key.node for key in self._roster.members}

    def take(self, body: bytes, whole: bool) -> bool:
        """Take an answer; says whether it is news. ValueError if it cannot be read."""
        if self._closed:
            return False
        found = read_instances(decode_entries(body), self._preferences)
        changed = self._roster.take(found, whole=whole)
        if changed or not self.answered:
            self._tell()
        self.answered, self.whole = True, whole
        if whole and not any(instance.wishes or instance.tags for instance in found.values()):
            self._gone()
        return changed

    def close(self) -> None:
        """Nobody wants to know any more; what is still heard is not told."""
        self._closed = True
        if self._again is not None:
            self._again.cancel()

    def _tell(self) -> None:
        if self._again is not None:
            self._again.cancel()
        now = self._loop.time()
        damped = self._flaps.damp(self._roster.members, now)
        if damped.again:
            self._again = self._loop.call_later(damped.again - now, self._tell_again)
        self._plan.registry.put(self.query.topic.datacentre, self.name, damped.instances)

    def _tell_again(self) -> None:
        self._tell()
        self._plan.settle()
