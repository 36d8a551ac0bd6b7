"""The task that keeps one reflection up to date: asks, reads, waits."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Final

from discovery.kubernetes.api import Answer, Api, UnreachableError
from discovery.kubernetes.events import GarbageError, RefusedError
from discovery.kubernetes.lines import LineTooLongError
from discovery.kubernetes.reflection import Reflection
from discovery.trouble_log import TroubleLog

_LOG: Final = logging.getLogger(__name__)


class Reflector:
    """One reflection, and the connection it is fed from."""

    def __init__(
        self,
        api: Api,
        path: str,
        reflection: Reflection,
        troubles: TroubleLog,
        settle: Callable[[], None],
    ) -> None:
        """`settle` is called after each batch of events."""
        self.reflection = reflection
        self.contact = False
        """Something has come since whoever reads this last set it to False."""
        self._api = api
        self._path = path
        self._timings = api.timings
        self._troubles = troubles
        self._settle = settle
        self._now = asyncio.get_running_loop().time

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            wait = await self._turn()
            self._troubles.tell(self._path, self.reflection.trouble, self._now())
            await asyncio.sleep(wait)

    async def _turn(self) -> float:
        """Make one request to its end; how long to wait before the next one."""
        reflection = self.reflection
        try:
            return await self._ask()
        except RefusedError as error:
            return reflection.refuse(error.refusal, self._now())
        except (GarbageError, LineTooLongError) as error:
            return reflection.garbled(self._now(), str(error))
        except TimeoutError:
            return reflection.silent(self._now(), "the API server has gone silent")
        except UnreachableError as error:
            return reflection.over(self._now(), str(error))
        except Exception as error:
            # A fault of ours in handling one object must not end the discovery of all others.
            _LOG.exception("%s: internal error", self._path)
            return reflection.garbled(self._now(), f"internal error: {error!r}")

    async def _ask(self) -> float:
        query = self.reflection.query()
        async with await self._api.get(self._path, query) as answer:
            if answer.code != 200:
                return await self._refused(answer)
            if not answer.json:
                raise GarbageError("the answer is not JSON; is this an API server?")
            self.reflection.opened(self._now())
            if self.reflection.streams:
                return await self._stream(answer)
            return await self._page(answer)

    async def _refused(self, answer: Answer) -> float:
        refusal = await answer.refusal(self._timings.answer)
        if refusal.code == 401:
            await self._api.renew(answer.generation)
        wait = self.reflection.refuse(refusal, self._now())
        self._settle()
        return wait

    async def _stream(self, answer: Answer) -> float:
        reflection = self.reflection
        while piece := await answer.piece(reflection.patience(self._now())):
            self.contact = True
            await self._work(reflection.feed(piece, self._now()))
        return reflection.over(self._now(), "the API server ended the watch at once")

    async def _page(self, answer: Answer) -> float:
        body = await answer.body(self._timings.answer)
        self.contact = True
        await self._work(self.reflection.page(body, self._now()))
        return 0.0

    async def _work(self, steps: Iterator[None]) -> None:
        """Take all steps, a stretch of them at a time."""
        pause = self._now() + self._timings.stretch
        for _ in steps:
            if self._now() >= pause:
                self._settle()
                await asyncio.sleep(0)
                pause = self._now() + self._timings.stretch
        self._settle()
