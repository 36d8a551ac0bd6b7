"""A query for each node, where there are not too many of them: it tells at once what is new on that node.

What it takes to tell that is small: the services of one node, not the checks of all services.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from discovery.consul.api import PEER
from discovery.consul.entry import decode_nodes
from discovery.consul.marks import Offers
from discovery.consul.plan import Plan
from discovery.consul.query import BlockingQuery
from discovery.consul.question import Subject, Topic
from discovery.consul.recent import Recent
from discovery.consul.roster import Roster
from discovery.consul.watch import Watch

_SHARE: Final = 0.8
"""Of the loops that there can be, those that nodes may have; the rest is for services that change often."""


class Nodes:
    """All nodes of a datacentre, and who of them is watched."""

    def __init__(
        self,
        datacentre: str,
        plan: Plan,
        tasks: asyncio.TaskGroup,
        recent: Recent,
        told: Callable[[Mapping[str, int]], None],
    ) -> None:
        """`recent` gives places away; `told` is told which services have changed, with the index of that."""
        self._datacentre = datacentre
        self._plan = plan
        self._tasks = tasks
        self._recent = recent
        self._told = told
        self._roster: Roster[str, None] = Roster()
        self._watched: dict[str, _Node] = {}
        self._closed = False
        self.gaps = asyncio.Event()
        """Set while there are nodes of which nobody tells what is new on them."""
        self.gaps.set()
        self.roster = Watch(plan, plan.make_query(Topic(Subject.NODES, datacentre=datacentre)), self._take)

    @property
    def queries(self) -> list[BlockingQuery]:
        """All that are asked."""
        return [self.roster.query, *(node.query for node in self._watched.values())]

    @property
    def are_too_many(self) -> bool:
        """They are known, and not all of them can be watched."""
        return bool(self._roster.members) and not self._wanted

    def fill(self) -> None:
        """Watch those that are not watched yet, as far as there are places."""
        if self._closed:
            return
        wanted = self._wanted
        self._recent.reserve(len(wanted | self._watched.keys()))
        for name in wanted - self._watched.keys():
            if len(self._watched) + self._recent.count >= self._plan.most_loops():
                break
            node = _Node(self._plan.make_query(Topic(Subject.NODE, name, self._datacentre)), self._told)
            self._watched[name] = node
            self._tasks.create_task(self._stay(name, node), name=str(node.query.topic))
        known = {name for name, node in self._watched.items() if node.query.answered}
        if wanted and wanted <= known:
            self.gaps.clear()
        else:
            self.gaps.set()

    def close(self) -> None:
        """Watch nobody any more."""
        self._closed = True
        self._recent.reserve(0)

    @property
    def _wanted(self) -> set[str]:
        names = set(self._roster.members)
        # One with a slash would be another path of the API.
        few = len(names) <= _SHARE * self._plan.most_loops() and not any("/" in name for name in names)
        # Peers tell of the services that they export; that they tell of nodes is promised nowhere.
        open_to_us = not (self._closed or self._datacentre.startswith(PEER))
        return names if few and open_to_us else set()

    def _take(self, body: bytes, whole: bool) -> bool:
        changed = self._roster.take(dict.fromkeys(decode_nodes(body)), whole=whole)
        self.fill()
        return changed

    async def _stay(self, name: str, node: "_Node") -> None:
        watch = Watch(self._plan, node.query, node.take)
        # A question that waits is not broken off: the agent would go on counting its connection.
        while name in self._wanted:
            await watch.turn()
            if self.gaps.is_set():
                self.fill()
        del self._watched[name]
        self.fill()


class _Node:
    """The services of one node as they were last."""

    def __init__(self, query: BlockingQuery, told: Callable[[Mapping[str, int]], None]) -> None:
        self.query = query
        self._told = told
        self._offers = Offers()

    def take(self, body: bytes, _whole: bool) -> bool:
        """Take an answer; says whether it is news. ValueError if it cannot be read."""
        changed = self._offers.take(body)
        if changed:
            self._told(changed)
        return bool(changed)
