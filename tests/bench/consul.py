"""How long after Consul's answer a changed instance gets its first request, and what that costs."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.bench.findings import Claim, Findings, Table
from tests.bench.in_force import figures
from tests.bench.machine import usage
from tests.bench.probe import Probe
from tests.bench.row import Scale
from tests.bench.subject.cataloged import HTTPS, headgate_on, traefik_on
from tests.bench.subject.subject import Running, Subject
from tests.real.harness.certificate import Pair, self_signed
from tests.real.harness.consul import PORTS, Consul, node
from tests.real.harness.node import Node
from tests.real.harness.pod import PodFacts

SERVICES = 1_000
INSTANCES = 10
NODES = 100
ILL = INSTANCES - 1
"""The place of the instance that gets no requests at first."""
PAUSE = 0.1
METHOD = (
    "A real Consul, one server that is its own agent, with 1,000 services of 10 instances, each with a "
    "check, on 100 nodes; one worker; nothing is bound to a core. Both proxies read the same services by "
    "their own tags.",
    "Nine instances of each service pass. A transaction gives one of them another address; the clock runs "
    "from Consul's answer until the answer of the new pod has come back through the proxy, over a connection "
    "that asks again and again and is sent from one instance to the next. Each change is one of another "
    "service. `recovers`: the check of the tenth instance, which is critical, passes.",
    "`200 connections` is Consul's default for a client (`http_max_conns_per_client`), with which Headgate "
    "watches each node, and all checks that fail, beside a query for each of the services that changed last; "
    "where there are more than 120 nodes (`1,000 nodes`) it watches all checks instead. With 2,000 each "
    "service has a query of its own, and so over TLS, as HTTP/2 takes many over one connection.",
    "Questions are the requests that Consul has logged, and CPU is that of its process and of all of the "
    "proxy's, both from the first change to the last, divided by the changes.",
)


class Case(Struct, frozen=True):
    """A proxy, and how many connections Consul takes from it."""

    subject: Subject
    connections: int
    share: int = 1
    """One change in so many is made: it would take too long."""
    nodes: int = NODES
    recovers: bool = False
    """A check recovers, instead of an instance moving."""
    pair: Pair | None = None
    """The certificate of Consul, if it is asked over TLS."""


def cases() -> Mapping[str, Case]:
    """All that are compared."""
    pair = self_signed("localhost")
    return {
        "Headgate, 2,000 connections": Case(headgate_on(), 2000),
        "Headgate, 200 connections, TLS": Case(headgate_on(pair.chain), 200, pair=pair),
        "Headgate, 200 connections": Case(headgate_on(), 200),
        "Headgate, 200 connections, recovers": Case(headgate_on(), 200, recovers=True),
        "Headgate, 2,000 connections, recovers": Case(headgate_on(), 2000, 2, recovers=True),
        "Headgate, 200 connections, TLS, recovers": Case(
            headgate_on(pair.chain), 200, 2, recovers=True, pair=pair
        ),
        "Headgate, 200 connections, 1,000 nodes": Case(headgate_on(), 200, 4, nodes=1_000),
        "Traefik, watch": Case(traefik_on(watch=True), 2000, 10),
        "Traefik, poll (15 s)": Case(traefik_on(watch=False), 2000, 40),
    }


def consul(scale: Scale, folder: Path) -> Findings:
    """The row."""
    lines, values = [], {}
    compared = cases()
    for number, (name, case) in enumerate(compared.items()):
        waits, costs = measure(case, folder / str(number), max(3, scale.changes // case.share))
        lines.append([name, str(len(waits)), *(f"{wait * 1e3:.1f}" for wait in figures(waits)), *costs])
        values[name] = [round(wait * 1e3, 2) for wait in waits]
    head = ["case", "changes", "p50 ms", "p99 ms", "most ms"]
    head += ["questions", "CPU ms Consul", "CPU ms proxy"]
    claims = [
        Claim(f"p99 in force, {line[0]}", float(line[3]), 20.0, "ms")
        for line in lines
        if line[0].startswith("Headgate") and compared[line[0]].nodes == NODES
    ]
    return Findings(METHOD, Table(head, lines), claims, values=values)


def measure(case: Case, folder: Path, changes: int) -> tuple[list[float], list[str]]:
    """Seconds for each change; and questions, CPU of Consul and of the proxy for one of them."""
    folder.mkdir(parents=True)
    server = Consul(folder, more={**settings(case.connections), **tls(case.pair, folder)})
    proxy = Running(case.subject, folder / "proxy", core=None)
    server.start()
    try:
        with Node() as pods:
            members = [pods.start(f"p{place}") for place in range(INSTANCES)]
            server.record([*map(node, map(node_name, range(case.nodes))), *everything(members, case.nodes)])
            proxy.start()
            proxy.wait_for(host(SERVICES - 1), "/", 120.0)
            time.sleep(5.0)
            new = members[-1] if case.recovers else pods.start("new")
            return observe(server, proxy, Move(new, case.nodes), changes)
    finally:
        proxy.stop()
        server.daemon.kill()


class Move(Struct, frozen=True):
    """To where instances go, and on how many nodes they are."""

    new: PodFacts
    nodes: int


def observe(server: Consul, proxy: Running, move: Move, changes: int) -> tuple[list[float], list[str]]:
    """Make the changes, and look at what they cost."""
    probe = Probe()
    before = bill(server, proxy)
    waits = [seconds_until_in_force(server, probe, move, number) for number in range(changes)]
    spent = [after - earlier for after, earlier in zip(bill(server, proxy), before, strict=True)]
    return waits, [f"{each / changes:.1f}" for each in spent]


def bill(server: Consul, proxy: Running) -> tuple[float, float, float]:
    """Questions, and milliseconds of CPU of Consul and of the proxy, so far."""
    return questions(server), usage([server.daemon.pid]).total * 1e3, usage(proxy.pids()).total * 1e3


def seconds_until_in_force(server: Consul, probe: Probe, move: Move, number: int) -> float:
    """From Consul's answer to the first answer of the new pod."""
    time.sleep(PAUSE)
    place = ILL if move.new.name == f"p{ILL}" else 0
    far = far_from(number, place, move.nodes)
    server.record(list(instance(number, place, move.new.address, "passing", far)))
    began = time.monotonic()
    while probe.ask(host(number)).pod != move.new.name:
        assert time.monotonic() - began < 60.0, "the change is not in force after 60 s"
    return time.monotonic() - began


