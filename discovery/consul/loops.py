"""A blocking query for each service: the quickest way to know, while there are not too many."""

import asyncio

from discovery.consul.plan import Plan
from discovery.consul.service import FollowedService
from discovery.consul.watch import Watch


class Loops:
    """The loops by the name of their service."""

    def __init__(self, plan: Plan, tasks: asyncio.TaskGroup) -> None:
        self._plan = plan
        self._tasks = tasks
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, service: FollowedService) -> None:
        """Follow a service."""
        watch = Watch(self._plan, service.query, service.take)
        self._running[service.name] = self._tasks.create_task(watch.run(), name=str(service.query.topic))

    def stop(self, service: FollowedService) -> None:
        """Do not follow it any more."""
        self._running.pop(service.name).cancel()

    def nudge(self) -> None:
        """Something has changed somewhere: each loop will hear of what concerns it."""

    def close(self) -> None:
        """Follow nothing any more."""
        for task in self._running.values():
            task.cancel()
        self._running.clear()
