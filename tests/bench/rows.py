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
            reason="Both seal with the same library; what is left of the difference is that each record "
            "goes through a buffer in memory on its way to the library and back. Tried: the loop's "
            "own TLS, which costs more CPU and twice the memory; compiling the connection, with "
            "types, which is what is here.",
        ),
        Row(
            "tls-handshakes",
            "CPU per TLS handshake",
            tls_handshakes,
            reason="Nearly all of it is the TLS library, the same for both. Ours is the ClientHello, which"
            " is read before there is a TLS object, and that object. Tried: compiling the reader "
            "and the connection (in memory 57 to 24 us for a full handshake, 43 to 17 for a resumed"
            " one), the cipher that HAProxy agrees on, no chain made up at each handshake; fewer "
            "groups and a lower security level, to no effect.",
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
