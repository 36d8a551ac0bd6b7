"""Converters of times: seconds since the epoch."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Final

from ingress.acl.converter import Args, Convert, Converter, count, number_of
from ingress.acl.sample import Type

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS: Final = {"s": 1, "ms": 1_000, "us": 1_000_000}


def _http_date(args: Args) -> Convert:
    count(args, 0, 2)
    offset = number_of(args[0]) if args and args[0] else 0
    unit = args[1] if len(args) == 2 else "s"
    if unit not in _UNITS:
        raise ValueError(f'"{unit[:40]}" is no unit: s, ms or us is expected')
    return lambda number: _date(number + offset, _UNITS[unit])


def _date(ticks: int, per_second: int) -> bytes | None:
    seconds, fraction = divmod(ticks, per_second)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    part = f".{fraction}" if per_second > 1 else ""
    return f"{day}, {moment:%d} {month} {moment.year:04} {moment:%H:%M:%S}{part} GMT".encode()


def _written(zone: tzinfo | None) -> Callable[[Args], Convert]:
    """The maker of a text for a time (strftime(3)). Without a zone: that of the machine."""

    def make(args: Args) -> Convert:
        count(args, 1, 2)
        form = args[0]
        offset = number_of(args[1]) if len(args) == 2 else 0

        def write(number: int) -> bytes | None:
            try:
                return datetime.fromtimestamp(number + offset, zone).strftime(form).encode()
            except (ValueError, OverflowError, OSError):
                return None

        return write

    return make


_INT: Final = Type.INT

ROWS: Final = (
    Converter(
        "http_date([OFFSET[,s|ms|us]])",
        _INT,
        Type.STR,
        _http_date,
        "Seconds (or parts of them) since the epoch as a date for a header.",
        "date,http_date -m end GMT",
    ),
    Converter(
        "utime(FORMAT[,OFFSET])",
        _INT,
        Type.STR,
        _written(UTC),
        "Seconds since the epoch as a text, in UTC (strftime).",
        "date,utime(%H) 08 09 10",
    ),
    Converter(
        "ltime(FORMAT[,OFFSET])",
        _INT,
        Type.STR,
        _written(None),
        "The same in the time zone of the machine.",
        "date,ltime(%H) 08 09 10",
    ),
)
