"""Traefik's tags mean to Headgate what they mean to Traefik: both on one Consul, asked the same."""

import http.client
import time
from collections.abc import Iterator
from functools import partial

import pytest
from msgspec import Struct

from tests.real.harness.browser import eventually
from tests.real.harness.consul import ADDRESS as AGENT
from tests.real.harness.consul import Consul
from tests.real.harness.headgate import ADDRESS, Headgate
from tests.real.harness.node import Node
from tests.real.harness.pod import Manner, PodFacts, Temper
from tests.real.harness.traefik import ADDRESS as TRAEFIK
from tests.real.harness.traefik import PORT, Traefik
from tests.real.oracle.traefik_case import Ask, Case
from tests.real.oracle.traefik_cases import CASES

ENABLE = "traefik.enable=true"
SEEN_BY_SERVERS = (
    *(
        "host",
        "x-forwarded-prefix",
        "x-replaced-path",
        "authorization",
        "x-team",
        "x-gone",
        "x-user",
        "x-told",
    ),
)
SEEN_BY_CLIENTS = (
    *(
        "x-pod",
        "x-answer",
        "location",
        "strict-transport-security",
        "x-frame-options",
        "x-content-type-options",
    ),
    *(
        "x-xss-protection",
        "referrer-policy",
        "access-control-allow-origin",
        "access-control-allow-credentials",
    ),
    *("access-control-allow-methods", "access-control-allow-headers", "access-control-expose-headers"),
    *("access-control-max-age", "vary", "www-authenticate", "set-cookie"),
)


class Outcome(Struct, frozen=True):
    """What a request has come to, as far as the two can be compared."""

    status: int
    answer: dict[str, str]
    request: str = ""
    """The line that the server got, where it was asked to say."""
    fields: dict[str, list[str]] = {}
    """And some of the fields."""


class Stage(Struct):
    """Both on one Consul, and a pod for each service."""

    consul: Consul
    traefik: Traefik
    headgate: Headgate
    node: Node
    guard: PodFacts
    """Who is asked whether requests may pass."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("traefik")
    consul, traefik = Consul(folder), Traefik(folder)
    options = ["--consul", f"http://{AGENT}", "--consul-dialect", "traefik", "--http", f"{ADDRESS}:80"]
    headgate = Headgate(folder, [*options, "--workers", "1"])
    with Node() as node:
        try:
            consul.start()
            traefik.start()
            headgate.start()
            yield Stage(consul, traefik, headgate, node, node.start("guard", Temper(Manner.GUARD)))
        finally:
            headgate.kill()
            traefik.daemon.kill()
            consul.daemon.kill()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_decide_alike(stage: Stage, case: Case) -> None:
    pods = register(stage, case)
    try:
        # The last service may be seen before another one.
        deadline = time.monotonic() + 5.0
        while (found := differences(case)) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        for pod in pods:
            stage.consul.deregister(pod)
            stage.node.stop(pod)
    assert not found, "\n".join(found)


def differences(case: Case) -> list[str]:
    """The requests that do not come to the same."""
    pairs = [(ask, outcome(TRAEFIK, PORT, ask), outcome(ADDRESS, 80, ask)) for ask in case.asks]
    return [f"{ask}\n  traefik:  {one}\n  headgate: {other}" for ask, one, other in pairs if one != other]


def register(stage: Stage, case: Case) -> list[PodFacts]:
    """The services of a case, and one more by which both show that they have seen all of them."""
    pods = []
    marker = f"marker-{CASES.index(case)}"
    for service, tags in [*case.services.items(), (marker, ())]:
        pod = stage.node.start(service)
        said = (f"traefik.{tag}".replace("{guard}", stage.guard.address) for tag in tags)
        stage.consul.register(pod, service, ENABLE, *said)
        pods.append(pod)
    for at in ((TRAEFIK, PORT), (ADDRESS, 80)):
        eventually(partial(is_served, *at, Ask(marker)), 15.0, marker)
    return pods


def is_served(address: str, port: int, ask: Ask) -> bool:
    """Whether a server answers."""
    return outcome(address, port, ask).status == 200


def outcome(address: str, port: int, ask: Ask) -> Outcome:
    """One request over a connection of its own."""
    connection = http.client.HTTPConnection(address, port, timeout=10.0)
    try:
        connection.request(ask.method, ask.path, headers={"Host": ask.host, **dict(ask.fields)})
        answer = connection.getresponse()
        body = answer.read().decode()
        fields = {name.lower(): value for name, value in answer.getheaders() if value}
        # What each says for itself where it refuses a request makes no difference.
        known = () if answer.status in (403, 404) else SEEN_BY_CLIENTS
        said = {name: value for name, value in fields.items() if name in known}
        line, _, head = body.partition("\r\n")
        if not line.endswith("HTTP/1.1"):
            return Outcome(answer.status, said)
        return Outcome(answer.status, said, line, fields_of(head))
    finally:
        connection.close()


def fields_of(head: str) -> dict[str, list[str]]:
    """Those that the two should send alike."""
    found: dict[str, list[str]] = {}
    for line in head.splitlines():
        name, _, value = line.partition(": ")
        if name.lower() in SEEN_BY_SERVERS:
            found.setdefault(name.lower(), []).append(value)
    return found
