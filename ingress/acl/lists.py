"""Files at work: their lines read, indexed for each way they are used, changed on their own."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ingress.acl.error import REPORTED
from ingress.acl.index import INDEXES, Beginnings, folded
from ingress.acl.matches import MATCHES
from ingress.acl.network import leading_address
from ingress.acl.page import read_page
from ingress.acl.pattern import compile_regex
from ingress.acl.substitute import expand, read_substitute
from ingress.acl.users import read_users
from ingress.model.condition import Match
from ingress.model.patterns import FileUse, PatternFile

FILE_LIMIT: Final = 16 * 1024 * 1024
"""Characters of one file."""
SCANNED_LIMIT: Final = 250
"""Patterns of one file that cannot be looked up, but only tried: regular expressions and ranges."""
_TEXTS: Final = frozenset({Match.STR, Match.BEG, Match.END, Match.SUB, Match.DIR, Match.DOM})
_NAME: Final = re.compile(r"configmap:[a-z0-9][a-z0-9.-]{0,252}/[A-Za-z0-9._-]{1,253}")
_RESOLVED: Final = re.compile(r"file:[^/]+/[^/]+/[^/]+")

Look = Any
"""What a file has for a sample: the value of a map, or whether any pattern matches; of users, them."""


def read_file_name(text: str) -> str:
    """The name of a file as rules write it, or as it is known to workers; raises ValueError."""
    if not (_NAME.fullmatch(text) or _RESOLVED.fullmatch(text)):
        raise ValueError('a file is a key of a ConfigMap: "configmap:NAME/KEY"')
    return text


BODY: Final = "body"
PAGE: Final = "page"
BODY_LIMIT: Final = 256 * 1024
"""Characters of a file that is an answer, or the body of one."""


class Line(NamedTuple):
    """One entry of a file."""

    number: int
    pattern: str
    value: str


def read_lines(text: str, *, keyed: bool) -> Iterator[Line]:
    """The entries of a file. A `#` at the beginning of a line makes it a comment; blanks before a
    pattern are passed over. `keyed`: the first word is the pattern, and the rest its value."""
    for number, line in enumerate(text.split("\n"), start=1):
        entry = line.rstrip("\r").lstrip(" \t")
        if not entry or line.startswith("#"):
            continue
        if not keyed:
            yield Line(number, entry, "")
            continue
        parts = re.split(r"[ \t]+", entry, maxsplit=1)
        yield Line(number, parts[0], parts[1].rstrip(" \t") if len(parts) > 1 else "")


def flaws_of(use: FileUse, text: str) -> list[str]:
    """What is wrong with a file for one of its uses: `line 3: ...`; not more than can be read."""
    if len(text) > FILE_LIMIT:
        return [f"it is longer than {FILE_LIMIT} characters"]
    if use.gives in (BODY, PAGE):
        return _flaws_of_page(use, text)
    flaws: list[str] = []
    scanned = 0
    for line in read_lines(text, keyed=use.keyed or bool(use.gives)):
        try:
            scanned += _is_scanned(use.match, _read_pattern(use, line.pattern))
            _read_value(use, line.value)
        except ValueError as error:
            flaws.append(f"line {line.number}: {error}")
        if len(flaws) == REPORTED:
            break
    if scanned > SCANNED_LIMIT:
        flaws.append(f"{scanned} regular expressions or ranges; at most {SCANNED_LIMIT} are possible")
    return flaws


def _flaws_of_page(use: FileUse, text: str) -> list[str]:
    if len(text) > BODY_LIMIT:
        return [f"an answer of more than {BODY_LIMIT} characters"]
    try:
        build(use, text)
    except ValueError as error:
        return [str(error)]
    return []


def _is_scanned(match: Match, pattern: Any) -> bool:
    return match is Match.REG or (match in (Match.INT, Match.LEN) and pattern[0] != pattern[1])


def _read_pattern(use: FileUse, text: str) -> Any:
    read = MATCHES[use.match].read
    pattern = text if read is None else read(text)
    return pattern.lower() if use.ignore_case and use.match in _TEXTS else pattern


def _read_value(use: FileUse, text: str) -> Any:
    if use.gives == "integer":
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise ValueError("the value is no number")
        return int(text)
    if use.gives == "address":
        address = leading_address(text.encode())
        if address is None:
            raise ValueError("the value is no address")
        return address
    if use.gives == "groups":
        return read_substitute(text)
    return text.encode()


def build(use: FileUse, text: str) -> Look:
    """The look-up of a file for one of its uses; ValueError where `flaws_of` finds something."""
    if use.gives == "users":
        return read_users(text)
    if use.gives in (BODY, PAGE):
        content = text.encode() if use.gives == BODY else read_page(text)
        return lambda _: content
    lines = list(read_lines(text, keyed=use.keyed or bool(use.gives)))
    patterns = [_read_pattern(use, line.pattern) for line in lines]
    if use.match is Match.METHOD or (use.match is Match.REG and not use.gives):
        return MATCHES[use.match].prepare(patterns, use.ignore_case)
    values = [_read_value(use, line.value) for line in lines] if use.gives else []
    if use.gives == "groups":
        return _with_groups([line.pattern for line in lines], values)
    if use.match in _QUICK and not (use.gives or use.ignore_case):
        return _QUICK[use.match](patterns)
    find = INDEXES[use.match](patterns)
    if use.ignore_case and use.match in _TEXTS:
        find = folded(find)

    def value(sample: Any) -> Any:
        number = find(sample)
        return None if number is None else values[number]

    return value if use.gives else lambda sample: find(sample) is not None


_QUICK: Final[Mapping[Match, Callable[[Sequence[Any]], Look]]] = {
    Match.STR: lambda patterns: frozenset(patterns).__contains__,
    Match.BEG: lambda patterns: Beginnings(patterns).has,
}
"""Whether any pattern matches, in one call."""


def _with_groups(patterns: Iterable[str], values: list[Any]) -> Look:
    searches = [compile_regex(pattern, captures=True).search for pattern in patterns]

    def value(sample: bytes) -> bytes | None:
        for search, substitute in zip(searches, values, strict=True):
            if (match := search(sample)) is not None:
                return expand(substitute, match)
        return None

    return value


class Lists:
    """All files of a worker, and the look-ups that its rules use."""

    def __init__(self) -> None:
        self.ready: dict[str, Look] = {}
        """By the key of their use."""
        self._texts: dict[str, str] = {}
        self._uses: dict[str, dict[str, FileUse]] = {}

    @property
    def names(self) -> Iterable[str]:
        """The files there are."""
        return self._texts

    def put(self, file: PatternFile) -> None:
        """A file, new or with another text: only its own look-ups are made anew."""
        if self._texts.get(file.name) != file.text:
            self._texts[file.name] = file.text
            for use in self._uses.get(file.name, {}).values():
                self.ready[use.key] = build(use, file.text)

    def drop(self, name: str) -> None:
        """No rules look into the file any more."""
        self._texts.pop(name, None)
        for key in self._uses.pop(name, {}):
            self.ready.pop(key, None)

    def want(self, uses: Iterable[FileUse]) -> None:
        """Rules are about to look into files in these ways."""
        for use in uses:
            known = self._uses.setdefault(use.file, {})
            if use.key not in known:
                known[use.key] = use
                if use.file in self._texts:
                    self.ready[use.key] = build(use, self._texts[use.file])
