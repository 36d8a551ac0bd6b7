"""Fetches from the name and the password of a request (RFC 7617), and whether they are those of a user."""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any, Final

from ingress.acl.digest import is_password, is_slow
from ingress.acl.fetch import Args, Fetch, Take, plain
from ingress.acl.field import parts
from ingress.acl.sample import Client, Member, Request, Type
from ingress.acl.users import Users, read_users, use_of_users
from ingress.acl.wait import Check, Wait
from ingress.model.condition import Call

_LIST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_RESOLVED: Final = re.compile(r"users:[^/]+/[^/]+")
_SCHEMES: Final = {b"basic": b"Basic", b"bearer": b"Bearer"}

Find = Callable[[Client], Users]


def _authorization(request: Request) -> tuple[bytes, bytes] | None:
    """The scheme as it is usually written, and what stands behind it."""
    for part in parts(request.values(b"authorization")):
        scheme, blank, rest = part.partition(b" ")
        known = _SCHEMES.get(scheme.lower())
        return (known, rest.lstrip(b" ")) if known and blank else None
    return None


def _name_and_password(request: Request) -> tuple[bytes, bytes] | None:
    found = _authorization(request)
    if found is None or found[0] != b"Basic":
        return None
    try:
        name, colon, password = b64decode(found[1], validate=True).partition(b":")
    except binascii.Error:
        return None
    return (name, password) if colon else None


def _users(args: Args) -> Find:
    """How the users of a list are found: they are looked up, or come with the rule."""
    if not args or not (_LIST.fullmatch(args[0]) or _RESOLVED.fullmatch(args[0])):
        raise ValueError("the name of one userlist is expected, as in http_auth(staff)")
    use = use_of_users(Call("http_auth", args))
    if use is None:
        users = read_users(args[1])
        return lambda client: users
    key = use.key
    # A list that is gone has nobody in it: who depends on it is closed before it goes.
    return lambda client: client.surroundings.files.get(key) or {}


def _member(given: tuple[bytes, bytes], users: Users, request: Request, client: Client) -> Member | None:
    """Who a name and a password are of; None: nobody in the list."""
    if not users:
        return None
    name, password = given
    user = users.get(name)
    # For an unknown name somebody else's hash is tried, so that the time does not tell which names there are.
    good = _is_right((user or next(iter(users.values()))).digest, password, request, client)
    return Member(name, user.groups) if user is not None and good else None


def _is_right(digest: bytes, password: bytes, request: Request, client: Client) -> bool:
    if not is_slow(digest):
        return is_password(password, digest)
    check = Check(digest, password)
    if client.surroundings.knows(check):
        return True
    known = request.variables.get(check.name)
    if known is None:
        raise Wait(check)
    return bool(known[1])


def _http_auth(args: Args) -> Take:
    find = _users(args)

    def take(request: Request, client: Client) -> bool | None:
        given = _name_and_password(request)
        return None if given is None else _member(given, find(client), request, client) is not None

    return take


def _http_auth_group(args: Args) -> Take:
    find = _users(args)

    def take(request: Request, client: Client) -> Member | None:
        given = _name_and_password(request)
        return None if given is None else _member(given, find(client), request, client)

    return take


def _http_auth_type(request: Request, client: Client) -> bytes | None:
    found = _authorization(request)
    if found is None or (found[0] == b"Basic" and _name_and_password(request) is None):
        return None
    return found[0]


def _http_auth_user(request: Request, client: Client) -> bytes | None:
    given = _name_and_password(request)
    return None if given is None else given[0]


def _http_auth_bearer(request: Request, client: Client) -> Any:
    found = _authorization(request)
    return found[1] if found is not None and found[0] == b"Bearer" else None


ROWS: Final = (
    Fetch(
        "http_auth",
        "http_auth(USERLIST)",
        Type.BOOL,
        _http_auth,
        "The name and the password of the request (Basic) are those of a user of the list.",
        "http_auth(staff)",
        waits=True,
    ),
    Fetch(
        "http_auth_group",
        "http_auth_group(USERLIST)",
        Type.MEMBER,
        _http_auth_group,
        "The same, and the user is in one of these groups; in a text, the name of the user.",
        "http_auth_group(staff) admins",
        waits=True,
    ),
    Fetch(
        "http_auth_type",
        "http_auth_type",
        Type.STR,
        plain(_http_auth_type),
        "The scheme of Authorization: `Basic` or `Bearer`.",
        "http_auth_type Bearer",
    ),
    Fetch(
        "http_auth_user",
        "http_auth_user",
        Type.STR,
        plain(_http_auth_user),
        "The name that the request gives (Basic), whether or not its password is right.",
        "http_auth_user guest",
    ),
    Fetch(
        "http_auth_bearer",
        "http_auth_bearer",
        Type.STR,
        plain(_http_auth_bearer),
        "The token that the request gives (Bearer), as it is.",
        "http_auth_bearer -m len gt 2000",
    ),
)
