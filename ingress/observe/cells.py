"""What each cell of the shared page counts: the layout that all processes agree on.

A column is one worker's array of int64 cells, in rows of `ROW` cells. The first `RESERVED` rows are
the worker's own counters; every other row belongs to the object whose key's id is in its OWNER cell.
"""

from enum import IntEnum
from hashlib import blake2b
from typing import Final

from ingress.model.reason import Reason

ROW: Final = 8
RESERVED: Final = 16
SCRATCH: Final = RESERVED - 1
"""The row of everything that has none (slot 0): written, never read."""


class ServerCell(IntEnum):
    """The row of one server of one backend."""

    OWNER = 0
    IN_FLIGHT = 1
    REQUESTS = 2
    CONNECT_FAILURES = 3
    FAILURES = 4
    RESPONSES_5XX = 5
    BYTES_IN = 6
    """From clients, on to the server."""
    BYTES_OUT = 7
    """From the server, on to clients."""


class RouteCell(IntEnum):
    """The row of all routes of one object to one backend. Bytes in are those of request bodies."""

    OWNER = 0
    CODE_2XX = 1
    CODE_3XX = 2
    CODE_4XX = 3
    CODE_5XX = 4
    BYTES_IN = 5
    BYTES_OUT = 6
    MICROSECONDS = 7


class WorkerCell(IntEnum):
    """The counters of a worker as a whole. Those in `GAUGES` go up and down."""

    CONNECTIONS = 0
    CONNECTIONS_TOTAL = 1
    REQUESTS_TOTAL = 2
    REQUEST_MICROSECONDS = 3
    """The sum behind the histogram of durations."""
    UPSTREAM_CONNECTIONS = 4
    UPSTREAM_OPENED_TOTAL = 5
    UPSTREAM_REUSED_TOTAL = 6
    RETRIES_TOTAL = 7
    """Sent again after a server had it, to the same or another one."""
    REDISPATCHES_TOTAL = 8
    """Given to another server because one could not be connected to."""
    CONNECT_MICROSECONDS = 9
    TCP_CONNECTIONS = 10
    TCP_CONNECTIONS_TOTAL = 11
    TCP_BYTES_IN = 12
    TCP_BYTES_OUT = 13
    HEARTBEAT = 14
    """Monotonic seconds of the last sweep."""
    SERVERS_DOWN = 15
    EXCHANGES = 16
    """Requests that wait for their answer, or for the rest of it."""
    TUNNELS = 17
    TUNNELS_TOTAL = 18
    BYTES_IN = 19
    BYTES_OUT = 20
    LOG_LINES_LOST = 21
    TLS_HANDSHAKES_TOTAL = 22
    """Completed, with clients."""
    TLS_RESUMED_TOTAL = 23
    """Of those: by a session of before."""
    TLS_FAILED_TOTAL = 24
    SERVER_HANDSHAKES_TOTAL = 25
    """Completed, with servers."""
    SERVER_HANDSHAKES_RESUMED_TOTAL = 26
    SERVER_HANDSHAKES_FAILED_TOTAL = 27
    PROXY_HEADERS_FAILED_TOTAL = 28
    """Connections of proxies that did not say in time, or not well, whose they were."""


GAUGES: Final = (
    WorkerCell.CONNECTIONS,
    WorkerCell.UPSTREAM_CONNECTIONS,
    WorkerCell.TCP_CONNECTIONS,
    WorkerCell.SERVERS_DOWN,
    WorkerCell.EXCHANGES,
    WorkerCell.TUNNELS,
)

BOUNDS: Final = tuple(
    milliseconds * 1000 for milliseconds in (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000)
)
"""Upper bounds, in microseconds, of the buckets of request durations; one more bucket has the rest."""

DURATION: Final = 32
"""The cell of the first bucket: `cells[DURATION + bisect_left(BOUNDS, microseconds)] += 1`."""

REASON: Final = 64
"""The cell of the first reason code; they follow in the order of the enumeration."""

REASON_CELL: Final = {reason: REASON + place for place, reason in enumerate(Reason)}


def owner_id(key: str) -> int:
    """The id of a row's owner: positive, never 0, odd for a server and even for anything else.

    By the parity a fresh worker finds the gauges among rows whose keys it does not know.
    """
    digest = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "little") >> 1
    if key.startswith("server|"):
        return digest | 1
    return (digest & ~1) or 2


def server_key(backend: str, address: str) -> str:
    """The key of a server's row."""
    return f"server|{backend}|{address}"


def route_key(namespace: str, kind: str, name: str, backend: str) -> str:
    """The key of the row that all routes of an object to one backend share."""
    return f"route|{namespace}|{kind}/{name}|{backend}"
