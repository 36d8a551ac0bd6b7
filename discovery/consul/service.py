"""A service as it is followed in one datacentre: answers in, instances out."""

from collections.abc import Callable, Iterable

from discovery.consul.entry import decode_entries
from discovery.consul.instance import Instance, InstanceKey, Preferences, read_instances
from discovery.consul.query import BlockingQuery
from discovery.consul.registry import Registry
from discovery.consul.roster import Roster


class FollowedService:
    """What is known of one service, and the query for it."""

    def __init__(
        self, query: BlockingQuery, registry: Registry, preferences: Preferences, gone: Callable[[], None]
    ) -> None:
        """`gone` is called when the service is known to have nobody left who wishes anything."""
        self.query = query
        self.answered = False
        self.whole = False
        """The last answer named all instances."""
        self._registry = registry
        self._preferences = preferences
        self._gone = gone
        self._roster: Roster[InstanceKey, Instance] = Roster()

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
        found = read_instances(decode_entries(body), self._preferences)
        changed = self._roster.take(found, whole=whole)
        if changed or not self.answered:
            self._registry.put(self.query.topic.datacentre, self.name, dict(self._roster.members))
        self.answered, self.whole = True, whole
        if whole and not any(instance.wishes or instance.tags for instance in found.values()):
            self._gone()
        return changed
