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
        Row("cpu", "CPU per request", cpu),
        Row(
            "tls",
            "CPU per request over TLS",
            tls,
            reason="Both call the same library for each record, with nothing in between; ours makes two "
            "calls to receive a request and its answer, HAProxy four. Tried: the loop's own TLS, "
            "which costs more CPU and twice the memory; Python's ssl module, which costs 2,400 "
            "instructions more for each request.",
        ),
        Row(
            "tls-handshakes",
            "CPU per TLS handshake",
            tls_handshakes,
            reason="Of some 600 us of a resumed connection in turn the library takes 230 and the kernel 130, "
            "about the same for both. The rest is request and answer (100, where one on a busy connection "
            "takes 12), accepting and letting go (60), the ClientHello with the choice of a certificate "
            "(15), the loop (30): ours is the larger program, of which each pause leaves less in the "
            "processor's caches, while connections without pauses cost less than HAProxy's. Tried: the "
            "library with nothing in between (in memory 268 to 249 us, resumed 238 to 219), freeing "
            "connections at once, one send for answer and goodbye, trusted proxies by number: 1.13 to "
            "1.06, resumed 1.14 to 1.05. TCP_DEFER_ACCEPT would save 2%, and reset those who have yet to "
            "speak when a listener closes. Fewer groups, a lower security level: no effect.",
        ),
        Row("tls-idle", "Memory of idle TLS connections", tls_idle),
        Row(
            "rules",
            "What rules cost",
            rules,
            reason="The noise of a run is as large as the bounds: two of five rounds on a quiet machine had "
            "1.03 and 1.17 for 20 ACLs compiled, 0.95 and 1.06 for paths, 0.99 and 1.04 for addresses. "
            "HAProxy's own growth by 20 ACLs is beyond the bound too. Tried: typed gates, marks of the head "
            "in place of searches, answers of address lists kept for each client.",
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
