"""Traffic through Headgate: a steady stream, and probes that find out when a change is in force."""

import asyncio
from collections.abc import Callable
from itertools import cycle
from typing import Final

from ingress.cli.demo.browser import NO_ANSWER, Answer, Browser
from ingress.cli.demo.tally import Tally

RATE: Final = 300.0
CONNECTIONS: Final = 12
PROBES: Final = 4
PATIENCE: Final = 5.0
BREATH: Final = 0.0005
PAUSE_AFTER_FAILURE: Final = 0.1
PATHS: Final = ("/", "/cart", "/blog/first-post", "/item/7", "/about")


class Traffic:
    """Requests to one host, every one of which is counted and checked."""

    def __init__(self, port: int, host: str, tally: Tally) -> None:
        self._tally = tally
        self._browsers = [Browser(port, host) for _ in range(CONNECTIONS)]
        self._probes = [Browser(port, host) for _ in range(PROBES)]

    async def flow(self) -> None:
        """Ask at a steady rate until cancelled."""
        async with asyncio.TaskGroup() as group:
            for index, browser in enumerate(self._browsers):
                group.create_task(self._flow(browser, index / RATE), name=f"traffic {index}")

    def close(self) -> None:
        """Close all connections."""
        for browser in (*self._browsers, *self._probes):
            browser.close()

    async def _flow(self, browser: Browser, offset: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + offset
        for path in cycle(PATHS):
            await asyncio.sleep(due - loop.time())
            await self._ask(browser, path)
            # What could not be asked in time is left out: a rush would measure the demo, not Headgate.
            due = max(due + CONNECTIONS / RATE, loop.time())

    async def until(self, path: str, effect: Callable[[Answer], bool], *allowed: int) -> float:
        """Ask on every probing connection until each has seen the effect; the loop's time of the last.

        The kernel has spread these connections over the workers. TimeoutError: the effect stays away.
        """
        async with asyncio.timeout(PATIENCE):
            async with asyncio.TaskGroup() as group:
                seen = [
                    group.create_task(self._until(probe, path, effect, allowed)) for probe in self._probes
                ]
            return max(task.result() for task in seen)

    async def _until(
        self, probe: Browser, path: str, effect: Callable[[Answer], bool], allowed: tuple[int, ...]
    ) -> float:
        while True:
            answer = await self._ask(probe, path, allowed)
            if answer and effect(answer):
                return asyncio.get_running_loop().time()
            # Probes in a rush would slow down what they measure.
            await asyncio.sleep(BREATH if answer else PAUSE_AFTER_FAILURE)

    async def _ask(self, browser: Browser, path: str, allowed: tuple[int, ...] = (200,)) -> Answer | None:
        try:
            answer = await browser.get(path)
        except NO_ANSWER as error:
            self._tally.unanswered(path, error)
            return None
        self._tally.answered(path, answer, allowed)
        return answer
