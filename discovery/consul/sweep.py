"""One blocking query for the checks of all services: for more services than there can be loops.

A service is asked for when one of its checks has changed; and now and then without a reason, as its
ports, weights and meta, and instances without checks, leave no mark there.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from discovery.consul.api import UnreachableError
from discovery.consul.marks import Marks
from discovery.consul.plan import Plan
from discovery.consul.query import Found
from discovery.consul.question import Subject, Topic
from discovery.consul.service import FollowedService
from discovery.consul.watch import Watch, hand_on

_WORKERS: Final = 8
_ONCE_MORE: Final = 1.0
"""Seconds after which a service is asked for again that has lost checks."""


class Sweep:
    """The services that are followed by one loop, and those of them that are to be asked for."""

    def __init__(self, datacentre: str, plan: Plan, tasks: asyncio.TaskGroup) -> None:
        self._plan = plan
        self._now = asyncio.get_running_loop().time
        self._services: dict[str, FollowedService] = {}
        self._least: dict[str, int] = {}
        """The index that an answer must have to be about the change that it was asked for."""
        self._due: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: set[str] = set()
        self._marks = Marks()
        self.query = plan.make_query(Topic(Subject.CHECKS, datacentre=datacentre))
        watch = Watch(plan, self.query, self._take)
        loops = [watch.run(), self._go_round(), *(self._work() for _ in range(_WORKERS))]
        self._tasks = [tasks.create_task(loop, name=f"sweep {datacentre}") for loop in loops]

    def start(self, service: FollowedService) -> None:
        """Follow a service."""
        self._services[service.name] = service
        self._demand({service.name: 0})

    def stop(self, service: FollowedService) -> None:
        """Do not follow it any more."""
        del self._services[service.name]
        self._least.pop(service.name, None)

    def nudge(self) -> None:
        """Something was registered or deregistered; only services without checks would not show it."""
        self._demand({name: 0 for name in self._services if not self._marks.has_checks(name)})

    def close(self) -> None:
        """Follow nothing any more."""
        for task in self._tasks:
            task.cancel()

    def _take(self, body: bytes, _whole: bool) -> bool:
        services, nodes = self._marks.take(body)
        self._demand({name: index for name, index in services.items() if self._is_news(name, index)})
        for name, index in services.items():
            if not index:
                # No index says how new an answer has to be in order not to have what is gone.
                asyncio.get_running_loop().call_later(_ONCE_MORE, self._demand_again, name)
        if nodes:
            touched = (name for name, each in self._services.items() if not nodes.isdisjoint(each.nodes))
            self._demand(dict.fromkeys(touched, 0))
        return bool(services or nodes)

    def _is_news(self, name: str, index: int) -> bool:
        service = self._services.get(name)
        return service is not None and (not index or service.query.seen < index)

    def _demand(self, services: Mapping[str, int]) -> None:
        for name, least in services.items():
            self._least[name] = max(least, self._least.get(name, 0))
            if name not in self._waiting:
                self._waiting.add(name)
                self._due.put_nowait(name)

    async def _go_round(self) -> None:
        """Ask for every service once in a while, evenly."""
        timings = self._plan.timings
        while True:
            await asyncio.sleep(timings.report)
            for name in list(self._services):
                await asyncio.sleep(timings.round / max(1, len(self._services)))
                self._demand_again(name)

    async def _work(self) -> None:
        while True:
            name = await self._due.get()
            self._waiting.discard(name)
            service = self._services.get(name)
            if service is not None and not await self._ask(service):
                later = service.query.pause(self._now())
                asyncio.get_running_loop().call_later(later, self._demand_again, name)
            if service is not None:
                self._plan.troubles.tell(str(service.query.topic), service.query.trouble, self._now())
            self._plan.settle()

    def _demand_again(self, name: str) -> None:
        if name in self._services:
            self._demand({name: 0})

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
