"""Traefik's `basicauth` middleware: names and passwords, compared by the hash of the password."""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Final

from discovery.dialects.complaint import ComplaintError
from discovery.dialects.golang import read_list, read_truth
from discovery.dialects.terms import all_of, any_of, header, negated, term
from discovery.dialects.traefik_effect import Effect, Reader, Said
from ingress.model.condition import Call, Condition, Expression, Match
from ingress.model.policy import Auth, DelHeader, Deny, Rule, SetHeader

_AUTHORIZATION: Final = header("authorization")
_COUNT: Final = Expression(Call("req.fhdr_cnt", ("authorization",)))
_PAIR: Final = (Call("word", ("2", " ")), Call("b64dec"))
_USER: Final = Expression(_AUTHORIZATION.fetch, (*_PAIR, Call("field", ("1", ":"))))
_HASH: Final = Expression(
    _AUTHORIZATION.fetch, (*_PAIR, Call("regsub", ("^[^:]*:", "")), Call("sha1"), Call("base64"))
)
_REALM: Final = re.compile(r"[ !#-\[\]-~]{1,100}")
_NAME: Final = re.compile(r"[^:\x00-\x1f\x7f]{1,200}")
_FIELD: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_SHA: Final = "{SHA}"


def read(said: Said) -> Effect:
    """Ask for a name and a password, unless they are those of a user."""
    users = dict(map(_read_user, said.words("users")))
    if not users:
        raise ComplaintError("users is missing")
    realm, field = said.text("realm", "traefik"), said.text("headerfield")
    if not _REALM.fullmatch(realm) or (field and not _FIELD.fullmatch(field)):
        raise ComplaintError("realm or headerField is not a text that a field can have")
    # Of two fields, one would be believed and the other one passed on.
    rules = [Rule(Deny(400), all_of(term(_COUNT, Match.INT, "2:")))]
    rules += [Rule(Auth(realm), condition) for condition in _strangers(users)]
    if field:
        rules.append(Rule(SetHeader(field, (_USER,))))
    if said.truth("removeheader"):
        rules.append(Rule(DelHeader("Authorization")))
    return Effect(tuple(rules))


def _strangers(users: Mapping[str, str]) -> tuple[Condition, Condition]:
    """That there is no name and password at all, or none of a user."""
    basic = term(_AUTHORIZATION, Match.BEG, "basic ", ignore_case=True)
    rows = [(term(_USER, Match.STR, name), term(_HASH, Match.STR, digest)) for name, digest in users.items()]
    known = any_of(rows)
    return all_of(negated(basic)), Condition(known.alternatives, unless=True)


def _read_user(text: str) -> tuple[str, str]:
    """`name:{SHA}hash`. What is wrong with it is said without the hash."""
    name, _, digest = text.partition(":")
    if not _NAME.fullmatch(name):
        raise ComplaintError("a user is not written NAME:HASH")
    if not digest.startswith(_SHA):
        raise ComplaintError(
            f'the hash of user "{name[:40]}" is not of the kind that is served: {_SHA} (htpasswd -s)'
        )
    try:
        if len(b64decode(digest.removeprefix(_SHA), validate=True)) == 20:
            return name, digest.removeprefix(_SHA)
    except binascii.Error:
        pass
    raise ComplaintError(f'the hash of user "{name[:40]}" is not a SHA-1 in base64')


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
