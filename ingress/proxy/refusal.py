"""Refusals that are no plain answer: late ones, and those of which the client learns nothing."""

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ingress.filter.reply import Manner, Reply

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
        _hide(exchange.client.transport.get_extra_info("socket"))
    exchange.leave(reply)


def _give(exchange: "Exchange", reply: Reply) -> None:
    if not exchange.over:
        exchange.give(reply)


def _hide(peer: socket.socket | None) -> None:
    """Let what the kernel still says to the client get no further than the next router."""
    if peer is None:
        return
    with suppress(OSError), socket.socket(fileno=os.dup(peer.fileno())) as copy:
        if copy.family == socket.AF_INET6:
            copy.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 1)
        copy.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
