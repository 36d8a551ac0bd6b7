"""Who may change something by the admin pages.

Whoever shows the token, where there is one. Where there is none, whoever is on this machine, but no web page
that somebody has open there: a page of another site cannot send the field that is asked for, and one that has
made its name point to this machine has that name in Host.
"""

from ipaddress import ip_address
from typing import Final, NamedTuple

from aiohttp import web

from ingress.admin.errors import error
from ingress.model.reason import Reason
from ingress.token_file import Token, TokenError, is_shown, token_in

FIELD: Final = "X-Headgate-Change"
_HERE: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_NO_TOKEN: Final = token_in("")


class Trust(NamedTuple):
    """Who may do more by the admin pages than others."""

    explain: Token = _NO_TOKEN
    """Whoever shows it sees what may be confidential of requests; without one, nobody."""
    change: Token = _NO_TOKEN
    """Whoever shows it may change something; without one, who is on this machine."""


NOBODY: Final = Trust()


def shows(request: web.Request, token: bytes) -> bool:
    """Whether the request has the token in its field Authorization."""
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and is_shown(token, shown.strip().encode("utf-8", "surrogateescape"))


class Guard:
    """Lets through who may change something."""

    def __init__(self, token: Token) -> None:
        """Without a token, whoever is on this machine may."""
        self._token = token

    def objection(self, request: web.Request) -> web.Response | None:
        """The answer to who may not; None: go on."""
        try:
            token = self._token()
        except TokenError as failure:
            return error(403, Reason.NOT_ALLOWED, f"the token cannot be read: {failure}")
        if not token:
            return _is_here(request)
        return None if shows(request, token) else _refusal()


def _refusal() -> web.Response:
    refusal = error(401, Reason.NOT_ALLOWED, "Authorization: Bearer with the token is needed")
    refusal.headers["WWW-Authenticate"] = "Bearer"
    return refusal


def _is_here(request: web.Request) -> web.Response | None:
    if not _is_loopback(request.remote or ""):
        reason = "changes are made from this machine, or with a token (--admin-token-file)"
        return error(403, Reason.NOT_ALLOWED, reason)
    host, colon, port = request.headers.get("Host", "").rpartition(":")
    if (host if colon and port.isdigit() else host + colon + port).lower() not in _HERE:
        return error(403, Reason.NOT_ALLOWED, "the Host of a change is localhost, 127.0.0.1 or [::1]")
    if not request.headers.get(FIELD):
        return error(403, Reason.NOT_ALLOWED, f"a change needs the field {FIELD}, such as {FIELD}: yes")
    return None


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address.removeprefix("::ffff:")).is_loopback
    except ValueError:
        return False
