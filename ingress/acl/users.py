"""Users: names with the hashes of their passwords and their groups, as workers are told of them.

One a line: `NAME:HASH`, or `NAME:HASH:GROUP,GROUP`.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ingress.model.condition import Call, Match
from ingress.model.patterns import FileUse

FETCHES_OF_USERS: Final = frozenset({"http_auth", "http_auth_group"})


class User(NamedTuple):
    """What is known of a user."""

    digest: bytes
    groups: frozenset[bytes] = frozenset()


Users = Mapping[bytes, User]
"""By name."""


def read_users(text: str) -> Users:
    """The users of a text that `write_users` has made."""
    users = {}
    for line in text.splitlines():
        name, _, rest = line.encode().partition(b":")
        digest, _, groups = rest.partition(b":")
        users[name] = User(digest, frozenset(filter(None, groups.split(b","))))
    return users


def write_users(users: Iterable[tuple[str, str, Iterable[str]]]) -> str:
    """The text of names, hashes and groups."""
    lines = (":".join((name, digest, ",".join(sorted(groups)))) for name, digest, groups in users)
    return "".join(f"{line.removesuffix(':')}\n" for line in lines)


def use_of_users(call: Call) -> FileUse | None:
    """The list that a fetch looks into; None: it does not, or has the users with it."""
    if call.name not in FETCHES_OF_USERS or len(call.args) != 1:
        return None
    return use_of_list(call.args[0])


def use_of_list(name: str) -> FileUse:
    """How rules look into a list of that name."""
    return FileUse(name, Match.AUTH, gives="users")
