"""Answers before the final one (1xx; RFC 9110, 15.2): passed on, or the way into another protocol."""

from typing import TYPE_CHECKING, Final

from ingress.model.reason import Reason
from ingress.wire.refusal import Refusal
from ingress.wire.response import Response

if TYPE_CHECKING:
    from ingress.proxy.attempt import Attempt
    from ingress.proxy.upstream import Upstream

MOST: Final = 64
"""Answers before the final one that a server may give to a request."""


def pass_on(upstream: "Upstream", attempt: "Attempt", response: Response, rest: bytes) -> bool:
    """Pass on an answer that is not the final one; False if no other HTTP answer follows."""
    exchange = attempt.exchange
    if response.status == 101:
        if not exchange.request.upgrade:
            raise Refusal(502, Reason.BAD_RESPONSE, "101 to a request for no other protocol")
        attempt.answered()
        exchange.upgrade(response, rest)
        return False
    if upstream.interim_of is not attempt:
        upstream.interim_of, upstream.interims = attempt, 0
    upstream.interims += 1
    if upstream.interims > MOST:
        raise Refusal(502, Reason.BAD_RESPONSE, "too many answers before the final one")
    exchange.interim(response)
    return True
