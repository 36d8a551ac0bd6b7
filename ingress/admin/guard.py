"""Who may change something by the admin pages.

Whoever shows the token, where there is one. Where there is none, whoever is on this machine, but no web page
that somebody has open there: a page of another site cannot send the field that is asked for, and one that has
made its name point to this machine has that name in Host.
"""

from collections.abc import Callable
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple

from aiohttp import web

from ingress.admin.errors import error
from ingress.model.reason import Reason

FIELD: Final = "X-Headgate-Change"
_HERE: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_BEARER: Final = "Bearer "


class Trust(NamedTuple):
    """Who may do more by the admin pages than others."""

    explain: bytes = b""
    """Whoever shows it sees what may be confidential of requests; empty: nobody."""
    read_token: Callable[[], str] = lambda: ""
    """Whoever shows what this gives may change something; empty: who is on this machine. Raises OSError."""


NOBODY: Final = Trust()


def token_in(path: str) -> Callable[[], str]:
    """The token in a file, as it is then; no file, no token."""
    return lambda: Path(path).read_text().strip() if path else ""


class Guard:
    """Lets through who may change something."""

    def __init__(self, read_token: Callable[[], str]) -> None:
        """`read_token` gives the token as it is now; empty: there is none. Raises OSError."""
        self._read_token = read_token

    def objection(self, request: web.Request) -> web.Response | None:
        """The answer to who may not; None: go on."""
        try:
            token = self._read_token()
        except OSError as failure:
            return error(403, Reason.NOT_ALLOWED, f"the token cannot be read: {failure.strerror}")
        return _shows(request, token) if token else _is_here(request)


def _shows(request: web.Request, token: str) -> web.Response | None:
    shown = request.headers.get("Authorization", "")
    if shown.startswith(_BEARER) and compare_digest(shown.removeprefix(_BEARER).encode(), token.encode()):
        return None
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
