"""Rules as they are written: one option under several names, whose lines count as one text."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from discovery.option import Option
from discovery.options import OPTIONS

_DIGITS: Final = re.compile(r"[0-9]{1,9}")
_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9_.-]+")


class Piece(NamedTuple):
    """The lines under one name."""

    name: str
    """As it is written: `headgate.dev/http-request.10-auth`, `headgate.route.2.acl`."""
    text: str
    suffix: str = ""
    """`10-auth`."""


class RuleText(Struct, frozen=True):
    """All lines of an option in order, and where each was written."""

    pieces: tuple[Piece, ...] = ()

    def __str__(self) -> str:
        """The lines as one text."""
        return "\n".join(piece.text for piece in self.pieces)

    def __add__(self, other: "RuleText") -> "RuleText":
        """These lines, and those behind them."""
        return RuleText(self.pieces + other.pieces)

    def with_piece(self, piece: Piece) -> "RuleText":
        """The same with one more, in its place: plain names first, then suffixes, by their number."""
        return RuleText(tuple(sorted((*self.pieces, piece), key=lambda each: _order(each.suffix))))

    def place(self, line: int) -> tuple[str, int]:
        """The name under which a line of the whole text was written, and its number there."""
        for piece, following in self._starts():
            if line < following:
                return piece.name, line - following + piece.text.count("\n") + 2
        return (self.pieces[-1].name, line) if self.pieces else ("", line)

    def _starts(self) -> Iterator[tuple[Piece, int]]:
        """Each piece, and the line behind its last."""
        line = 1
        for piece in self.pieces:
            line += piece.text.count("\n") + 1
            yield piece, line


def option_of(name: str) -> Option | None:
    """The option that a name is of. Rules may have a suffix: `http-request.10-auth`."""
    option = OPTIONS.get(name)
    if option is None:
        base, dot, suffix = name.partition(".")
        rules = OPTIONS.get(base)
        if rules is not None and rules.rules and _SUFFIX.fullmatch(dot + suffix):
            return rules
    return option


def parse_option(option: Option, prefix: str, name: str, text: str, values: dict[str, object]) -> None:
    """Add what an option says under one of its names to the values; raises OptionError."""
    value = option.parse(text)
    if option.rules:
        before = values.get(option.field)
        known = before if isinstance(before, RuleText) else RuleText()
        value = known.with_piece(Piece(prefix + name, text, name[len(option.name) + 1 :]))
    values[option.field] = value


def _order(suffix: str) -> tuple[int, int, str]:
    """Numbers are compared as such, so that 10 follows 9."""
    if not suffix:
        return (0, 0, "")
    number = _DIGITS.match(suffix)
    return (1, int(number[0]), suffix) if number else (2, 0, suffix)
