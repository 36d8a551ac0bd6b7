"""What routes of hosts with a certificate ask: that clients come over TLS, and keep coming so."""

from typing import Final

from ingress.acl.of_field import hosts
from ingress.acl.of_tls import scheme
from ingress.acl.sample import Client
from ingress.filter.act import Act, Request
from ingress.filter.reply import Reply
from ingress.model.reason import Reason

CHALLENGES: Final = "/.well-known/acme-challenge/"
"""Where authorities ask for proof of a host that may not have a certificate yet (RFC 8555, 8.3)."""
_HSTS: Final = b"Strict-Transport-Security"


def is_secure(request: Request, client: Client) -> bool:
    """Whether the client came over TLS, to this place or to a trusted proxy in front of it."""
    return client.tls or scheme(request, client) == b"https"


def to_https(request: Request, client: Client) -> Reply | None:
    """Send a client to the same address over TLS. 308: it is to use the same method there."""
    if client.tls or is_secure(request, client):
        return None
    host = next(iter(hosts(request)), b"")
    name = host.rpartition(b":")[0] if host.rpartition(b":")[2].isdigit() else host
    path = request.path if request.path.startswith(b"/") else b"/"
    query = b"" if request.query is None else b"?" + request.query
    location = b"Location: https://%b%b%b\r\n" % (name, path, query)
    return Reply(308, Reason.REDIRECTED, location)


def hsts(value: str) -> Act:
    """Say for how long clients are to come over TLS alone: on TLS only (RFC 6797, 7.2)."""
    values = [value.encode()]

    def say(request: Request, client: Client) -> Reply | None:
        if is_secure(request, client):
            request.response.edit(_HSTS, values)  # type: ignore[attr-defined]
        return None

    return say
