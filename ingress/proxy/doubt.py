"""What a server can have had of a request whose connection does not tell: may somebody else be asked?"""

from typing import TYPE_CHECKING

from ingress.model.reason import Reason
from ingress.proxy.kernel import acknowledged, has_sent, last_words, stalled

if TYPE_CHECKING:
    from ingress.proxy.upstream import Upstream


def untouched(upstream: "Upstream", error: Exception | None) -> bool:
    """Whether the server cannot have read the request under way.

    Its kernel has acknowledged no byte of it (tcp(7), TCP_INFO; the SYN counts as one), which an end
    of the connection would have done for what came before it. A reset does not: it may overtake what
    a server has read, so that only what was never sent counts. A transport that cannot say counts as
    touched.
    """
    before = getattr(upstream.transport, "acknowledged_before", upstream.acked_before + 1)
    if not 0 <= acknowledged(upstream.transport) <= before:
        return False
    return not (isinstance(error, ConnectionResetError) and has_sent(upstream.transport, before - 1))


def check_reachable(upstream: "Upstream") -> None:
    """Give the request to another server if this one's host does not even acknowledge it."""
    attempt = upstream.attempt
    if attempt is None or upstream.answering or upstream.site.tick - upstream.since < 2:
        return
    if not stalled(upstream.transport):
        return
    unread = untouched(upstream, None)
    upstream.abort()
    attempt.connection_failed(Reason.SERVER_CLOSED, untouched=unread, fresh=True, unreachable=True)


def hear_last_words(upstream: "Upstream") -> None:
    """Read what the server said before it reset the connection.

    One that refuses a body answers, closes, and resets as more of the body comes in: what we send
    then fails before the answer is read.
    """
    for data in last_words(upstream.transport):
        upstream.data_received(data)
        if upstream.attempt is None:
            return
