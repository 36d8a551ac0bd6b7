"""One loop of blocking queries: asks, hands on what it finds, waits; and never ends by itself."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from discovery.consul.api import UnreachableError
from discovery.consul.plan import Plan
from discovery.consul.query import BlockingQuery, Found
from discovery.consul.question import Answer

_LOG: Final = logging.getLogger(__name__)

Take = Callable[[bytes, bool], bool]
"""Takes a body, and whether it names all there is; says whether anything is new. ValueError: it cannot
be read."""


class Watch:
    """A query, and what is done with its answers."""

    def __init__(self, plan: Plan, query: BlockingQuery, take: Take) -> None:
        self.query = query
        self._plan = plan
        self._take = take
        self._now = asyncio.get_running_loop().time

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self.turn()

    async def turn(self) -> None:
        """Ask once, hand on what is found, and let as much time pass as is due before the next time."""
        await self._ask()
        self._plan.settle()
        self._plan.troubles.tell(str(self.query.topic), self.query.trouble, self._now())
        await asyncio.sleep(self.query.pause(self._now()))

    async def _ask(self) -> None:
        query = self.query
        try:
            answer = await self._plan.ask(query.next(self._now()))
        except UnreachableError as error:
            query.fail(str(error), self._now())
        else:
            hand_on(query, answer, self._take, self._now())


def hand_on(query: BlockingQuery, answer: Answer, take: Take, now: float) -> Found:
    """Take an answer, and hand on what is in it; what it was, in the end."""
    found = query.take(answer, now)
    if found in {Found.FAILURE, Found.NOTHING}:
        return found
    try:
        query.note(news=take(answer.body, found is Found.WHOLE))
    except (ValueError, RecursionError) as error:
        return query.fail(f"the answer cannot be read: {error}", now)
    except Exception as error:
        # A fault of ours in handling one service must not end the discovery of all others.
        _LOG.exception("%s: internal error", query.topic)
        return query.fail(f"internal error: {error!r}", now)
    return found
