"""Consul as a source."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from discovery.consul.address import Address
from discovery.consul.alias import Alias
from discovery.consul.api import Api, Scope
from discovery.consul.authority_file import AuthorityFile
from discovery.consul.capacity import Capacity
from discovery.consul.credentials import Credentials
from discovery.consul.datacentre import Datacentre
from discovery.consul.flaps import Damping
from discovery.consul.follower import LIMIT
from discovery.consul.instance import Preferences
from discovery.consul.keys import FollowedKeys
from discovery.consul.plan import Plan
from discovery.consul.query import BlockingQuery
from discovery.consul.question import Answer, Question, Subject, Topic
from discovery.consul.registrar import Place, Registrar
from discovery.consul.registry import Registry, RegistryOptions
from discovery.consul.standing import standing
from discovery.consul.timings import Timings
from discovery.consul.watch import Watch
from discovery.said import Said
from discovery.source import NOTHING_UNREAD, Sink, SourceState, SourceStatus, Translation, Unread
from discovery.trouble_log import TroubleLog
from ingress.model.problem import Problem
from ingress.model.route import Origin

_LOG: Final = logging.getLogger(__name__)
FAR: Final = "wan"
"""The tagged address by which another datacentre is reached, unless one is chosen."""


class ConsulOptions(Struct, frozen=True):
    """Which Consul is watched, and how."""

    addresses: tuple[Address, ...]
    """Agents of one Consul; the next is asked where one does not answer."""
    registry: RegistryOptions
    credentials: Credentials = Credentials()
    scope: Scope = Scope()
    preferences: Preferences = Preferences()
    mode: str = "stale"
    """The consistency of questions."""
    timings: Timings = Timings()
    damping: Damping = Damping()
    keys: str = ""
    """The prefix of keys with routes; empty: none are read."""
    commands: str = ""
    """The prefix of keys with fabio's commands, if its dialect is read; empty: none are read."""
    authority_file: str = ""
    """By whom instances are verified that are spoken to over TLS; empty: by those that the system trusts."""
    place: Place | None = None
    """Where this instance is to be found under the names that tags ask for; None: nothing is registered."""
    most_loops: int = 0
    """How many services have a blocking query each; 0: as many as the agent takes."""


class ConsulSource:
    """Watches one Consul and tells a sink what its services ask for."""

    def __init__(self, options: ConsulOptions, clock: Callable[[], float], dice: Callable[[], float]) -> None:
        """`clock` gives seconds since the epoch, `dice` numbers from 0 to 1."""
        self.name = options.registry.source
        self._options = options
        self._clock = clock
        self._dice = dice
        self._is_ready: Callable[[], bool] = lambda: False

    def found_while(self, is_ready: Callable[[], bool]) -> None:
        """Register this instance while it is ready, if that is wished for."""
        self._is_ready = is_ready

    async def run(self, sink: Sink) -> None:
        """Watch, and tell the sink, until cancelled."""
        options = self._options
        api = Api(options.addresses, options.credentials, options.scope, options.timings.connect)
        authority = AuthorityFile(self.name, options.authority_file, sink) if options.authority_file else None
        try:
            capacity = Capacity(api.ask, lambda: api.at_once, options.timings)
            known = await capacity.learn()
            async with asyncio.TaskGroup() as tasks:
                if not known:
                    tasks.create_task(capacity.run(), name="consul capacity")
                session = Session(options, Means(api, capacity, self._dice), sink, tasks)
                for datacentre in session.datacentres:
                    tasks.create_task(datacentre.run(), name=f"consul {datacentre.name}")
                for watch in session.watches:
                    tasks.create_task(watch.run(), name=f"consul {watch.query.topic}")
                if options.place is not None:
                    registrar = Registrar(api.ask, options.place, self.name, sink, options.timings)
                    names = partial(self._names, session)
                    tasks.create_task(registrar.run(names), name="consul registrations")
                while True:
                    if authority is not None:
                        authority.look(self._clock())
                    session.report(self._clock())
                    await asyncio.sleep(options.timings.report)
                    session.settle()
        finally:
            await api.close()

    def _names(self, session: "Session") -> Mapping[str, Alias]:
        return session.aliases if self._is_ready() else {}


class Means(Struct, frozen=True):
    """What a run asks with."""

    api: Api
    capacity: Capacity
    dice: Callable[[], float]


