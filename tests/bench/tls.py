"""What TLS costs: requests on kept connections, handshakes, and connections that wait; beside HAProxy."""

import multiprocessing
import os
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import structs

from tests.bench import wrk
from tests.bench.cpu import (
    METHOD,
    SITE,
    closing_requests,
    compiled_claim,
    load_of,
    measure,
    rounds,
    running,
    table,
)
from tests.bench.findings import Claim, Findings, Table, median, spread
from tests.bench.machine import memory, usage
from tests.bench.row import Scale
from tests.bench.subject.secured import NAME, OFFSET, secured_subjects
from tests.bench.subject.subject import Running

HANDSHAKES = 1500
"""Connections of a round."""
AT_ONCE = 16
"""Connections at a time, so that there is always one to serve."""
VISITORS = 8
"""Clients at a time that resume sessions."""
UNBROKEN: Final = ", without pauses"
FORK: Final = multiprocessing.get_context("fork")
IDLE = 2000
"""Connections that wait."""
HOW = (
    "TLS 1.3 (AES-128-GCM, X25519), a certificate with an ECDSA P-256 key, session tickets on; OpenSSL of "
    "the system for all but Traefik and Caddy, which have Go's own.",
)


def tls(scale: Scale, folder: Path) -> Findings:
    """CPU per request on kept connections."""
    chosen = secured_subjects(SITE)
    with running(folder, SITE, chosen) as proxies:
        secured(proxies)
        load = structs.replace(load_of(SITE, folder), scheme="https")
        samples = rounds(proxies, load, scale.rounds, scale.seconds)
    return Findings(
        (*METHOD, *HOW),
        table(samples, "HAProxy"),
        [compiled_claim(samples, 1.0)],
        {f"{one.name}: {name}": one.files[name] for one in chosen for name in one.shown},
        {one.name: one.version_text() for one in chosen},
        {name: [round(sample.total, 2) for sample in of] for name, of in samples.items()},
    )


def tls_handshakes(scale: Scale, folder: Path) -> Findings:
    """CPU per connection: full handshakes, and resumed ones."""
    values: dict[str, list[float]] = {}
    with running(folder, SITE, secured_subjects(SITE)) as proxies:
        secured(proxies)
        closing = wrk.prepare(folder, "closing", closing_requests(SITE))
        load = structs.replace(closing, scheme="https", connections=AT_ONCE)
        for _ in range(scale.rounds + 1):
            for proxy in proxies:
                name = proxy.subject.name
                for kind in ("full", "resumed"):
                    values.setdefault(f"{name}: {kind}", []).append(_handshakes(proxy, kind))
                total = measure(proxy, load, scale.seconds).total
                values.setdefault(f"{name}: full{UNBROKEN}", []).append(total)
                total = _handshakes(proxy, "resumed", VISITORS)
                values.setdefault(f"{name}: resumed{UNBROKEN}", []).append(total)
    # The first round warms up.
    values = {name: of[1:] for name, of in values.items()}
    rows = [
        [name, f"{median(of):.0f}", spread(of), f"{1e6 / median(of):.0f}", f"{_ratio(name, values):.2f}"]
        for name, of in values.items()
    ]
    head = ["connections", "us each", "least to greatest", "a second, one core", "ratio to HAProxy"]
    method = (
        f"{HANDSHAKES} connections in turn, each with one request; CPU of all processes of the proxy, which "
        f"are on core 0; clients and the origin are on core 1. `without pauses` is the same with {AT_ONCE} "
        f"connections at a time, resumed ones by {VISITORS} clients."
    )
    promised = [name for name in values if name.startswith("Headgate, compiled")]
    return Findings(
        (method, *HOW),
        Table(head, rows),
        [Claim(f"{name}, times that of HAProxy", _ratio(name, values), 1.0) for name in promised],
        values={name: [round(value, 1) for value in of] for name, of in values.items()},
    )


def tls_idle(scale: Scale, folder: Path) -> Findings:
    """Memory of connections that wait."""
    rows, bounds = [], []
    with running(folder, SITE, secured_subjects(SITE)) as proxies:
        secured(proxies)
        for proxy in proxies:
            each = _idle(proxy)
            rows.append([proxy.subject.name, f"{each / 1024:.1f}"])
            if proxy.subject.name == "Headgate, compiled":
                bounds.append(Claim(f"{proxy.subject.name}: KB of a connection", each / 1024, 50.0))
    method = f"{IDLE:,} connections, one request on each, then nothing; growth of the resident memory."
    return Findings((method, *HOW), Table(["proxy", "KB each"], rows), bounds)


def secured(proxies: Sequence[Running]) -> None:
    """From now on they are asked on the port with TLS."""
    for proxy in proxies:
        proxy.subject = structs.replace(proxy.subject, port=proxy.subject.port + OFFSET)


def _handshakes(proxy: Running, kind: str, visitors: int = 1) -> float:
    """Microseconds of one round, for each connection."""
    context = _context()
    session = _visit(proxy, context, None) if kind == "resumed" else None
    each = HANDSHAKES // visitors
    clients = [FORK.Process(target=_visits, args=(proxy, context, session, each)) for _ in range(visitors)]
    before = usage(proxy.pids())
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert not any(client.exitcode for client in clients)
    time.sleep(0.2)
    return usage(proxy.pids()).since(before).total * 1e6 / (each * visitors)


def _visits(proxy: Running, context: ssl.SSLContext, session: ssl.SSLSession | None, count: int) -> None:
    os.sched_setaffinity(0, {1})
    for _ in range(count):
        _visit(proxy, context, session)


def _visit(proxy: Running, context: ssl.SSLContext, session: ssl.SSLSession | None) -> ssl.SSLSession | None:
    with _connect(proxy, context, session) as connection:
        _ask(connection, close=True)
        assert connection.session_reused == (session is not None)
        return connection.session


def _idle(proxy: Running) -> float:
    """Bytes that each takes."""
    context = _context()
    before = memory(proxy.pids())["Rss"]
    connections = [_connect(proxy, context, None) for _ in range(IDLE)]
    try:
        for connection in connections:
            _ask(connection, close=False)
        time.sleep(1)
        return (memory(proxy.pids())["Rss"] - before) * 1e6 / IDLE
    finally:
        for connection in connections:
            connection.close()


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def _connect(proxy: Running, context: ssl.SSLContext, session: ssl.SSLSession | None) -> ssl.SSLSocket:
    plain = socket.create_connection((proxy.subject.address, proxy.subject.port), timeout=10)
    # As clients of the web do: a request does not wait for the acknowledgement of what came before it.
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname=NAME, session=session)


def _ask(connection: ssl.SSLSocket, *, close: bool) -> None:
    route = next(iter(SITE.routes()))
    end = b"Connection: close\r\n" if close else b""
    connection.sendall(
        b"GET %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (route.path.encode(), route.host.encode(), end)
    )
    data = connection.recv(65536)
    assert data.startswith(b"HTTP/1.1 200 "), data[:100]
    while close and data:
        data = connection.recv(65536)


def _ratio(name: str, values: Mapping[str, Sequence[float]]) -> float:
    kind = name.rpartition(": ")[2]
    return median(values[name]) / median(values[f"HAProxy: {kind}"])
