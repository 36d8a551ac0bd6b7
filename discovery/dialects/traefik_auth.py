"""Traefik's `basicauth` middleware: names and passwords, compared by the hash of the password."""

import re
from collections.abc import Mapping
from typing import Final

from discovery.dialects.complaint import ComplaintError
from discovery.dialects.golang import read_list, read_truth
from discovery.dialects.terms import all_of, term, unless_user
from discovery.dialects.traefik_effect import Effect, Reader, Said
from discovery.userlists import read_htpasswd
from ingress.model.condition import Call, Expression, Match
from ingress.model.policy import Auth, DelHeader, Deny, Rule, SetHeader

_COUNT: Final = Expression(Call("req.fhdr_cnt", ("authorization",)))
_USER: Final = Expression(Call("http_auth_user"))
_REALM: Final = re.compile(r"[ !#-\[\]-~]{1,100}")
_FIELD: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_OWN: Final = "users"
"""How the list of a middleware is called."""


def read(said: Said) -> Effect:
    """Ask for a name and a password, unless they are those of a user."""
    users = said.words("users")
    if not users:
        raise ComplaintError("users is missing")
    known = read_htpasswd("\n".join(users))
    if known.flaws:
        # Without the line, as the users stand side by side.
        raise ComplaintError(known.flaws[0].reason)
    realm, field = said.text("realm", "traefik"), said.text("headerfield")
    if not _REALM.fullmatch(realm) or (field and not _FIELD.fullmatch(field)):
        raise ComplaintError("realm or headerField is not a text that a field can have")
    # Of two fields, one would be believed and the other one passed on.
    rules = [Rule(Deny(400), all_of(term(_COUNT, Match.INT, "2:")))]
    rules.append(Rule(Auth(realm), unless_user((_OWN, known.text))))
    if field:
        rules.append(Rule(SetHeader(field, (_USER,))))
    if said.truth("removeheader"):
        rules.append(Rule(DelHeader("Authorization")))
    return Effect(tuple(rules))


def _no_file(value: str) -> object:
    raise ComplaintError("files are not read; write users")


_TEXT: Final[Reader] = str
OPTIONS: Final[Mapping[str, Reader]] = {
    "users": read_list,
    "usersfile": _no_file,
    "realm": _TEXT,
    "headerfield": _TEXT,
    "removeheader": read_truth,
}
