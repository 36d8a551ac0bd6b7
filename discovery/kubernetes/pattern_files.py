"""Pattern files: the keys of ConfigMaps that rules look into."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from discovery.kubernetes.key import Key
from discovery.kubernetes.objects import ConfigMapObject
from discovery.said import Said
from discovery.source import Sink, Translation
from ingress.acl.lists import flaws_of
from ingress.model.patterns import FileUse, PatternFile
from ingress.model.problem import Problem
from ingress.model.route import Origin

_HELD: Final = "; what it said last stays in force"


def file_name(source: str, namespace: str, word: str) -> str:
    """The full name of `configmap:NAME/KEY`, of this namespace."""
    if not word.startswith("configmap:"):
        raise ValueError(f'"{word}" is not of the form "configmap:NAME/KEY"')
    return f"file:{source}:{namespace}/{word.removeprefix('configmap:')}"


def map_of(file: str) -> Key:
    """Namespace and name of the ConfigMap that a file is in."""
    namespace, name, _ = file.split(":", 2)[2].split("/")
    return namespace, name


class PatternFiles:
    """Tells a sink about the files in use. One that breaks or goes stays as it was last."""

    def __init__(self, source: str, sink: Sink, said: Said) -> None:
        self._source = source
        self._sink = sink
        self._said = said
        self._maps: dict[Key, dict[str, str]] = {}
        self._uses: dict[Origin, tuple[FileUse, ...]] = {}
        self._users: dict[str, dict[Origin, None]] = {}
        self._good: dict[str, str] = {}
        self._flaws: dict[tuple[str, str], list[str]] = {}
        self._dirty: dict[Key, None] = {}

    @property
    def wanted(self) -> frozenset[Key]:
        """The ConfigMaps that are in use."""
        return frozenset(map(map_of, self._users))

    def data(self, key: Key) -> Mapping[str, str] | None:
        """What a ConfigMap has; None: it is not there."""
        return self._maps.get(key)

    def keys_of(self, key: Key) -> Iterator[str]:
        """The keys of a ConfigMap that rules look into."""
        return (file.rpartition("/")[2] for file in self._users if map_of(file) == key)

    def keys(self) -> Iterable[Key]:
        """The ConfigMaps there are."""
        return self._maps.keys()

    def put(self, obj: ConfigMapObject) -> None:
        """A ConfigMap, whether it is in use or not."""
        key = (obj.metadata.namespace, obj.metadata.name)
        data = obj.data or {}
        if self._maps.get(key) != data:
            self._maps[key] = data
            self._dirty[key] = None

    def drop(self, key: Key) -> None:
        """A ConfigMap is gone."""
        if self._maps.pop(key, None) is not None:
            self._dirty[key] = None

    def unread(self, uses: Iterable[FileUse]) -> Iterator[Key]:
        """The ConfigMaps of these uses that are not there."""
        return (key for key in (map_of(use.file) for use in uses) if key not in self._maps)

    def flaw(self, use: FileUse) -> str:
        """Why a file cannot be used in this way; empty: it can, if only as it was last."""
        text = self._text(use.file)
        flaws = [self._absence(use.file)] if text is None else self._flaws_of(use, text)
        good = self._good.get(use.file)
        if flaws and (good is None or self._flaws_of(use, good)):
            return f"{_spoken(use.file)} {flaws[0]}"
        return ""

    def used_by(self, origin: Origin) -> tuple[FileUse, ...]:
        """How an object looks into files."""
        return self._uses.get(origin, ())

    def use(self, origin: Origin, uses: tuple[FileUse, ...]) -> None:
        """An object looks into files in these ways and no others."""
        before = self._uses.pop(origin, ())
        if uses:
            self._uses[origin] = uses
        for use in uses:
            self._users.setdefault(use.file, {})[origin] = None
        for file in dict.fromkeys(use.file for use in uses):
            self._tell(file)
        kept = {use.file for use in uses}
        for file in {use.file for use in before} - kept:
            users = self._users[file]
            users.pop(origin, None)
            if not users:
                self._take_back(file)
        self._say({map_of(use.file) for use in (*before, *uses)})

    def flush(self) -> Iterator[Origin]:
        """Tell what has changed; gives the objects for which a file can be used only from now on."""
        while self._dirty:
            key, _ = self._dirty.popitem()
            for file in [file for file in self._users if map_of(file) == key]:
                missed = file not in self._good
                self._tell(file)
                if missed:
                    yield from tuple(self._users[file])
            self._say({key})

    def _tell(self, file: str) -> None:
        text = self._text(file)
        if text is None or self._good.get(file) == text:
            return
        if not any(self._flaws_of(use, text) for use in self._uses_of(file)):
            self._good[file] = text
            self._sink.put_file(self._source, PatternFile(file, text))
            self._flaws = {
                key: flaws for key, flaws in self._flaws.items() if key[0].split(" ", 3)[-1] != file
            }

    def _take_back(self, file: str) -> None:
        del self._users[file]
        if self._good.pop(file, None) is not None:
            self._sink.drop_file(self._source, file)

    def _uses_of(self, file: str) -> Iterator[FileUse]:
        for origin in self._users.get(file, ()):
            yield from (use for use in self._uses.get(origin, ()) if use.file == file)

    def _flaws_of(self, use: FileUse, text: str) -> list[str]:
        known = (use.key, text)
        if known not in self._flaws:
            self._flaws[known] = flaws_of(use, text)
        return self._flaws[known]

    def _text(self, file: str) -> str | None:
        return self._maps.get(map_of(file), {}).get(file.rpartition("/")[2])

    def _absence(self, file: str) -> str:
        if map_of(file) not in self._maps:
            return "does not exist"
        return f'has no key "{file.rpartition("/")[2]}"'

    def _say(self, keys: Iterable[Key]) -> None:
        """The problems of ConfigMaps in use."""
        for key in keys:
            origin = Origin(self._source, "configmap", *key)
            problems = tuple(self._problems(origin, key))
            self._said.put(origin, Translation(problems=problems) if problems else None)

    def _problems(self, origin: Origin, key: Key) -> Iterator[Problem]:
        for file in sorted(file for file in self._users if map_of(file) == key):
            text = self._text(file)
            held = _HELD if file in self._good else ""
            if text is None:
                yield Problem(origin, "", f"{self._absence(file)}, and is used in rules{held}")
                continue
            for use in self._uses_of(file):
                for flaw in self._flaws_of(use, text):
                    yield Problem(origin, f"data.{file.rpartition('/')[2]}", flaw + held)


def _spoken(file: str) -> str:
    namespace, name = map_of(file)
    return f"configmap {namespace}/{name}"
