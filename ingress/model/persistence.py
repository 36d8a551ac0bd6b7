"""Persistence: what keeps the requests of a client on one server (HAProxy's `cookie` and `balance`)."""

from enum import StrEnum

from msgspec import Struct

from ingress.model.condition import Expression


class Hashed(Struct, frozen=True, gc=False):
    """`balance source`, `uri`, `hdr(NAME)`, `url_param NAME`, `hash EXPRESSION`: what of a request decides.

    Requests that have nothing of it go to the servers in turn."""

    text: str
    """As it is written."""
    key: Expression

    def __str__(self) -> str:
        return self.text


class HashType(StrEnum):
    """How a hash finds its server."""

    CONSISTENT = "consistent"
    MAP_BASED = "map-based"


class CookieMode(StrEnum):
    """Who makes the cookie that names a server."""

    INSERT = "insert"
    """Headgate."""
    REWRITE = "rewrite"
    """The server; its value is replaced."""
    PREFIX = "prefix"
    """The server; its value is preceded by ours and a `~`."""


class Cookie(Struct, frozen=True, gc=False, omit_defaults=True):
    """`cookie NAME insert indirect …`: a cookie that names the server of a client."""

    text: str
    """As it is written."""
    name: str
    mode: CookieMode
    indirect: bool = False
    """Servers do not see it."""
    nocache: bool = False
    """No cache may keep an answer that sets it."""
    postonly: bool = False
    """It is set in answers to POST alone."""
    preserve: bool = False
    """Where a server sets it itself, that is left alone."""
    httponly: bool = False
    secure: bool = False
    domains: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text
