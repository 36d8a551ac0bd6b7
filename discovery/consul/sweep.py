"""A few blocking queries for the checks of all services: for more services than there can be loops.

A service is asked for when one of its checks has changed; and now and then without a reason, as its
ports, weights and meta, and instances without checks, leave no mark there. The checks of each state have
a query of their own: where most of them pass, those that fail and recover are soon told. Those that pass need
not be asked for where each node is: what comes, goes and moves is told there, and leaves a mark.
"""

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from msgspec.structs import replace

from discovery.consul.api import UnreachableError
from discovery.consul.checks import Health
from discovery.consul.marks import Marks
from discovery.consul.nodes import Nodes
from discovery.consul.plan import Plan
from discovery.consul.query import BlockingQuery, Found
from discovery.consul.question import Subject, Topic
from discovery.consul.recent import Recent
from discovery.consul.service import FollowedService
from discovery.consul.watch import Watch, hand_on

_STATES: Final = (Health.PASSING, Health.WARNING, Health.CRITICAL)
_WORKERS: Final = 8
_ONCE_MORE: Final = 1.0
"""Seconds after which a service is asked for again that has lost checks."""


class Sweep:
    """The services that are followed together, and those of them that are to be asked for."""

    def __init__(self, datacentre: str, plan: Plan, tasks: asyncio.TaskGroup, recent: Recent) -> None:
        """`recent` are those that have loops of their own."""
        self._plan = plan
        self._recent = recent
        self._now = asyncio.get_running_loop().time
        self._services: dict[str, FollowedService] = {}
        self._least: dict[str, int] = {}
        """The index that an answer must have to be about the change that it was asked for."""
        self._due: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: set[str] = set()
        self._marks = [Marks() for _ in _STATES]
        topics = [Topic(Subject.CHECKS, state, datacentre) for state in _STATES]
        self._queries = [plan.make_query(topic) for topic in topics]
        pairs = zip(self._queries, self._marks, strict=True)
        watches = [Watch(plan, query, partial(self._take, marks)) for query, marks in pairs]
        self._nodes = Nodes(datacentre, plan, tasks, recent, self._changed)
        loops = [
            self._watch_passing(watches[0]),
            *(watch.run() for watch in watches[1:]),
            self._nodes.roster.run(),
            self._go_round(),
            *(self._work() for _ in range(_WORKERS)),
        ]
        self._tasks = [tasks.create_task(loop, name=f"sweep {datacentre}") for loop in loops]

    @property
    def queries(self) -> Iterator[BlockingQuery]:
        """Those that are not for one service."""
        passing, *others = self._queries
        if self._nodes.gaps.is_set():
            yield passing
        yield from others
        yield from self._nodes.queries

    @property
    def is_slow(self) -> bool:
        """Changes of most services are known late: there are too many nodes to watch each of them."""
        return self._nodes.are_too_many

    def start(self, service: FollowedService) -> None:
        """Follow a service."""
        self._services[service.name] = service
        self._demand({service.name: 0})

    def stop(self, service: FollowedService) -> None:
        """Do not follow it any more."""
        del self._services[service.name]
        self._least.pop(service.name, None)

    def demand(self, name: str) -> None:
        """Ask for a service."""
        if name in self._services:
            self._demand({name: 0})

    def left(self, service: FollowedService) -> None:
        """It has no loop any more, and may have changed a moment ago."""
        self.demand(service.name)
        self._nodes.fill()

    def nudge(self) -> None:
        """Something was registered or deregistered; only services without checks would not show it."""
        if self._nodes.gaps.is_set():
            self._demand({name: 0 for name in self._services if not self._has_checks(name)})

    def close(self) -> None:
        """Follow nothing any more."""
        self._nodes.close()
        for task in self._tasks:
            task.cancel()

    def _has_checks(self, name: str) -> bool:
        return any(marks.has_checks(name) for marks in self._marks)

    def _take(self, marks: Marks, body: bytes, _whole: bool) -> bool:
        services, nodes = marks.take(body)
        self._changed(services)
        if nodes:
            touched = (name for name, each in self._services.items() if not nodes.isdisjoint(each.nodes))
            self._demand(dict.fromkeys(touched, 0))
        return bool(services or nodes)

    def _changed(self, services: Mapping[str, int]) -> None:
        self._demand({name: index for name, index in services.items() if self._is_news(name, index)})
        for name, index in services.items():
            if not index:
                # No index says how new an answer has to be in order not to have what is gone.
                asyncio.get_running_loop().call_later(_ONCE_MORE, self.demand, name)

    def _is_news(self, name: str, index: int) -> bool:
        service = self._services.get(name)
        return service is not None and (not index or service.query.seen < index)

    def _demand(self, services: Mapping[str, int]) -> None:
        for name, least in services.items():
            if self._services[name] in self._recent:
                continue
            self._least[name] = max(least, self._least.get(name, 0))
            if name not in self._waiting:
                self._waiting.add(name)
                self._due.put_nowait(name)

    async def _watch_passing(self, watch: Watch) -> None:
        while True:
            await self._nodes.gaps.wait()
            await watch.turn()

    async def _go_round(self) -> None:
        """Ask for every service once in a while, evenly."""
        timings = self._plan.timings
        while True:
            await asyncio.sleep(timings.report)
            for name in list(self._services):
                await asyncio.sleep(timings.round / max(1, len(self._services)))
                self.demand(name)

    async def _work(self) -> None:
        while True:
            name = await self._due.get()
            self._waiting.discard(name)
            service = self._services.get(name)
            if service is not None:
                await self._follow_up(service)
            self._plan.settle()

    async def _follow_up(self, service: FollowedService) -> None:
        query, is_first = service.query, not service.answered
        if not await self._ask(service):
            asyncio.get_running_loop().call_later(query.pause(self._now()), self.demand, service.name)
        self._plan.troubles.tell(str(query.topic), query.trouble, self._now())
        if service.name in self._services and (self._recent.has_room if is_first else query.news):
            self._recent.want(service)

    async def _ask(self, service: FollowedService) -> bool:
        """Ask for a service at once; whether the answer is about all that is known to have changed."""
        query = service.query
        question = replace(query.next(self._now()), index=0, wait=0.0, patience=self._plan.timings.answer)
        try:
            answer = await self._plan.ask(question)
        except UnreachableError as error:
            query.fail(str(error), self._now())
            return False
        if hand_on(query, answer, service.take, self._now()) is Found.FAILURE:
            return False
        # Another server than the one that told of the change may have answered, and be behind it.
        if (answer.head.index or 0) < self._least.get(service.name, 0):
            return False
        self._least.pop(service.name, None)
        return True