def everything(pods: Sequence[PodFacts], nodes: int) -> Iterator[dict[str, Any]]:
    """The operations that record all instances: each service has them all, and the last one is ill."""
    for number in range(SERVICES):
        for place, pod in enumerate(pods):
            status = "critical" if place == ILL else "passing"
            yield from instance(number, place, pod.address, status, far_from(number, place, nodes))


def node_name(number: int) -> str:
    """That of a node."""
    return f"far-{number}"


def far_from(number: int, place: int, nodes: int) -> str:
    """The node that an instance is on."""
    return node_name((number * 7 + place * 13) % nodes)


def instance(number: int, place: int, address: str, status: str, far: str) -> Sequence[dict[str, Any]]:
    """The operations that record one instance; what its check has put out differs by its address."""
    name = f"i{number}-{place}"
    router = f"traefik.http.routers.s{number}.rule=Host(`{host(number)}`)"
    tags = ["headgate.enable=true", f"headgate.host={host(number)}", "traefik.enable=true", router]
    facts = {"ID": name, "Service": f"s{number}", "Address": address, "Port": 80, "Tags": tags}
    check = {"Node": far, "CheckID": f"c{name}", "Name": "c", "ServiceID": name, "Output": address}
    return (
        {"Service": {"Verb": "set", "Node": far, "Service": facts}},
        {"Check": {"Verb": "set", "Check": {**check, "Status": status}}},
    )


def host(number: int) -> str:
    """That of a service."""
    return f"h{number}.example.com"


def settings(connections: int) -> dict[str, Any]:
    """Of Consul: how many connections it takes; and that it logs each request."""
    return {"limits": {"http_max_conns_per_client": connections}, "log_level": "debug", "log_json": True}


def tls(pair: Pair | None, folder: Path) -> dict[str, Any]:
    """Of Consul: where it speaks TLS, and its certificate."""
    if pair is None:
        return {}
    (folder / "chain.pem").write_bytes(pair.chain)
    (folder / "key.pem").write_bytes(pair.key)
    files = {"cert_file": str(folder / "chain.pem"), "key_file": str(folder / "key.pem")}
    return {"ports": {**PORTS, "https": HTTPS}, "tls": {"https": files}}


def questions(server: Consul) -> int:
    """How many questions about services and checks it has answered."""
    lines = server.daemon.log.read_text().splitlines()
    return sum(1 for line in lines if is_question(line))


def is_question(line: str) -> bool:
    """Whether a line of its log is about one."""
    if "Request finished" not in line:
        return False
    return str(json.loads(line).get("url", "")).startswith(("/v1/health/", "/v1/catalog/"))
