"""Users as people write them: htpasswd files, HAProxy's userlists, and the keys of a Secret."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from msgspec import Struct

from ingress.acl.digest import check_digest
from ingress.acl.users import write_users

MOST: Final = 10_000
"""Users of one list."""
HTPASSWD: Final = "auth"
"""The key of a Secret with lines `NAME:HASH`, as ingress-nginx has it."""
USERLIST: Final = "userlist"
"""The key of a Secret with lines of HAProxy's userlists."""
_NAME: Final = re.compile(r"[^:\x00-\x1f\x7f]{1,200}")
_GROUP: Final = re.compile(r"[^:,\s\x00-\x1f\x7f]{1,200}")
_USER_FORM: Final = "a user is written: user NAME password HASH [groups GROUP,GROUP]"
_GROUP_FORM: Final = "a group is written: group NAME [users NAME,NAME]"


class Flaw(NamedTuple):
    """What is wrong with a line. It names users, and never shows a hash."""

    line: int
    """0: it is about no line."""
    reason: str

    def __str__(self) -> str:
        """`line 3: ...`."""
        return f"line {self.line}: {self.reason}" if self.line else self.reason


class Userlist(Struct, frozen=True):
    """The users that could be read, as workers are told of them, and what is wrong with the others."""

    text: str
    flaws: tuple[Flaw, ...] = ()


def read_secret(data: Mapping[str, bytes]) -> Userlist:
    """The users of a Secret: in one of the two keys, or each key a name and its value the hash."""
    for key, read in _READERS.items():
        if key in data:
            return read(data[key].decode("utf-8", "replace"))
    draft = _Draft()
    for name, value in data.items():
        draft.attempt(0, draft.add, name, value.decode("ascii", "replace").strip())
    return draft.finish()


def read_htpasswd(text: str) -> Userlist:
    """Lines `NAME:HASH`; what follows another colon is a comment, and so is a line that begins with `#`."""
    draft = _Draft()
    for number, line in _lines(text):
        name, _, rest = line.partition(":")
        draft.attempt(number, draft.add, name, rest.partition(":")[0].strip())
    return draft.finish()


def read_userlists(text: str) -> Mapping[str, Userlist]:
    """Several lists by name, which is the first word of each of their lines."""
    drafts: dict[str, _Draft] = {}
    for number, line in _lines(text):
        name, *words = line.split()
        draft = drafts.setdefault(name, _Draft())
        draft.attempt(number, draft.take, words)
    return {name: draft.finish() for name, draft in drafts.items()}


def read_userlist(text: str) -> Userlist:
    """Lines `user NAME password HASH [groups A,B]` and `group NAME [users A,B]`."""
    draft = _Draft()
    for number, line in _lines(text):
        draft.attempt(number, draft.take, line.split())
    return draft.finish()


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if (stripped := line.strip()) and not stripped.startswith("#"):
            yield number, stripped


class _Draft:
    """What has been read of a list so far."""

    def __init__(self) -> None:
        self._digests: dict[str, str] = {}
        self._groups: dict[str, set[str]] = {}
        self._flaws: list[Flaw] = []

    def attempt(self, line: int, read: Callable[..., None], *what: object) -> None:
        """Read one entry; what is wrong with it costs only itself."""
        try:
            read(*what)
        except ValueError as error:
            self._flaws.append(Flaw(line, str(error)))

    def add(self, name: str, digest: str, groups: Iterable[str] = ()) -> None:
        """A user. The first of a name counts."""
        if not _NAME.fullmatch(name) or not digest:
            raise ValueError("a user has a name and the hash of a password: NAME:HASH")
        if name not in self._digests and len(self._digests) == MOST:
            raise ValueError(f"there are more than {MOST} users")
        try:
            check_digest(digest)
        except ValueError as error:
            raise ValueError(f'user "{name[:60]}": {error}') from None
        self._digests.setdefault(name, digest)
        self._groups.setdefault(name, set()).update(groups)

    def take(self, words: list[str]) -> None:
        """A line of HAProxy's."""
        if words[:1] == ["group"]:
            self._take_group(words)
        elif words[:1] == ["user"]:
            self._take_user(words)
        else:
            raise ValueError('a line begins with "user" or "group"')

    def finish(self) -> Userlist:
        """The list."""
        strangers = sorted(self._groups.keys() - self._digests.keys())
        self._flaws += [Flaw(0, f'a group has "{name[:60]}" in it, who is no user') for name in strangers]
        users = ((name, digest, self._groups[name]) for name, digest in self._digests.items())
        return Userlist(write_users(users), tuple(self._flaws))

    def _take_group(self, words: list[str]) -> None:
        members = _names(words, 2, "users", _GROUP_FORM)
        if len(words) < 2 or not _GROUP.fullmatch(words[1]):
            raise ValueError(_GROUP_FORM)
        for name in members:
            self._groups.setdefault(name, set()).add(words[1])

    def _take_user(self, words: list[str]) -> None:
        if len(words) > 2 and words[2] == "insecure-password":
            raise ValueError(f'user "{words[1][:60]}": only hashes are kept; write password HASH')
        groups = _names(words, 4, "groups", _USER_FORM)
        if len(words) < 4 or words[2] != "password" or not all(map(_GROUP.fullmatch, groups)):
            raise ValueError(_USER_FORM)
        self.add(words[1], words[3], groups)


def _names(words: list[str], place: int, word: str, form: str) -> list[str]:
    """The names behind a word that may stand at that place, and nothing after them."""
    if len(words) <= place:
        return []
    if len(words) != place + 2 or words[place] != word:
        raise ValueError(form)
    return [name for name in words[place + 1].split(",") if name]


_READERS: Final[Mapping[str, Callable[[str], Userlist]]] = {
    USERLIST: read_userlist,
    HTPASSWD: read_htpasswd,
}
