"""Refusals that are no plain answer: late ones, and those of which the client learns nothing."""

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ingress.filter.reply import Manner, Reply
from ingress.net.stream import asked
from ingress.net.transport import Transport

if TYPE_CHECKING:
    from ingress.proxy.exchange import Exchange

TARPIT: Final = 10.0
"""Seconds for which a client is kept waiting for its refusal."""


def turn_away(exchange: "Exchange", reply: Reply) -> None:
    """Refuse in the manner of the reply."""
    if reply.manner is Manner.DELAY:
        exchange.site.loop.call_later(TARPIT, _give, exchange, reply)
        return
    if reply.manner is Manner.VANISH:
        _hide(exchange.client.transport)
    exchange.leave(reply)


def _give(exchange: "Exchange", reply: Reply) -> None:
    if not exchange.over:
        exchange.give(reply)


def _hide(client: Transport) -> None:
    """Let what the kernel still says to the client get no further than the next router."""
    with suppress(OSError, ValueError):
        asked(client.fileno(), _stay_near)


def _stay_near(own: socket.socket) -> None:
    if own.family == socket.AF_INET6:
        own.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 1)
    own.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
