"""Userlists: the Secrets with users that rules look into."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from discovery.kubernetes.key import Key
from discovery.kubernetes.secret_store import FindSecret
from discovery.kubernetes.usage import Usage
from discovery.said import Said
from discovery.source import Sink, Translation
from discovery.userlists import Flaw, Userlist, read_secret
from ingress.acl.users import use_of_list
from ingress.model.patterns import FileUse, PatternFile
from ingress.model.problem import Problem
from ingress.model.route import Origin

_SECRET: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_MOST_FLAWS: Final = 10
_ABSENT: Final = Userlist("", (Flaw(0, "does not exist, and rules look for users in it"),))


def list_name(source: str, namespace: str, word: str) -> tuple[str]:
    """The full name of the users of a Secret of this namespace; ValueError if that is no name of one."""
    if not _SECRET.fullmatch(word):
        raise ValueError(f'userlist "{word[:60]}" is not the name of a Secret of the same namespace')
    return (f"users:{source}:{namespace}/{word}",)


def secret_of(use: FileUse) -> Key:
    """Namespace and name of the Secret of a list."""
    namespace, _, name = use.file.split(":", 2)[2].partition("/")
    return namespace, name


class Userlists:
    """Tells a sink about the lists in use. Only what a Secret says now counts: who was taken out of it, or
    had a line that cannot be read any more, must not get in by what it has said before."""

    def __init__(self, source: str, sink: Sink, said: Said, find: FindSecret) -> None:
        self._source = source
        self._sink = sink
        self._said = said
        self._find = find
        self._usage = Usage()
        self._told: dict[Key, Userlist] = {}
        self._dirty: dict[Key, None] = {}

    @property
    def wanted(self) -> frozenset[Key]:
        """The Secrets that are in use."""
        return self._usage.keys

    def heard(self, key: Key) -> None:
        """A Secret has come, changed or gone."""
        self._dirty[key] = None

    def unread(self, uses: Iterable[FileUse]) -> Iterator[Key]:
        """The Secrets of these uses that are not there."""
        return (key for key in map(secret_of, uses) if self._find(key) is None)

    def flaw(self, use: FileUse) -> str:
        """Why a list cannot be used; empty: it can."""
        namespace, name = secret_of(use)
        return f"secret {namespace}/{name} does not exist" if self._find((namespace, name)) is None else ""

    def used_by(self, origin: Origin) -> tuple[FileUse, ...]:
        """The lists that an object looks into."""
        return tuple(use_of_list(self._name(key)) for key in sorted(self._usage.of(origin)))

    def use(self, origin: Origin, uses: Iterable[FileUse]) -> None:
        """An object looks into these lists and no others."""
        for key in self._usage.put(origin, map(secret_of, uses)):
            if key in self._usage:
                self._tell(key)
            else:
                self._take_back(key)

    def flush(self) -> Iterator[Origin]:
        """Tell what has changed; gives the objects whose list has come or gone."""
        while self._dirty:
            key, _ = self._dirty.popitem()
            if key in self._usage:
                before = self._told[key]
                self._tell(key)
                if (before is _ABSENT) != (self._told[key] is _ABSENT):
                    yield from self._usage.users(key)

    def _tell(self, key: Key) -> None:
        secret = self._find(key)
        known = _ABSENT if secret is None else read_secret(secret.values)
        if self._told.get(key) != known:
            self._told[key] = known
            self._sink.put_file(self._source, PatternFile(self._name(key), known.text))
        nobody = () if known.text or known is _ABSENT else ("has no users",)
        self._say(key, (*nobody, *known.flaws[:_MOST_FLAWS]))

    def _take_back(self, key: Key) -> None:
        del self._told[key]
        self._sink.drop_file(self._source, self._name(key))
        self._said.drop(self._said_as(key))

    def _say(self, key: Key, reasons: Iterable[object]) -> None:
        origin = Origin(self._source, "secret", *key)
        problems = tuple(Problem(origin, "", str(reason)) for reason in reasons)
        self._said.put(self._said_as(key), Translation(problems=problems) if problems else None)

    def _said_as(self, key: Key) -> Origin:
        # Not as the Secret: what is said of a certificate in it is something else.
        return Origin(self._source, "userlist", *key)

    def _name(self, key: Key) -> str:
        return list_name(self._source, *key)[0]
