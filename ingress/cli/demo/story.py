"""What happens in the demo, again and again: a service grows and shrinks, a server dies, rules change."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from ingress.cli.demo.browser import Answer
from ingress.cli.demo.fleet import Fleet
from ingress.cli.demo.manifests import BLOG, GUARD, GUARD_AND_BLOG, SHOP, Manifests
from ingress.cli.demo.tally import Tally
from ingress.cli.demo.traffic import Traffic

FEW: Final = 2
MANY: Final = 5
PAUSE: Final = 0.7
LAST_REQUESTS: Final = 0.1
"""Between the end of an endpoint and that of its process."""
ADMIN_PATH: Final = "/admin"
BLOG_PATH: Final = "/blog/news"


class Story:
    """The steps, one after the other."""

    def __init__(self, manifests: Manifests, fleet: Fleet, traffic: Traffic, tally: Tally) -> None:
        self._manifests = manifests
        self._fleet = fleet
        self._traffic = traffic
        self._tally = tally

    async def play(self) -> None:
        """Tell it until cancelled. TimeoutError: a change did not get in force."""
        while True:
            for _ in range(MANY - FEW):
                await self._grow()
            await self._crash()
            await self._guard()
            await self._send_blog()
            await self._open()
            while len(self._fleet.of(SHOP)) > FEW:
                await self._shrink()

    async def _grow(self) -> None:
        member = await self._fleet.start(SHOP)
        began = asyncio.get_running_loop().time()
        self._fleet.list(member)
        self._tally.endpoint_changes += 1
        await self._measure(
            f"scale up: {member.name} added", began, "/", lambda answer: answer.server == member.name
        )

    async def _shrink(self) -> None:
        member = self._fleet.of(SHOP)[0]
        self._fleet.unlist(member)
        self._tally.endpoint_changes += 1
        await asyncio.sleep(LAST_REQUESTS)
        await self._fleet.stop(member)
        await self._tell(f"scale down: {member.name} removed, then stopped")

    async def _crash(self) -> None:
        member = self._fleet.of(SHOP)[0]
        self._fleet.crash(member)
        await self._tell(f"crash: {member.name} killed with SIGKILL; its endpoint is still listed")
        self._fleet.unlist(member)
        self._tally.endpoint_changes += 1
        await self._tell(f"the endpoint of {member.name} removed")
        await self._grow()

    async def _guard(self) -> None:
        await self._rule(
            "rule: deny if url_admin", GUARD, ADMIN_PATH, lambda answer: answer.status == 403, 200, 403
        )

    async def _send_blog(self) -> None:
        await self._rule(
            "rule: use-backend blog:80 if url_blog",
            GUARD_AND_BLOG,
            BLOG_PATH,
            lambda answer: answer.server.startswith(BLOG),
        )

    async def _open(self) -> None:
        await self._rule("rules removed", {}, ADMIN_PATH, lambda answer: answer.status == 200, 200, 403)

    async def _rule(
        self,
        what: str,
        annotations: Mapping[str, str],
        path: str,
        effect: Callable[[Answer], bool],
        *allowed: int,
    ) -> None:
        began = asyncio.get_running_loop().time()
        self._manifests.write_ingress(annotations)
        self._tally.rule_changes += 1
        await self._measure(what, began, path, effect, *allowed)

    async def _measure(
        self, what: str, began: float, path: str, effect: Callable[[Answer], bool], *allowed: int
    ) -> None:
        seconds = await self._traffic.until(path, effect, *(allowed or (200,))) - began
        self._tally.in_force(seconds)
        await self._tell(f"{what}; in force after {seconds * 1000:.0f} ms")

    async def _tell(self, text: str) -> None:
        self._tally.happened(text)
        await asyncio.sleep(PAUSE)
