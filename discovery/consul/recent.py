"""A loop for each service, and where that would be too many, for those that changed last.

What changes once often changes again soon: the instances of a service are replaced one after another.
"""

import asyncio
from collections.abc import Callable

from discovery.consul.plan import Plan
from discovery.consul.service import FollowedService
from discovery.consul.watch import Watch


class Recent:
    """So many places, and who has one or waits for one. A place is left when a question ends without news."""

    def __init__(self, plan: Plan, tasks: asyncio.TaskGroup, left: Callable[[FollowedService], None]) -> None:
        """`left` is told who has no loop any more, and may have changed a moment ago."""
        self._plan = plan
        self._tasks = tasks
        self._left = left
        self._placed: dict[FollowedService, asyncio.Task[None]] = {}
        self._reserved = 0
        self._waiting: dict[FollowedService, None] = {}
        """The one that changed last is the last."""

    def __contains__(self, service: FollowedService) -> bool:
        """Whether it has a loop, and hears by itself of what concerns it."""
        return service in self._placed

    @property
    def has_room(self) -> bool:
        """Whether there are places that nobody has."""
        return self.count < self._places

    @property
    def count(self) -> int:
        """How many have a loop."""
        return len(self._placed)

    @property
    def _places(self) -> int:
        return max(1, self._plan.most_loops() - self._reserved)

    def reserve(self, places: int) -> None:
        """So many places are for others from now on; who has one of them leaves it as soon as it can."""
        self._reserved = places
        self._fill()

    def want(self, service: FollowedService) -> None:
        """It is new, or has changed: the next place is for it."""
        if service not in self._placed:
            self._waiting.pop(service, None)
            self._waiting[service] = None
            self._fill()

    def forget(self, service: FollowedService) -> None:
        """Nobody wants to hear of it any more."""
        self._waiting.pop(service, None)
        if task := self._placed.pop(service, None):
            task.cancel()
            self._fill()

    def _fill(self) -> None:
        while self._waiting and self.has_room:
            service, _ = self._waiting.popitem()
            stay = self._stay(service)
            self._placed[service] = self._tasks.create_task(stay, name=str(service.query.topic))

    async def _stay(self, service: FollowedService) -> None:
        watch = Watch(self._plan, service.query, service.take)
        await watch.turn()
        # A question that waits is not broken off for another: the agent would go on counting its connection
        # until it would have answered.
        while service.query.news or not (self._waiting or self.count > self._places):
            await watch.turn()
        del self._placed[service]
        self._left(service)
        self._fill()
