"""CONVERTERS: what may be done to a sample before it is compared, by HAProxy's names."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from ingress.acl.sample import Sample, Type

Args = tuple[str, ...]
Convert = Callable[[Any], Sample | None]


class Converter(NamedTuple):
    """One converter: what it takes and gives, and how it is made from its arguments."""

    name: str
    usage: str
    takes: Type
    gives: Type
    make: Callable[[Args], Convert]
    """Raises ValueError for arguments that do not fit. What it makes gives None for no sample."""
    meaning: str
    example: str


def _plain(convert: Convert) -> Callable[[Args], Convert]:
    def make(args: Args) -> Convert:
        if args:
            raise ValueError("no argument is expected")
        return convert

    return make


def _lower(text: bytes) -> bytes:
    return text.lower()


def _upper(text: bytes) -> bytes:
    return text.upper()


_ROWS: Final = (
    Converter(
        "lower",
        "lower",
        Type.STR,
        Type.STR,
        _plain(_lower),
        "ASCII letters in lower case.",
        "path,lower -m beg /blog",
    ),
    Converter(
        "upper",
        "upper",
        Type.STR,
        Type.STR,
        _plain(_upper),
        "ASCII letters in upper case.",
        "hdr(x-team),upper ABC",
    ),
    Converter(
        "length", "length", Type.STR, Type.INT, _plain(len), "The length in bytes.", "query,length gt 500"
    ),
)

CONVERTERS: Final[Mapping[str, Converter]] = {row.name: row for row in _ROWS}