class Session:
    """The loops of one run, and how far they have come."""

    def __init__(self, options: ConsulOptions, means: Means, sink: Sink, tasks: asyncio.TaskGroup) -> None:
        self._options = options
        self._means = means
        self._sink = sink
        self._registry = Registry(options.registry, sink)
        self._said = Said(sink)
        self._now = asyncio.get_running_loop().time
        self._began = self._now()
        self._synced = False
        self._unread_told = NOTHING_UNREAD
        # An earlier life knew services; after it, as after an outage, who is missing is not gone at once.
        self._doubtful = bool(sink.restored(options.registry.source))
        self._source = options.registry.source
        self._told = SourceStatus(self._source, SourceState.STARTING)
        self._contact = False
        plan = Plan(
            self._ask,
            self._make_query,
            self._registry,
            self.settle,
            options.timings,
            TroubleLog(self._source),
            options.damping,
            options.registry.exposed_by_default,
            self._most_loops,
        )
        self.datacentres = [
            Datacentre(name, plan, self._preferences(number), tasks)
            for number, name in enumerate(options.registry.datacentres)
        ]
        self._keys = [
            FollowedKeys(self._make_query(Topic(Subject.KEYS, prefix)), tell)
            for prefix, tell in self._readers_of_keys()
        ]
        self.watches = [Watch(plan, each.query, each.take) for each in self._keys]

    @property
    def aliases(self) -> Mapping[str, Alias]:
        """The names under which this instance is to be found."""
        return self._registry.aliases

    def _most_loops(self) -> int:
        """All datacentres are asked through the same agent."""
        most = self._options.most_loops or self._means.capacity.most
        return max(1, most // len(self._options.registry.datacentres))

    def _readers_of_keys(self) -> Iterator[tuple[str, Callable[[Mapping[str, bytes]], None]]]:
        if self._options.keys:
            yield self._options.keys, self._registry.keys.put
        for commands in self._registry.commands:
            if self._options.commands:
                yield self._options.commands, commands.put

    def settle(self) -> None:
        """Tell the sink what is new."""
        if not self._synced and self._is_complete():
            self._synced = True
            self._registry.complete()
            self._flush()
            self._tell_synced(self._unread())
        elif self._unread_told != NOTHING_UNREAD and (unread := self._unread()) != self._unread_told:
            self._flush()
            self._tell_synced(unread)
        self._flush()

    def _tell_synced(self, unread: Unread) -> None:
        self._unread_told = unread
        self._sink.synced(self._source, unread)

    def report(self, clock: float) -> None:
        """Tell the sink how the source is, if that is not what it was told last."""
        contact = clock if self._contact else self._told.last_contact
        self._contact = False
        keys = [each.query for each in self._keys]
        self._remark()
        status = standing(self._source, self.datacentres, keys, self._synced, contact)
        if status != self._told:
            self._told = status
            self._sink.status(status)

    def _remark(self) -> None:
        origin = Origin(self._source, "settings", "", "consul")
        remarks = dict.fromkeys(datacentre.remark for datacentre in self.datacentres if datacentre.remark)
        problems = tuple(Problem(origin, LIMIT, remark) for remark in remarks)
        self._said.put(origin, Translation(problems=problems) if problems else None)

    async def _ask(self, question: Question) -> Answer:
        answer = await self._means.api.ask(question)
        self._contact = self._contact or answer.head.status == HTTPStatus.OK
        return answer

    def _flush(self) -> None:
        try:
            self._registry.flush()
        except Exception:
            # A fault of ours in translating one service must not end the discovery of all others.
            _LOG.exception("%s: internal error", self._source)

    def _is_complete(self) -> bool:
        """All is known, or all that can be: who fails from the beginning does not hold up the rest."""
        keys = all(each.query.answered for each in self._keys)
        if keys and all(datacentre.answered for datacentre in self.datacentres):
            return True
        waited = self._now() - self._began >= self._options.timings.patience
        return waited and any(datacentre.catalog.query.answered for datacentre in self.datacentres)

    def _unread(self) -> Unread:
        names = {name for datacentre in self.datacentres for name in datacentre.unread}
        parts = [datacentre.is_whole for datacentre in self.datacentres]
        parts += [each.query.answered and each.query.whole for each in self._keys]
        # Of a route that services share, nobody knows which of them it would still have.
        shared = bool(names) and bool(self._options.registry.dialects)
        everything = shared or not all(parts)
        return Unread(everything, objects=frozenset(map(self._registry.origin, names)))

    def _make_query(self, topic: Topic) -> BlockingQuery:
        doubtful = self._doubtful and not self._synced
        return BlockingQuery(
            topic, self._options.mode, self._options.timings, self._means.dice, doubtful=doubtful
        )

    def _preferences(self, number: int) -> Preferences:
        preferences = self._options.preferences
        if number and not preferences.tagged_address:
            return replace(preferences, tagged_address=FAR)
        return preferences
