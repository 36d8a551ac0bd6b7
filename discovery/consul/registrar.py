"""This instance of Headgate as an instance of services in Consul, under the names that tags ask for.

The agent gets a sign of life of each registration. Where none has come for longer than its lifetime, it is
critical; a minute later the agent takes it out.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from msgspec import Struct

from discovery.consul.alias import Alias
from discovery.consul.api import UnreachableError
from discovery.consul.plan import Ask
from discovery.consul.question import Answer, Question, Registration, Subject, Topic
from discovery.consul.timings import Timings
from discovery.said import Said
from discovery.source import Sink, Translation
from ingress.model.problem import Problem
from ingress.model.route import Origin

_SHOWN: Final = 200
_MOST: Final = 100
"""Names: each costs a sign of life."""


class Place(Struct, frozen=True):
    """Where others reach this instance, and what is said of it beside."""

    host: str
    port: int
    tags: tuple[str, ...] = ()

    def registration(self, name: str) -> Registration:
        """What the agent is told. Two replicas on one agent are two instances."""
        return Registration(f"headgate-{name}-{self.host}-{self.port}", name, self.host, self.port, self.tags)


class Registrar:
    """Registers what is wished for, keeps that alive, and takes back what is not wished for any more."""

    def __init__(self, ask: Ask, place: Place, source: str, sink: Sink, timings: Timings) -> None:
        """`source`, for problems that are told to `sink`."""
        self._ask = ask
        self._place = place
        self._source = source
        self._said = Said(sink)
        self._timings = timings
        self._due: dict[str, float] = {}
        """When something is to be done again for each name."""
        self._registered: set[str] = set()

    async def run(self, aliases: Callable[[], Mapping[str, Alias]]) -> None:
        """Go on until cancelled, and take everything back then. `aliases` are those that are wished for."""
        now = asyncio.get_running_loop().time
        try:
            while True:
                await self.keep(aliases(), now())
                await asyncio.sleep(self._timings.report)
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._timings.farewell):
                    await self.keep({}, now())

    async def keep(self, aliases: Mapping[str, Alias], now: float) -> None:
        """Do what is due."""
        for name in self._due.keys() - aliases.keys():
            await self._take_back(name)
        # Who is there already is not pushed out by names that come later.
        names = sorted(aliases, key=lambda name: (name not in self._registered, name))
        for number, name in enumerate(names):
            if number >= _MOST:
                self._due[name] = now
                self._refuse(name, aliases[name], f"there are more than {_MOST} names already")
            elif now >= self._due.get(name, now):
                self._due[name] = now + self._timings.life_sign
                # That the agent cannot be reached, the loops have told; it may know all about it still.
                with suppress(UnreachableError):
                    await self._renew(name, aliases[name])

    async def _renew(self, name: str, alias: Alias) -> None:
        # An agent that has been started anew may have forgotten it.
        if name not in self._registered or not await self._is_alive(name):
            await self._register(name, alias)

    async def _is_alive(self, name: str) -> bool:
        answer = await self._tell(Subject.LIFE_SIGN, name)
        return answer.head.status == HTTPStatus.OK

    async def _register(self, name: str, alias: Alias) -> None:
        answer = await self._tell(Subject.REGISTRATION, name)
        if answer.head.status == HTTPStatus.OK:
            self._registered.add(name)
            self._said.drop(self._origin(name))
            # What the agent has known before, from a life that ended without a word, is still critical.
            await self._tell(Subject.LIFE_SIGN, name)
        else:
            self._registered.discard(name)
            self._refuse(name, alias, _reason(name, answer))

    def _refuse(self, name: str, alias: Alias, reason: str) -> None:
        problem = Problem(alias.owner, alias.option, f"register: {reason}", name)
        self._said.put(self._origin(name), Translation(problems=(problem,)))

    async def _take_back(self, name: str) -> None:
        if name in self._registered:
            # What the agent cannot be told is not kept alive any more, and ends by itself.
            with suppress(UnreachableError):
                await self._tell(Subject.DEREGISTRATION, name)
        self._registered.discard(name)
        self._said.drop(self._origin(name))
        del self._due[name]

    async def _tell(self, subject: Subject, name: str) -> Answer:
        registration = self._place.registration(name)
        topic = Topic(subject, name)
        return await self._ask(Question(topic, patience=self._timings.hello, registration=registration))

    def _origin(self, name: str) -> Origin:
        return Origin(self._source, "registration", "", name)


def _reason(name: str, answer: Answer) -> str:
    text = " ".join(answer.body[:1000].decode(errors="replace").split())[:_SHOWN]
    reason = f"Consul does not take {name}: {answer.head.status}: {text}"
    if answer.head.status == HTTPStatus.FORBIDDEN:
        reason += f'; the token needs service "{name}" {{ policy = "write" }}'
    return reason
