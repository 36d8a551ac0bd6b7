"""Who follows the services of a datacentre: a loop each, and beyond a number of them a sweep beside these."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Final

from discovery.consul.plan import Plan
from discovery.consul.query import BlockingQuery
from discovery.consul.recent import Recent
from discovery.consul.service import FollowedService
from discovery.consul.sweep import Sweep

_LOG: Final = logging.getLogger(__name__)
MANY: Final = (
    "%d services are more than the %d that may have a query each: the others are followed by their checks, "
    "and by the nodes that they are on"
)
LIMIT: Final = "http_max_conns_per_client"
_SLOW: Final = (
    "more than {most} services have routes, on too many nodes to watch each of them: where services have "
    "not changed lately, an instance that comes, goes or moves is known 0.1 to 0.3 s later, and another "
    "port, weight or meta up to a minute later; raise limits.http_max_conns_per_client of the agent, or ask "
    "it over https"
)


class Follower:
    """The services that are followed, in the way that suits their number."""

    def __init__(self, datacentre: str, plan: Plan, tasks: asyncio.TaskGroup) -> None:
        self._datacentre = datacentre
        self._plan = plan
        self._tasks = tasks
        self._recent = Recent(plan, tasks, self._left)
        self._sweep: Sweep | None = None
        self._services: set[FollowedService] = set()

    @property
    def queries(self) -> Iterator[BlockingQuery]:
        """All that are asked, in whatever way."""
        if self._sweep is not None:
            yield from self._sweep.queries
        yield from (service.query for service in self._services)

    @property
    def remark(self) -> str:
        """What people should know of it; empty: there is nothing."""
        slow = self._sweep is not None and self._sweep.is_slow
        return _SLOW.format(most=self._plan.most_loops()) if slow else ""

    def start(self, service: FollowedService) -> None:
        """Follow a service."""
        self._services.add(service)
        if self._sweep is not None:
            self._sweep.start(service)
        else:
            self._recent.want(service)

    def stop(self, service: FollowedService) -> None:
        """Do not follow it any more."""
        self._services.discard(service)
        self._recent.forget(service)
        if self._sweep is not None:
            self._sweep.stop(service)

    def suit(self, count: int) -> None:
        """So many services are going to be followed."""
        most = self._plan.most_loops()
        # The way back is at half of it, so that a single service does not turn everything over and over.
        if self._sweep is None and count > most:
            _LOG.info(MANY, count, most)
            self._sweep = Sweep(self._datacentre, self._plan, self._tasks, self._recent)
            for service in self._services:
                self._sweep.start(service)
        elif self._sweep is not None and count <= most // 2:
            self._end_sweep(self._sweep)

    def nudge(self) -> None:
        """Something was registered or deregistered."""
        if self._sweep is not None:
            self._sweep.nudge()

    def _end_sweep(self, sweep: Sweep) -> None:
        for service in self._services:
            self._recent.want(service)
        # Until all of them have a loop there is still somebody to be told of.
        if all(service in self._recent for service in self._services):
            sweep.close()
            self._sweep = None

    def _left(self, service: FollowedService) -> None:
        if self._sweep is not None:
            self._sweep.left(service)
