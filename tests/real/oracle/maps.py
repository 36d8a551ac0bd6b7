"""Pattern files and maps for both proxies: HAProxy reads them from its folder, ours as ConfigMap keys."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ingress.acl.lists import Lists
from ingress.acl.map_converters import ROWS, use_of
from ingress.acl.matches import IMPLIED, MATCHES
from ingress.acl.sample import Type
from ingress.model.condition import Call, Match
from ingress.model.patterns import FileUse, PatternFile
from tests.real.oracle.pools import HOSTS, NETWORKS, PATHS, VALUES

FOLDER: Final = "configmap:oracle/"
"""How rules name the files."""

_WORDS: Final = (*PATHS, *HOSTS, *VALUES, "/", "a", "b", "A", "/a", "/a/b", "1", "ex.com", ".org", "10.")
_OTHERS: Final[Mapping[Match, tuple[str, ...]]] = {
    Match.INT: ("3", "1:2", "0:1000", "7", "-5", "1000:"),
    Match.LEN: ("3", "1:2", "5:9", "7"),
    Match.REG: ("^/a", "b$", "[0-9]+", "(a)(.)", "x*y", "."),
    Match.BIN: ("61", "2f", "616263"),
}
_VALUES: Final = {
    "string": ("first", "second one", "/third", "4"),
    "integer": ("1", "22", "333", "-4"),
    "address": ("10.0.0.1", "192.0.2.7", "::1", "10.1.2.3"),
    "groups": ("<\\0>", "plain", "\\0\\0"),
}
LISTED: Final = tuple(match for match in Match if match not in (Match.FOUND, Match.BOOL, *IMPLIED))
"""Matches whose patterns may come from a file."""


def _keys(match: Match) -> list[str]:
    """Patterns that both take, the same one twice among them."""
    read = MATCHES[match].read
    assert read is not None
    words = NETWORKS if match is Match.IP else _OTHERS.get(match, _WORDS)
    keys = []
    for word in dict.fromkeys(words):
        try:
            read(word)
        except ValueError:
            continue
        if word.isascii() and not set(word) & set(" \t#\\\"'"):
            keys.append(word)
    return [*keys, keys[0]]


def _map(match: Match, gives: str) -> str:
    values = _VALUES[gives]
    return "\n".join(f"{key}  {values[at % len(values)]}" for at, key in enumerate(_keys(match))) + "\n"


def _files() -> Iterator[tuple[str, str]]:
    for match in LISTED:
        yield f"list-{match}", "\n".join(["# a comment", "", *_keys(match), ""])
        if match is not Match.BIN and match is not Match.LEN:
            for gives in _VALUES:
                if gives != "groups" or match is Match.REG:
                    yield f"map-{match}-{gives}", _map(match, gives)


FILES: Final[Mapping[str, str]] = dict(_files())


def _file_of(name: str) -> str:
    use = use_of(Call(name, ("",)))
    assert use is not None
    return f"{FOLDER}map-{use.match}-{use.gives}"


def _arguments(name: str) -> tuple[str, ...]:
    file = _file_of(name)
    default = "17" if name.endswith("_int") and name != "map_int" else "none"
    return f"({file})", f"({file},{default})"


CRASHING: Final = frozenset(row.name for row in ROWS if row.gives is Type.ADDRESS or row.name == "map_regm")
"""Maps whose values HAProxy 2.6 ends itself over: addresses, and texts with groups as anything else."""
MAP_ARGUMENTS: Final = {row.name: _arguments(row.name) for row in ROWS if row.name not in CRASHING}


def _uses() -> Iterator[FileUse]:
    for row in ROWS:
        use = use_of(Call(row.name, (_file_of(row.name),)))
        assert use is not None
        yield use
    for match in LISTED:
        for ignore_case in (False, True):
            yield FileUse(f"{FOLDER}list-{match}", match, ignore_case)


def look_ups() -> Mapping[str, Any]:
    """All files as ours sees them."""
    lists = Lists()
    lists.want(_uses())
    for name, text in FILES.items():
        lists.put(PatternFile(FOLDER + name, text))
    return lists.ready


def write(folder: Path) -> None:
    """All files as HAProxy sees them."""
    for name, text in FILES.items():
        (folder / name).write_text(text)
