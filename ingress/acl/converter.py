"""One converter: what is done to a sample, how it is written and made."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ingress.acl.sample import Client, Request, Sample, Type, Variable

Args = tuple[str, ...]
Convert = Callable[[Any], Sample | Variable | None]
"""None: there is no sample any more."""


class Beside(NamedTuple):
    """A conversion that looks at the request and the client too."""

    convert: Callable[[Any, Request, Client], Any]


class Converter(NamedTuple):
    """One converter: what it takes and gives, and how it is made from its arguments."""

    usage: str
    takes: Type
    gives: Type
    make: Callable[[Args], Convert | Beside]
    """Raises ValueError for arguments that do not fit."""
    meaning: str
    example: str

    @property
    def name(self) -> str:
        """The word it is found by."""
        return self.usage.partition("(")[0].rstrip("[")


LARGEST: Final = 2**63 - 1
SMALLEST: Final = -(2**63)


def plain(convert: Convert) -> Callable[[Args], Convert]:
    """The maker of a converter without arguments."""

    def make(args: Args) -> Convert:
        count(args, 0, 0)
        return convert

    return make


def count(args: Args, least: int, most: int) -> None:
    """Refuse another number of arguments."""
    if not least <= len(args) <= most:
        if not most:
            raise ValueError("no argument is expected")
        wanted = str(least) if least == most else f"{least} to {most}"
        raise ValueError(f"{wanted} argument{'s' if most > 1 else ''} expected, not {len(args)}")


def number_of(text: str, least: int = SMALLEST, most: int = LARGEST) -> int:
    """A whole number within bounds."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19 and least <= int(text) <= most):
        raise ValueError(f'"{text[:40]}" is no number from {least} to {most}')
    return int(text)
