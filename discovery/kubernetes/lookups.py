"""What rules look into: keys of ConfigMaps and users of Secrets, as one thing."""

from collections.abc import Callable, Iterable, Iterator

from discovery.kubernetes.key import Key
from discovery.kubernetes.pattern_files import PatternFiles
from discovery.kubernetes.secret_store import FindSecret
from discovery.kubernetes.userlists import Userlists
from discovery.said import Said
from discovery.source import Sink
from ingress.model.patterns import FileUse
from ingress.model.route import Origin

Uses = tuple[FileUse, ...]
Awaited = Callable[[str, Key], bool]
"""Whether an object of a kind (`configmaps`, `secrets`) has not been read yet."""


class Lookups:
    """The files and the userlists of a source."""

    def __init__(self, source: str, sink: Sink, said: Said, find: FindSecret) -> None:
        self.files = PatternFiles(source, sink, said)
        self.users = Userlists(source, sink, said, find)
        self.awaited: Awaited = lambda kind, key: False
        """What needs such an object is told when it has been read."""
        self._expected: dict[Origin, frozenset[tuple[str, Key]]] = {}

    def flaw(self, use: FileUse) -> str:
        """Why something cannot be used in this way; empty: it can."""
        return self._of(use).flaw(use)

    def waits(self, origin: Origin, uses: Uses) -> bool:
        """Whether an object has to wait until something that it looks into has been read."""
        files, users = _parted(uses)
        missing = [("configmaps", key) for key in self.files.unread(files)]
        missing += [("secrets", key) for key in self.users.unread(users)]
        self._expected.pop(origin, None)
        if expected := frozenset(each for each in missing if self.awaited(*each)):
            self._expected[origin] = expected
        return bool(expected)

    def use(self, origin: Origin, uses: Uses) -> None:
        """An object looks into these and no others."""
        files, users = _parted(uses)
        self.files.use(origin, files)
        self.users.use(origin, users)

    def used_by(self, origin: Origin) -> Uses:
        """What an object looks into."""
        return (*self.files.used_by(origin), *self.users.used_by(origin))

    def flush(self) -> Iterator[Origin]:
        """Tell what has changed; gives the objects that have to be looked at again."""
        yield from self.files.flush()
        yield from self.users.flush()

    def wanted_configmaps(self) -> frozenset[Key]:
        """The ConfigMaps that are in use, or will be."""
        return self.files.wanted | self._expected_of("configmaps")

    def wanted_secrets(self) -> frozenset[Key]:
        """The same of Secrets."""
        return self.users.wanted | self._expected_of("secrets")

    def _expected_of(self, kind: str) -> frozenset[Key]:
        return frozenset(key for each in self._expected.values() for of, key in each if of == kind)

    def _of(self, use: FileUse) -> PatternFiles | Userlists:
        return self.users if use.gives == "users" else self.files


def _parted(uses: Iterable[FileUse]) -> tuple[Uses, Uses]:
    """Those of files, and those of users."""
    known = tuple(uses)
    return (
        tuple(use for use in known if use.gives != "users"),
        tuple(use for use in known if use.gives == "users"),
    )
