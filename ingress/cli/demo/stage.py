"""The demo from its first process to its last."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from typing import Any, Final

from msgspec import Struct, json

from ingress.cli.demo.browser import NO_ANSWER, Browser
from ingress.cli.demo.fleet import Fleet
from ingress.cli.demo.manifests import BLOG, HOST, SHOP, Manifests
from ingress.cli.demo.places import Places
from ingress.cli.demo.processes import Processes, StartError
from ingress.cli.demo.story import FEW, Story
from ingress.cli.demo.tally import Tally
from ingress.cli.demo.traffic import PATIENCE, Traffic

READY_TIME: Final = 30.0
LOOK: Final = 0.05


class _Apply(Struct):
    count: int
    max: float


class _Status(Struct):
    apply: _Apply


class Stage:
    """Headgate, its servers, the traffic and the story."""

    def __init__(self, places: Places, tally: Tally) -> None:
        self.places = places
        self._tally = tally
        self._processes = Processes()
        self._manifests = Manifests(places.manifests)
        self._connections = ExitStack()
        self.fleet = Fleet(self._manifests, self._processes)

    async def open(self) -> None:
        """Start everything. StartError: Headgate does not run."""
        self._headgate = await self._processes.start_headgate(self.places.options(), self.places.log)
        await self._until(self._listens)
        self._admin = Browser(self.places.admin, "127.0.0.1")
        self._traffic = Traffic(self.places.http, HOST, self._tally)
        self._connections.callback(self._admin.close)
        self._connections.callback(self._traffic.close)
        self._manifests.write_services()
        self._manifests.write_ingress({})
        for service in (BLOG, *[SHOP] * FEW):
            self.fleet.list(await self.fleet.start(service))
        await self._until(self._is_ready)
        await self._first_answer()

    async def _until(self, done: Callable[[], Awaitable[bool]]) -> None:
        try:
            async with asyncio.timeout(READY_TIME):
                while self._headgate.returncode is None and not await done():  # noqa: ASYNC110
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            raise StartError(f"Headgate was not ready after {READY_TIME:.0f} s") from None
        if self._headgate.returncode is not None:
            raise StartError(f"Headgate ended with status {self._headgate.returncode}")

    async def _first_answer(self) -> None:
        """Until requests arrive at a server: Headgate may have been ready with an empty folder."""
        try:
            await self._traffic.until("/", lambda answer: answer.status == 200, 200, 404, 503)
        except TimeoutError:
            raise StartError(f"no server could be reached within {PATIENCE:.0f} s") from None

    async def _listens(self) -> bool:
        """Whether Headgate has its ports, which are known from then on."""
        if (found := self.places.found()) is not None:
            self.places = found
        return found is not None

    async def _is_ready(self) -> bool:
        try:
            return (await self._admin.get("/readyz")).status == 200
        except NO_ANSWER:
            return False

    async def play(self) -> None:
        """Traffic and story, until cancelled or until something does not work."""
        story = Story(self._manifests, self.fleet, self._traffic, self._tally)
        tasks = [
            asyncio.create_task(self._traffic.flow(), name="traffic"),
            asyncio.create_task(self._tell(story), name="story"),
            asyncio.create_task(self._watch(), name="headgate"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.result()

    async def _tell(self, story: Story) -> None:
        try:
            await story.play()
        except TimeoutError:
            self._tally.trouble = f"a change was not in force after {PATIENCE:.0f} s"
        except StartError as error:
            self._tally.trouble = str(error)

    async def _watch(self) -> None:
        status = await self._headgate.wait()
        self._tally.trouble = f"Headgate ended with status {status}"

    async def ask_apply(self) -> None:
        """Find out what Headgate itself has measured."""
        try:
            answer = await self._admin.get("/api/v1/status")
        except NO_ANSWER:
            return
        self._tally.applied = json.decode(answer.body, type=_Status).apply.max

    def kill(self) -> None:
        """End all processes at once."""
        self._processes.kill()

    async def close(self) -> None:
        """End all processes properly."""
        self._connections.close()
        await self._processes.close()


async def within(work: Coroutine[Any, Any, None], stopped: asyncio.Event, seconds: float | None) -> None:
    """Do the work until it is done, its time is up, or somebody stops it."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait((working, stopping), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    working.cancel()
    await asyncio.wait((working, stopping))
    if not working.cancelled() and (error := working.exception()):
        raise error
