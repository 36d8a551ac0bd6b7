"""A registry whose sink is a real assembly, and a source that runs against a Consul in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiohttp import web

from discovery.assemble import Assembly
from discovery.consul.address import Address
from discovery.consul.api import Scope
from discovery.consul.credentials import Credentials
from discovery.consul.dialects import prefixes
from discovery.consul.flaps import Damping
from discovery.consul.instance import Instance, InstanceKey, Preferences
from discovery.consul.registry import Registry, RegistryOptions
from discovery.consul.source import ConsulOptions, ConsulSource
from discovery.consul.timings import Timings
from discovery.source import SourceStatus
from tests.unit.consul.fake_consul import PATIENCE, FakeConsul

QUICK = Timings(
    connect=1.0,
    answer=1.0,
    wait=20.0,
    late=1.0,
    backoff=(0.01, 0.05),
    retry_after=0.2,
    burst=50,
    slowing=(0.001, 0.01),
    slowing_all=(0.001, 0.01),
    slowing_names=(0.001, 0.01),
    grace=0.4,
    patience=0.3,
    report=0.01,
)
"""The default timings, about a hundred times faster where tests would wait for them."""
ROUTED = (("enable", "true"), ("host", "www.example.com"))


def instance(
    name: str = "web-1",
    *,
    node: str = "n1",
    at: str = "10.0.0.1",
    port: int = 80,
    weight: int = 1,
    created: int = 1,
    fault: str = "",
    held: int = 0,
    **wishes: str,
) -> Instance:
    """An instance; wishes are those of ROUTED unless there are some, with `_` for `-`."""
    said = tuple(sorted((option.replace("_", "-"), text) for option, text in wishes.items())) or ROUTED
    return Instance(InstanceKey(node, name), at, port, weight, "", said, fault, created, held=held)


class Book:
    """A registry, and the table that comes of it."""

    def __init__(self, options: RegistryOptions) -> None:
        self.table = Assembly((options.source,))
        self.registry = Registry(options, self.table)

    def put(self, service: str, *instances: Instance, datacentre: str = "") -> None:
        self.registry.put(datacentre, service, {each.key: each for each in instances})
        self.registry.flush()

    def drop(self, service: str, datacentre: str = "") -> None:
        self.registry.drop(datacentre, service)
        self.registry.flush()

    def complete(self) -> None:
        self.registry.complete()
        self.registry.flush()

    @property
    def routes(self) -> dict[str, list[str]]:
        """`{"www.example.com": ["prefix / -> consul:web"]}`."""
        self.table.take_changes()
        return {
            host.name: [f"{route.kind} {route.path} -> {route.backend}" for route in host.routes]
            for host in self.table.hosts()
        }

    @property
    def servers(self) -> dict[str, list[str]]:
        """`{"consul:web": ["10.0.0.1:80 x1", "10.1.0.1:80 x1 in tier 1"]}`."""
        self.table.take_changes()
        return {
            backend.name: [
                f"{server.address} x{server.weight}" + (f" in tier {server.tier}" if server.tier else "")
                for server in backend.servers
            ]
            for backend in self.table.backends()
        }

    @property
    def problems(self) -> list[str]:
        return [str(problem) for problem in self.table.problems()]

    @property
    def is_closed(self) -> bool:
        """Whether all routes are closed."""
        self.table.take_changes()
        return all(route.policy.closed for host in self.table.hosts() for route in host.routes)


@pytest.fixture
def make_book() -> Callable[..., Book]:
    return lambda **options: Book(RegistryOptions("consul", **options))


@pytest.fixture
def book(make_book: Callable[..., Book]) -> Book:
    return make_book()


class World:
    """A source, and the Consul it watches."""

    def __init__(self) -> None:
        self.consul = FakeConsul()
        self.other = FakeConsul()
        self.table = Assembly(("consul",))
        self.timings = QUICK
        self.damping = Damping()
        self.clock = 1_000_000.0
        self.credentials = Credentials()
        self.registry = RegistryOptions("consul")
        self.mode = "stale"
        self.keys = ""
        self.commands = ""
        self.agents = 1
        self.most_loops = 0

    @property
    def status(self) -> SourceStatus:
        return self.table.statuses()[0]

    @property
    def is_synced(self) -> bool:
        return not self.table.unsynced()

    def servers(self, service: str = "web") -> list[str]:
        """Those that serve while all of them are healthy."""
        self.table.take_changes()
        return [
            server.address
            for backend in self.table.backends()
            if backend.name == f"consul:{service}"
            for server in backend.servers
            if server.tier == 0
        ]

    def hosts(self) -> list[str]:
        self.table.take_changes()
        return sorted(host.name for host in self.table.hosts())

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until it holds."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await asyncio.sleep(0.002)

    @asynccontextmanager
    async def running(self, *, synced: bool = True) -> AsyncIterator[None]:
        """The source runs; normally it has synced."""
        async with serving(self.consul) as one, serving(self.other) as two:
            options = ConsulOptions(
                (one, two)[: self.agents],
                self.registry,
                self.credentials,
                Scope(self.registry.datacentres[0]),
                Preferences(others=prefixes(self.registry.dialects)),
                mode=self.mode,
                keys=self.keys,
                commands=self.commands,
                timings=self.timings,
                damping=self.damping,
                most_loops=self.most_loops,
            )
            source = ConsulSource(options, lambda: self.clock, lambda: 0.5)
            task = asyncio.create_task(source.run(self.table))
            try:
                if synced:
                    await self.until(lambda: self.is_synced)
                yield
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert task.cancelled(), task


@asynccontextmanager
async def serving(consul: FakeConsul) -> AsyncIterator[Address]:
    """The address at which it answers."""
    app = web.Application()
    app.router.add_get("/{path:.*}", consul.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.01, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield Address(f"http://{host}:{port}")
    finally:
        consul.stop()
        await runner.cleanup()


@pytest.fixture
def world() -> World:
    return World()


def quick(**changes: object) -> Timings:
    """The quick timings with some others."""
    return msgspec.structs.replace(QUICK, **changes)


async def settle() -> None:
    """Time in which something could go wrong."""
    await asyncio.sleep(0.1)
