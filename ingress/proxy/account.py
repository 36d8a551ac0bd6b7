"""What is counted and logged of an exchange that is over."""

from typing import TYPE_CHECKING, Final

from ingress.observe.access_log import escaped
from ingress.observe.page import RouteCell, WorkerCell

if TYPE_CHECKING:
    from ingress.proxy.client import ClientConnection
    from ingress.proxy.exchange import Exchange
    from ingress.wire.http1 import Refusal

NO_ROUTE: Final = b'"route":""'

LINE: Final = (
    b'{"time":"%b",%b,"host":"%b","method":"%b","path":"%b","status":%d,"bytes":%d,'
    b'"connect_us":%d,"first_byte_us":%d,"total_us":%d,%b,"backend":"%b","server":"%b",'
    b'"tries":%d,"reason":"%b","request_id":"%b"}\n'
)
"""A line of the access log. `connect_us` is 0 where a connection was used again."""

CODE_CELL: Final = (
    RouteCell.CODE_2XX,
    RouteCell.CODE_2XX,
    RouteCell.CODE_2XX,
    RouteCell.CODE_3XX,
    RouteCell.CODE_4XX,
    RouteCell.CODE_5XX,
)
"""The counter of a status by its first digit; 1xx, an upgrade, counts as good."""


def account(exchange: "Exchange", now: float) -> None:
    """Count the exchange for its route and its worker, and log it."""
    site = exchange.site
    cells = site.cells
    microseconds = int((now - exchange.started) * 1e6)
    target = exchange.target
    if target is not None:
        cell = target.cell
        cells[cell + CODE_CELL[exchange.status // 100]] += 1
        cells[cell + RouteCell.BYTES_OUT] += exchange.bytes_out
        cells[cell + RouteCell.MICROSECONDS] += microseconds
        if exchange.body is not None:
            cells[cell + RouteCell.BYTES_IN] += exchange.body.bytes_in
    cells[site.column.duration(microseconds)] += 1
    cells[WorkerCell.REQUEST_MICROSECONDS] += microseconds
    cells[WorkerCell.BYTES_OUT] += exchange.bytes_out
    if site.log is not None:
        site.log.add(_line(exchange, site.log.clock(), microseconds))


def _line(exchange: "Exchange", clock: bytes, microseconds: int) -> bytes:
    request = exchange.request
    attempt = exchange.attempt
    target = exchange.target
    started = exchange.started
    return LINE % (
        clock,
        exchange.client.log_part,
        request.host,
        request.method,
        escaped(request.target),
        exchange.status,
        exchange.bytes_out,
        (exchange.connected - started) * 1e6,
        (exchange.first_byte - started) * 1e6,
        microseconds,
        NO_ROUTE if target is None else target.log_part,
        b"" if exchange.backend is None else exchange.backend.log_part,
        b"" if attempt is None or attempt.server is None else attempt.server.log_part,
        0 if attempt is None else attempt.tries,
        exchange.reason.encode("ascii"),
        escaped(exchange.request_id),
    )


def account_refusal(client: "ClientConnection", refusal: "Refusal") -> None:
    """Count and log bytes that were no request."""
    site = client.site
    site.cells[site.reason_cells[refusal.reason]] += 1
    if site.log is not None:
        reason = refusal.reason.encode("ascii")
        nothing = (b"", b"", b"")
        times = (0, 0, 0)
        end = (NO_ROUTE, b"", b"", 0, reason, b"")
        site.log.add(LINE % (site.log.clock(), client.log_part, *nothing, refusal.status, 0, *times, *end))
