"""Host names and paths as people write them, checked and brought into one form."""

import re
from typing import Final

from ingress.model.route import PathKind

_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_ADDRESS: Final = re.compile(r"[0-9.]+")
_LONGEST_HOST: Final = 253
_PATH: Final = re.compile(r"/[!-\"$->@-~]*", re.ASCII)
_DOTS: Final = re.compile(r"//|/\.\.?(?:/|$)")
_PATTERN: Final = re.compile(r"[()^*$\[\]\\|]")
_KINDS: Final = {
    "Exact": PathKind.EXACT,
    "Prefix": PathKind.PREFIX,
    "ImplementationSpecific": PathKind.PREFIX,
}


class SpellingError(ValueError):
    """A name that cannot be served; the text says why."""


def read_host(text: str | None) -> str:
    """The host in lower case: exact, `*.` and the rest, or empty for any host."""
    host = (text or "").lower()
    if not host:
        return ""
    if len(host) > _LONGEST_HOST or not _HOST.fullmatch(host):
        raise SpellingError(f'"{text}" is not a host name such as www.example.com or *.example.com')
    if _ADDRESS.fullmatch(host):
        raise SpellingError(f'"{text}" is an address, not a host name')
    return host


def read_path(text: str | None, path_type: str | None) -> tuple[PathKind, str]:
    """The kind of a path and the path, a prefix without a slash at its end."""
    kind = _KINDS.get(path_type or "ImplementationSpecific")
    if kind is None:
        raise SpellingError(f'pathType "{path_type}" is not one of {", ".join(_KINDS)}')
    path = text or "/"
    if not _PATH.fullmatch(path):
        raise SpellingError(f'"{path}" is not a path: it starts with / and has no blanks, "?" or "#"')
    if _DOTS.search(path):
        raise SpellingError(f'"{path}" has "//", "/./" or "/../" in it')
    if kind is PathKind.PREFIX and len(path) > 1:
        path = path.removesuffix("/")
    return kind, path


def looks_like_pattern(path: str | None, path_type: str | None) -> bool:
    """Whether a path was probably written as a regular expression, for another controller."""
    return path_type not in ("Exact", "Prefix") and bool(_PATTERN.search(path or ""))
