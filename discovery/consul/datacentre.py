"""One datacentre: its services, and those of them that are followed."""

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial

from discovery.consul.entry import decode_catalog
from discovery.consul.follower import Follower
from discovery.consul.instance import Preferences
from discovery.consul.plan import Plan
from discovery.consul.query import BlockingQuery
from discovery.consul.question import Subject, Topic
from discovery.consul.roster import Roster
from discovery.consul.service import FollowedService
from discovery.consul.watch import Watch


class Datacentre:
    """Follows the catalog, and each service of it that has a tag of ours."""

    def __init__(self, name: str, plan: Plan, preferences: Preferences, tasks: asyncio.TaskGroup) -> None:
        self.name = name
        self._plan = plan
        self._preferences = preferences
        self._services: dict[str, FollowedService] = {}
        self._listed: Roster[str, tuple[str, ...]] = Roster()
        self._body = b""
        self._ours: dict[str, tuple[str, ...]] = {}
        """What of that is ours: it is mostly as it was, and long."""
        self._follower = Follower(name, plan, tasks)
        query = plan.make_query(Topic(Subject.SERVICES, datacentre=name))
        self.catalog = Watch(plan, query, self._take)

    async def run(self) -> None:
        """Follow until cancelled."""
        await self.catalog.run()

    @property
    def queries(self) -> Iterator[BlockingQuery]:
        """All but that for the catalog."""
        return self._follower.queries

    @property
    def remark(self) -> str:
        """What people should know of how it is followed; empty: there is nothing."""
        return self._follower.remark

    @property
    def answered(self) -> bool:
        """All that is asked has been answered once."""
        return self.catalog.query.answered and all(each.answered for each in self._services.values())

    @property
    def unread(self) -> frozenset[str]:
        """The services of which not all is known; the rest of the datacentre is known."""
        kept = (name for name, service in self._services.items() if not service.whole)
        return frozenset(kept) | self._listed.kept

    @property
    def is_whole(self) -> bool:
        """Whether the names of all services are known."""
        return self.catalog.query.answered and self.catalog.query.whole

    def _take(self, body: bytes, whole: bool) -> bool:
        if body != self._body:
            found = decode_catalog(body)
            self._ours = {name: tags for name, tags in found.items() if self._is_ours(name, tags)}
            self._body = body
        changed = self._listed.take(self._ours, whole=whole)
        self._follow(self._listed.members)
        self._follower.nudge()
        return changed

    def _is_ours(self, name: str, tags: tuple[str, ...]) -> bool:
        if not name or "/" in name:
            # It would be another path of the API, and Consul itself cannot resolve it.
            return False
        starts = (f"{self._preferences.prefix}.", *self._preferences.others)
        return self._plan.all_services or any(tag.strip().startswith(starts) for tag in tags)

    def _follow(self, listed: Mapping[str, tuple[str, ...]]) -> None:
        for name in self._services.keys() - listed.keys():
            self._stop(name)
        self._follower.suit(len(listed))
        for name in listed.keys() - self._services.keys():
            query = self._plan.make_query(Topic(Subject.HEALTH, name, self.name))
            self._services[name] = service = FollowedService(
                query, self._plan, self._preferences, partial(self._emptied, name)
            )
            self._follower.start(service)

    def _stop(self, name: str) -> None:
        service = self._services.pop(name)
        self._follower.stop(service)
        service.close()
        self._plan.registry.drop(self.name, name)

    def _emptied(self, name: str) -> None:
        """The catalog may not be trusted to say that a service is gone; the service itself is."""
        if name in self._listed.kept and self._listed.forget(name):
            self._stop(name)
