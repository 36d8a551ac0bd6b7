"""Fixtures: a real cluster and a node for the session; a namespace and Headgates for each test."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.real.harness import objects
from tests.real.harness.api import Api
from tests.real.harness.cluster import Cluster
from tests.real.harness.consul import ADDRESS as AGENT
from tests.real.harness.consul import Consul
from tests.real.harness.grants import Grants
from tests.real.harness.headgate import ADDRESS, Headgate
from tests.real.harness.node import Node
from tests.real.harness.pod import PodFacts

StartHeadgate = Callable[..., Headgate]
StartOnConsul = Callable[..., Headgate]
FIGURES = pytest.StashKey[list[str]]()
KINDS_TO_CLEAR = (
    ("Ingress", objects.NETWORKING),
    ("Service", "v1"),
    ("EndpointSlice", objects.DISCOVERY),
    ("Secret", "v1"),
    ("ConfigMap", "v1"),
)
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """A place for the figures; and no run on a network that is not ours alone."""
    config.stash[FIGURES] = []
    # The header alone, and no line for a network: nothing beyond our own addresses can be reached.
    if len(Path("/proc/net/route").read_text().splitlines()) > 1:
        pytest.exit("run these tests with `make test-real`: they need a network of their own", 3)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was measured, after the results."""
    for line in config.stash[FIGURES]:
        terminalreporter.write_line(f"measured: {line}")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Say what was measured; shown at the end of the run."""
    return lambda text: request.config.stash[FIGURES].append(f"{request.node.name}: {text}")


@pytest.fixture(scope="session")
def real_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster, whatever its health; started once."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.start()
        cluster.admin.apply(objects.ingress_class())
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def cluster(real_cluster: Cluster) -> Iterator[Cluster]:
    """The cluster, healthy; a test that breaks it need not mend it."""
    yield real_cluster
    if real_cluster.server.is_alive():
        real_cluster.server.thaw()
    if not real_cluster.admin.is_ready() or real_cluster.server_options:
        real_cluster.restart_server()


@pytest.fixture
def api(cluster: Cluster) -> Api:
    """The cluster's administrator."""
    return cluster.admin


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace that only this test uses, empty."""
    name = f"team-{next(_numbers)}"
    cluster.admin.apply(objects.namespace(name))
    yield name
    if not cluster.admin.is_ready():
        cluster.restart_server()
    for kind, version in KINDS_TO_CLEAR:
        cluster.admin.delete_all(kind, version, name)


@pytest.fixture
def grants(api: Api) -> Iterator[Grants]:
    """No rights at first, and none afterwards."""
    grants = Grants(api)
    yield grants
    grants.take()


@pytest.fixture
def node() -> Iterator[Node]:
    """A place where pods run."""
    with Node() as node:
        yield node


@pytest.fixture
def headgate(cluster: Cluster, tmp_path: Path) -> Iterator[StartHeadgate]:
    """Start a Headgate on the cluster; with other options on top, or with another source. The one of number 1
    is beside that of number 0, on the next ports."""
    started: list[Headgate] = []

    def start(*options: str, kubeconfig: Path | None = None, ready: bool = True, number: int = 0) -> Headgate:
        where = () if "--kubernetes" in options else ("--kubeconfig", str(kubeconfig or cluster.kubeconfig()))
        chosen = [*where, "--http", f"{ADDRESS}:{80 + number}"]
        workers = [] if "--workers" in options else ["--workers", "2"]
        started.append(Headgate(tmp_path, [*chosen, *workers, *options], number))
        started[-1].start(ready=ready)
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def consul(tmp_path: Path) -> Iterator[Consul]:
    """A Consul that has started."""
    with Consul(tmp_path) as consul:
        yield consul


@pytest.fixture
def on_consul(tmp_path: Path) -> Iterator[StartOnConsul]:
    """Start a Headgate on an agent of Consul, with further options."""
    started: list[Headgate] = []

    def start(*options: str, agent: str = AGENT) -> Headgate:
        workers = [] if "--workers" in options else ["--workers", "2"]
        where = ["--consul", f"http://{agent}"] if "--consul" not in options else []
        started.append(Headgate(tmp_path, [*where, "--http", f"{ADDRESS}:80", *workers, *options]))
        started[-1].start()
        return started[-1]

    yield start
    for headgate in started:
        headgate.kill()


@pytest.fixture
def pods(node: Node) -> list[PodFacts]:
    """Two pods that are not registered anywhere."""
    return [node.start(f"shop-{number}") for number in (1, 2)]
