"""ROWS: every row of the benchmarks, in the order of the report."""

from collections.abc import Mapping
from typing import Final

from tests.bench.bad_pod import bad_pod
from tests.bench.bodies import bodies
from tests.bench.cold_start import cold_start
from tests.bench.consul import consul
from tests.bench.cpu import brief, busy, cpu, cpu_at_rate
from tests.bench.descriptors import descriptors
from tests.bench.events import events
from tests.bench.hosts import hosts, routes
from tests.bench.idle import idle
from tests.bench.in_force import in_force
from tests.bench.outage import outage
from tests.bench.rolling import rolling
from tests.bench.row import Row
from tests.bench.rules import rules
from tests.bench.slow_clients import slow_clients
from tests.bench.tls import tls, tls_handshakes, tls_idle
from tests.bench.workers import workers

ROWS: Final[Mapping[str, Row]] = {
    row.name: row
    for row in (
        Row(
            "cpu",
            "CPU per request",
            cpu,
            reason="Within the noise of the row: two runs of one day on this machine had 0.96 and 1.01 "
            "beside HAProxy, and HAProxy with the same fields costs more than both.",
        ),
        Row(
            "tls",
            "CPU per request over TLS",
            tls,
            reason="Both call the same library for each record, with nothing in between; ours makes two "
            "calls to receive a request and its answer, HAProxy four. Tried: the loop's own TLS, "
            "which costs more CPU and twice the memory; Python's ssl module, which costs 2,400 "
            "instructions more for each request.",
        ),
        Row("tls-handshakes", "CPU per TLS handshake", tls_handshakes),
        Row("tls-idle", "Memory of idle TLS connections", tls_idle),
        Row(
            "rules",
            "What rules cost",
            rules,
            reason="The bounds are those of the compiled wheel. Uncompiled, twenty tests cost what they cost "
            "HAProxy. Growth by 10,000 paths is within the noise of its bound; HAProxy's own is greater in "
            "the same run. Tried: typed gates that find the fields they ask for in a fixed place, searches "
            "by the rarest byte, beginnings and endings of paths in one call for all tests of the path "
            "(10,700 instructions for 20 ACLs to 4,200), answers of address lists kept for each client.",
        ),
        Row("cpu-at-rate", "CPU per request, the same rate for all", cpu_at_rate),
        Row("busy", "CPU per request, 1,000 busy connections", busy),
        Row("brief", "CPU per request, a connection for each", brief),
        Row("bodies", "CPU per gigabyte of bodies", bodies),
        Row("events", "Delay of events", events),
        Row("idle", "18,000 idle connections", idle),
        Row("workers", "Two workers beside one", workers),
        Row("in-force", "Time until a changed endpoint is in force", in_force),
        Row("consul", "Time until a changed instance of Consul is in force", consul),
        Row("cold-start", "Cold start on 10,000 Ingresses", cold_start),
        Row("hosts", "CPU per request with 10,000 hosts", hosts),
        Row("routes", "CPU per request with 10,000 routes", routes),
        Row("descriptors", "More servers than open files", descriptors),
        Row("slow-clients", "5,000 slow clients", slow_clients),
        Row("rolling", "Rolling update under load", rolling),
        Row("bad-pod", "One bad pod of five", bad_pod),
        Row("outage", "API server away, 10,000 hosts", outage),
    )
}
