"""What is asked for one exchange beside its head: log, time limits, retries, where it comes from, hints."""

from typing import Any, Final, cast

from ingress.acl.sample import Client, Type
from ingress.acl.text import compile_sample, compile_text
from ingress.acl.written import write_expression
from ingress.filter.act import Act, Request
from ingress.filter.overrides import Client as Movable
from ingress.filter.overrides import Limit, overrides_of
from ingress.model.policy import (
    Capture,
    DisableRetry,
    EarlyHint,
    SetAddress,
    SetLogLevel,
    SetPort,
    SetTimeout,
)
from ingress.observe.access_log import escaped

LONGEST_TIMEOUT: Final = 86400
"""Seconds."""


def capture(action: Capture) -> Act:
    """Keep a sample for the log."""
    name, length = escaped(write_expression(action.value).encode()), action.length
    take = compile_sample(action.value, Type.STR)

    def act(request: Request, client: Client) -> None:
        text = take(request, client)
        if text is not None:
            overrides_of(request).capture(name, text[:length])

    return act


def set_log_level(action: SetLogLevel) -> Act:
    """Give the line in the log a level, or leave it out."""
    level = action.level

    def act(request: Request, client: Client) -> None:
        overrides_of(request).level = level

    return act


def set_timeout(action: SetTimeout) -> Act:
    """Another time limit, in whole seconds, rounded up; one of 0 is none."""
    of_server = action.side == "server"
    fixed = action.milliseconds
    take = None if action.value is None else compile_sample(action.value, Type.INT)

    def act(request: Request, client: Client) -> None:
        milliseconds = fixed if take is None else take(request, client)
        if milliseconds is not None and milliseconds > 0:
            seconds = min(-(-milliseconds // 1000), LONGEST_TIMEOUT)
            # Deadlines are counted in whole steps of the sweep: one more keeps the promise.
            if of_server:
                overrides_of(request).patience = Limit(seconds + 1, seconds + 1)
            else:
                overrides_of(request).tunnel_ticks = seconds + 1

    return act


def disable_retry(action: DisableRetry) -> Act:
    """Give the request to no other server once one may have begun with it."""

    def act(request: Request, client: Client) -> None:
        overrides_of(request).retries = False

    return act


def set_address(action: SetAddress) -> Act:
    """Take an address for where the client comes from, or goes to."""
    place, take = action.place, compile_sample(action.value, Type.ADDRESS)
    # What a client says of itself counts only if it is trusted; a part of its address cannot deceive.
    own = action.value.fetch.name in ("src", "dst")

    def act(request: Request, client: Client) -> None:
        movable = cast(Movable, client)
        address = take(request, client) if own or movable.trusted else None
        if address is not None:
            movable.take_for(place, address, None)

    return act


def set_port(action: SetPort) -> Act:
    """The same for a port."""
    place, take = action.place, compile_sample(action.value, Type.INT)

    def act(request: Request, client: Client) -> None:
        movable = cast(Movable, client)
        port = take(request, client) if movable.trusted else None
        if port is not None and 0 <= port <= 65535:
            movable.take_for(place, None, port)

    return act


def early_hint(action: EarlyHint) -> Act:
    """Put a line into the 103 that is sent ahead of the answer."""
    name, make = action.name.encode(), compile_text(action.value)

    def act(request: Request, client: Client) -> None:
        overrides_of(request).hints.append(b"%b: %b\r\n" % (name, make(request, client).strip(b" \t")))

    return act


def send_hints(request: Any, client: Client) -> None:
    """Send the hints that have come together (RFC 8297), to clients that know of such answers."""
    overrides = request.overrides
    if overrides is None or not overrides.hints:
        return
    lines, overrides.hints = overrides.hints, []
    if request.minor:
        cast(Movable, client).write(b"HTTP/1.1 103 Early Hints\r\n%b\r\n" % b"".join(lines))
