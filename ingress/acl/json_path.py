"""A value inside of a JSON text, found by a path such as `$.user.roles[0]`."""

import re
from typing import Any, Final

import msgspec

from ingress.acl.sample import Type, Variable

_PATH: Final = re.compile(r"\$(?:\.[^.\[\]]+|\[[0-9]{1,6}\])*")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[([0-9]+)\]")
_LARGEST: Final = 2.0**63

Path = tuple[str | int, ...]


def read_json_path(text: str) -> Path:
    """Names and indexes in order; raises ValueError."""
    if not _PATH.fullmatch(text) or len(text) > 256:
        raise ValueError(f'"{text[:60]}" is no path such as $.user.roles[0]')
    return tuple(int(index) if index else name for name, index in _STEP.findall(text))


def find_json(text: bytes, path: Path, *, whole: bool) -> Variable | None:
    """The value at the path with its type; None where there is none, or one of another kind. `whole`:
    numbers without their fraction."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    for step in path:
        value = _inside(value, step)
    return _sample(value, whole=whole)


def _inside(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step) if isinstance(value, dict) else None
    return value[step] if isinstance(value, list) and step < len(value) else None


def _sample(value: Any, *, whole: bool) -> Variable | None:
    if isinstance(value, bool):
        return Type.BOOL, value
    if isinstance(value, str):
        return Type.STR, value.encode()
    if not isinstance(value, int | float):
        return None
    if whole:
        return (Type.INT, int(value)) if abs(value) < _LARGEST else None
    return Type.STR, b"%g" % value
