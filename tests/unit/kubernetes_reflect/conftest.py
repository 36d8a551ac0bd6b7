"""A source that runs against an API server in this process, and remembers what it tells."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from aiohttp import web

from discovery.kubernetes.credentials import Credentials, from_kubeconfig
from discovery.kubernetes.source import KubernetesOptions, KubernetesSource, MakeCluster
from discovery.kubernetes.timings import Timings
from discovery.pool import Pool
from discovery.source import NOTHING_UNREAD, CertificateClaim, SourceStatus, Translation, Unread
from ingress.model.backend import Backend
from ingress.model.listener import Authority, Certificate
from ingress.model.patterns import PatternFile
from ingress.model.problem import Problem
from ingress.model.route import Origin
from ingress.model.times import Times
from tests.conftest import run_test
from tests.unit.consul.patience import PatientLoop
from tests.unit.kubernetes_reflect.fake_api import PATIENCE, FakeApi


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """What has to happen in a given time is measured by a clock that a busy machine does not hurry."""
    return run_test(pyfuncitem, PatientLoop)


QUICK = Timings(
    connect=1.0,
    answer=1.0,
    silence=3.0,
    initial=3.0,
    watch=(20.0, 30.0),
    brief=0.02,
    backoff=(0.01, 0.08),
    refused=0.1,
    retry_after=0.2,
    report=0.01,
)
"""The default timings, about a hundred times faster where tests would wait for them."""
IMPATIENT = msgspec.structs.replace(QUICK, silence=0.2, initial=0.2, answer=0.2)
"""For tests in which somebody says nothing."""


class Recorder:
    """A cluster and a sink in one: what it was told, and a way to wait until it was told something."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Any] = {}
        self.flushed: dict[tuple[str, str, str], Any] = {}
        self.flushes = 0
        self.dropped: list[tuple[str, str, str]] = []
        self.wanted_maps: frozenset[tuple[str, str]] = frozenset()
        self.wanted_users: frozenset[tuple[str, str]] = frozenset()
        self.wanted: frozenset[tuple[str, str]] = frozenset()
        self.synced_sources: list[str] = []
        self.unread = NOTHING_UNREAD
        self.statuses: list[SourceStatus] = []
        self.problems: dict[Origin, tuple[Problem, ...]] = {}
        self.backends: dict[str, Backend] = {}
        self.broken: set[str] = set()
        self.flush_faults: list[Exception] = []
        self.slow_steps = 0
        self.step_time = 0.0
        self.on_synced: Callable[[], object] = lambda: None

    def of(self, kind: str) -> list[str]:
        """The names of a kind, as of the last flush."""
        return sorted(name for of, _, name in self.flushed if of == kind)

    # the cluster

    def put_object(self, kind: str, obj: Any) -> None:
        if obj.metadata.name in self.broken:
            raise RuntimeError("a fault of ours")
        self.objects[kind, obj.metadata.namespace, obj.metadata.name] = obj

    def drop_object(self, kind: str, namespace: str, name: str) -> None:
        self.objects.pop((kind, namespace, name), None)
        self.dropped.append((kind, namespace, name))

    def steps(self) -> Iterator[None]:
        self.flushes += 1
        if self.flush_faults:
            raise self.flush_faults.pop()
        while self.slow_steps:
            self.slow_steps -= 1
            cast(PatientLoop, asyncio.get_running_loop()).work(self.step_time)
            yield
        self.flushed = dict(self.objects)

    def wanted_secrets(self) -> frozenset[tuple[str, str]]:
        return self.wanted

    def wanted_userlists(self) -> frozenset[tuple[str, str]]:
        return self.wanted_users

    def wanted_configmaps(self) -> frozenset[tuple[str, str]]:
        return self.wanted_maps

    # the sink

    def put(self, origin: Origin, translation: Translation) -> None:
        self.problems[origin] = translation.problems

    def drop(self, origin: Origin) -> None:
        del self.problems[origin]

    def put_backend(
        self,
        source: str,
        backend: Backend,
        problems: tuple[Problem, ...] = (),
        flawed: bool = False,
        pool: Pool | None = None,
    ) -> None:
        self.backends[backend.name] = backend

    def drop_backend(self, source: str, name: str) -> None:
        del self.backends[name]

    def put_certificate(
        self, source: str, certificate: Certificate, claims: tuple[CertificateClaim, ...]
    ) -> None:
        raise NotImplementedError

    def drop_certificate(self, source: str, name: str) -> None:
        raise NotImplementedError

    def put_authority(self, source: str, authority: Authority) -> None:
        raise NotImplementedError

    def drop_authority(self, source: str, name: str) -> None:
        raise NotImplementedError

    def put_file(self, source: str, file: PatternFile) -> None:
        raise NotImplementedError

    def drop_file(self, source: str, name: str) -> None:
        raise NotImplementedError

    def restored(self, source: str) -> Mapping[Origin, frozenset[str]]:
        return {}

    def synced(self, source: str, unread: Unread = NOTHING_UNREAD) -> None:
        self.on_synced()
        self.synced_sources.append(source)
        self.unread = unread

    def status(self, status: SourceStatus) -> None:
        self.statuses.append(status)


