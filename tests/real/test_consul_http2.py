"""An agent over TLS is asked over HTTP/2: as many queries as there are services, over a few connections."""

import http.client
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.real.conftest import StartOnConsul
from tests.real.harness.browser import ask, eventually
from tests.real.harness.certificate import self_signed
from tests.real.harness.consul import PORTS, Consul, node, service
from tests.real.harness.headgate import ADDRESS
from tests.real.harness.load import Load, Plan
from tests.real.harness.pod import PodFacts

PORT = 8501
SERVICES = 1000


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Consul]:
    """A Consul that speaks TLS too, and takes 200 connections from an address, as it does by default."""
    with Consul(tmp_path, more=speaking_tls(tmp_path)) as consul:
        yield consul


@pytest.fixture
def choosy(tmp_path: Path) -> Iterator[Consul]:
    """One that speaks TLS with those alone who show a certificate that it knows: `client.pem`."""
    pair = self_signed("headgate")
    (tmp_path / "client.pem").write_bytes(pair.chain)
    (tmp_path / "client-key.pem").write_bytes(pair.key)
    more = speaking_tls(tmp_path, ca_file=str(tmp_path / "client.pem"), verify_incoming=True)
    with Consul(tmp_path, more=more) as consul:
        yield consul


def speaking_tls(folder: Path, **others: object) -> dict[str, object]:
    """The configuration; `ca.pem` is whom to trust."""
    pair = self_signed("localhost")
    (folder / "ca.pem").write_bytes(pair.chain)
    (folder / "key.pem").write_bytes(pair.key)
    files = {"cert_file": str(folder / "ca.pem"), "key_file": str(folder / "key.pem")}
    return {"ports": {**PORTS, "https": PORT}, "tls": {"https": {**files, **others}}}


def options(folder: Path) -> tuple[str, ...]:
    """How Headgate gets there."""
    return "--consul", f"https://localhost:{PORT}", "--consul-ca-file", str(folder / "ca.pem")


def recorded(number: int, pod: PodFacts) -> dict[str, object]:
    """The operation that records the only instance of a service; no check tells of its changes."""
    facts = PodFacts(f"i{number}", pod.address, pod.port)
    tags = ("headgate.enable=true", f"headgate.host=h{number}.example.com")
    return service("far", f"s{number}", facts, *tags)


def connections() -> int:
    """How many there are to the agent."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(1 for row in rows if row[2].endswith(f":{PORT:04X}") and row[3] == "01")


def test_1000_services_have_a_query_each_at_the_usual_limit_of_connections(
    secure: Consul,
    pods: list[PodFacts],
    on_consul: StartOnConsul,
    tmp_path: Path,
    figure: Callable[[str], None],
) -> None:
    secure.record([node("far"), *(recorded(number, pods[0]) for number in range(SERVICES))])
    headgate = on_consul(*options(tmp_path))
    assert len(headgate.items("backends?limit=2000")) == SERVICES
    assert connections() <= 8
    waits = []
    for number in range(0, SERVICES, 50):
        secure.record([recorded(number, pods[1])])
        waits.append(eventually(lambda: ask(f"h{number}.example.com").pod == "shop-2", what="a change"))  # noqa: B023
    figure(f"{connections()} connections, in force after {max(waits) * 1e3:.0f} ms at most")
    assert max(waits) < 1.0


def test_a_crash_of_an_agent_that_is_asked_over_http2_costs_nothing(
    secure: Consul, pods: list[PodFacts], on_consul: StartOnConsul, tmp_path: Path
) -> None:
    secure.record([node("far"), recorded(0, pods[0])])
    headgate = on_consul(*options(tmp_path))
    with Load(Plan(host="h0.example.com")) as load:
        secure.crash()
        eventually(lambda: headgate.items("sources")[0]["state"] == "degraded", what="the outage")
        secure.start()
        eventually(lambda: headgate.items("sources")[0]["state"] == "live", 30.0, "the end of the outage")
        secure.record([recorded(0, pods[1])])
        eventually(lambda: ask("h0.example.com").pod == "shop-2", what="a change")
    assert load.outcome.failures == []


def test_an_agent_that_asks_for_a_certificate_is_shown_it_when_it_is_read_and_when_it_is_told(
    choosy: Consul, pods: list[PodFacts], on_consul: StartOnConsul, tmp_path: Path
) -> None:
    assert not lets_in_without(tmp_path)
    choosy.register(pods[0], "shop", "urlprefix-www.example.com/ register=edge", Check=None)
    certificate, key = (str(tmp_path / name) for name in ("client.pem", "client-key.pem"))
    ours = ("--consul-certificate-file", certificate, "--consul-key-file", key)
    name = ("--consul-dialect", "fabio", "--consul-register", f"{ADDRESS}:80")
    on_consul(*options(tmp_path), *ours, *name)
    assert ask("www.example.com").pod == "shop-1"
    eventually(lambda: choosy.get("/v1/health/service/edge?passing"), what="our own name")


def lets_in_without(folder: Path) -> bool:
    """Whether the agent answers who shows no certificate."""
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    connection = http.client.HTTPSConnection("localhost", PORT, context=context, timeout=5.0)
    try:
        connection.request("GET", "/v1/status/leader")
        return bool(connection.getresponse().read())
    except OSError:
        return False
    finally:
        connection.close()
