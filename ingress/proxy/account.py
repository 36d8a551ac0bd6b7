"""What is counted and logged of an exchange that is over."""

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from ingress.observe.access_log import NO_ROUTE, escaped
from ingress.observe.cells import BOUNDS, DURATION
from ingress.observe.page import RouteCell, WorkerCell
from ingress.wire.glimpse import glimpse

if TYPE_CHECKING:
    from ingress.proxy.client import ClientConnection
    from ingress.proxy.exchange import Exchange
    from ingress.wire.refusal import Refusal

LINE: Final = (
    b'{"time":"%b",%b,"host":"%b","method":"%b","path":"%b","status":%d,"bytes":%d,'
    b'"connect_us":%d,"first_byte_us":%d,"total_us":%d,%b,"backend":"%b","server":"%b",'
    b'"tries":%d,"reason":"%b","request_id":"%b"}\n'
)
"""A line of the access log. `connect_us` is 0 where a connection was used again."""

CODE_CELL: Final = tuple(
    int(cell)
    for cell in (
        RouteCell.CODE_2XX,
        RouteCell.CODE_2XX,
        RouteCell.CODE_2XX,
        RouteCell.CODE_3XX,
        RouteCell.CODE_4XX,
        RouteCell.CODE_5XX,
    )
)
"""The counter of a status by its first digit; 1xx, an upgrade, counts as good."""

QUOTE: Final = 0x22
BACKSLASH: Final = 0x5C
"""What a sound request target may have in it that JSON may not."""

# Plain numbers, as a member of an enumeration costs several times as much to look up and to add.
BYTES_IN: Final = int(RouteCell.BYTES_IN)
BYTES_OUT: Final = int(RouteCell.BYTES_OUT)
MICROSECONDS: Final = int(RouteCell.MICROSECONDS)
ALL_MICROSECONDS: Final = int(WorkerCell.REQUEST_MICROSECONDS)
ALL_BYTES_IN: Final = int(WorkerCell.BYTES_IN)
ALL_BYTES_OUT: Final = int(WorkerCell.BYTES_OUT)


def account(exchange: "Exchange", now: float) -> None:
    """Count the exchange for its route and its worker, and log it."""
    site = exchange.site
    cells = site.cells
    started = exchange.started
    bytes_out = exchange.bytes_out
    microseconds = int((now - started) * 1e6)
    target = exchange.target
    if target is not None:
        cell = target.cell
        cells[cell + CODE_CELL[exchange.status // 100]] += 1
        cells[cell + BYTES_OUT] += bytes_out
        cells[cell + MICROSECONDS] += microseconds
    cells[DURATION + bisect_left(BOUNDS, microseconds)] += 1
    cells[ALL_MICROSECONDS] += microseconds
    cells[ALL_BYTES_OUT] += bytes_out
    if exchange.body is not None:
        cells[ALL_BYTES_IN] += exchange.body.bytes_in
        if target is not None:
            cells[target.cell + BYTES_IN] += exchange.body.bytes_in
    request = exchange.request
    overrides = request.overrides
    if overrides is not None:
        overrides.end()
    log = site.log
    if log is None:
        return
    route = NO_ROUTE if target is None else target.log_part
    if overrides is not None:
        if overrides.level == "silent":
            return
        route += overrides.log_part()
    attempt = exchange.attempt
    sent_to = attempt.server if attempt is not None else None
    text = request.target
    log.add(
        LINE
        % (
            log.clock(now),
            exchange.client.log_part,
            request.host,
            request.method,
            escaped(text) if QUOTE in text or BACKSLASH in text else text,
            exchange.status,
            bytes_out,
            int((exchange.connected - started) * 1e6),
            int((exchange.first_byte - started) * 1e6),
            microseconds,
            route,
            b"" if exchange.backend is None else exchange.backend.log_part,
            b"" if sent_to is None else sent_to.log_part,
            0 if attempt is None else attempt.tries,
            exchange.reason.encode("ascii") if exchange.reason else b"",
            escaped(exchange.request_id) if request.request_id else exchange.request_id,
        )
    )


def account_refusal(client: "ClientConnection", refusal: "Refusal", data: bytes, bytes_out: int) -> None:
    """Count and log bytes that were no request, with what can be told of them."""
    site = client.site
    site.cells[site.reason_cells[refusal.reason]] += 1
    if site.log is not None:
        reason = refusal.reason.encode("ascii")
        method, path, host = map(escaped, glimpse(data))
        start = (site.log.clock(site.now()), client.log_part, host, method, path, refusal.status)
        site.log.add(LINE % (*start, bytes_out, 0, 0, 0, NO_ROUTE, b"", b"", 0, reason, b""))