class RecordedCluster:
    """The side of a recorder that a source takes for a cluster."""

    def __init__(self, recorder: Recorder) -> None:
        self.put = recorder.put_object
        self.drop = recorder.drop_object
        self.steps = recorder.steps
        self.wanted_secrets = recorder.wanted_secrets
        self.wanted_configmaps = recorder.wanted_configmaps
        self.wanted_userlists = recorder.wanted_userlists
        self.lookups = SimpleNamespace()
        self.unread = NOTHING_UNREAD
        self.lag = Times()


class World:
    """A source, and the API server it watches."""

    def __init__(self, folder: Path) -> None:
        self.api = FakeApi()
        self.seen = Recorder()
        self.kubeconfig = folder / "kubeconfig"
        self.credentials: Credentials = from_kubeconfig(str(self.kubeconfig))
        self.make_cluster: MakeCluster = self._recorded_cluster

    @property
    def state(self) -> str:
        """What the source said of itself last."""
        return self.seen.statuses[-1].state if self.seen.statuses else ""

    @property
    def detail(self) -> str:
        """Why."""
        return self.seen.statuses[-1].detail if self.seen.statuses else ""

    @property
    def parts(self) -> dict[str, str]:
        """How its parts are."""
        return self.seen.statuses[-1].parts if self.seen.statuses else {}

    @property
    def synced(self) -> bool:
        """Whether the first full sync was announced."""
        return bool(self.seen.synced_sources)

    async def until(self, condition: Callable[[], object]) -> None:
        """Let things happen until a condition holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.002)

    @asynccontextmanager
    async def running(
        self, timings: Timings = QUICK, namespaces: tuple[str, ...] = ()
    ) -> AsyncIterator[None]:
        """Run both for as long as the block takes."""
        async with self._served():
            options = KubernetesOptions("kubernetes", self.credentials, namespaces, timings)
            clock = asyncio.get_running_loop().time
            source = KubernetesSource(options, self.make_cluster, clock, dice=lambda: 0.5)
            task = asyncio.create_task(source.run(self.seen))
            try:
                yield
                assert not task.done(), "the source gave up"
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def _recorded_cluster(self, _: object) -> Any:
        return RecordedCluster(self.seen)

    @asynccontextmanager
    async def _served(self) -> AsyncIterator[None]:
        application = web.Application()
        application.router.add_get("/{path:.*}", self.api.answer)
        runner = web.AppRunner(application, shutdown_timeout=0.0, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._write_kubeconfig(runner.addresses[0][1])
        try:
            yield
        finally:
            await runner.cleanup()

    def _write_kubeconfig(self, port: int) -> None:
        config = {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
            "users": [{"name": "u", "user": {"tokenFile": "token"}}],
        }
        self.kubeconfig.write_text(json.dumps(config))
        self.kubeconfig.with_name("token").write_text("good\n")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Nothing in it yet, and nothing runs."""
    return World(tmp_path)
