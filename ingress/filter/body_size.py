"""How large the bodies of requests to a route may be."""

from typing import Protocol, cast

from ingress.acl.sample import Client
from ingress.filter.act import Act, Request
from ingress.filter.reply import Reply, in_words
from ingress.model.reason import Reason


class _Body(Protocol):
    def limit(self, most: int) -> bool:
        """Take no more bytes than that; False: it has more already, or says that it will have."""


class _Exchange(Protocol):
    body: _Body | None


class _From(Protocol):
    """A client as far as it matters here."""

    exchange: _Exchange


def at_most(most: int) -> Act:
    """Refuse a body of more bytes at once if its length is said, or as soon as they have come."""
    refusal = in_words(413, Reason.BODY_TOO_LARGE, f"a body of more than {most} bytes")

    def check(request: Request, client: Client) -> Reply | None:
        body = cast(_From, client).exchange.body
        return None if body is None or body.limit(most) else refusal

    return check
