"""What is wrong with a user's text, where, and what was probably meant."""

import difflib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_SHOWN = 60
REPORTED = 10
"""Flaws of one text that are told."""


class Flaw(NamedTuple):
    """One mistake and its place; line and column count from 1."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """`line 2, column 14: unknown criterion "path_bge"; did you mean "path_beg"?`."""
        return f"line {self.line}, column {self.column}: {self.message}"


class AclError(ValueError):
    """A text that is refused: its flaws in the order of the text, at least one."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        self.flaws = tuple(flaws[:REPORTED])
        self.line, self.column, self.message = self.flaws[0]
        super().__init__("; ".join(map(str, self.flaws)))


def quote(word: str) -> str:
    """The word as a message shows it: in quotes, and not longer than a line can bear. Messages are there for
    everybody to read, so values, which may be secrets, are not for quoting."""
    shown = word if len(word) <= _SHOWN else f"{word[:_SHOWN]}…"
    return f'"{printable(shown)}"'


def printable(text: str) -> str:
    """The text with a question mark for what cannot be shown."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "path_beg"?`, or nothing when no known word is near."""
    near = difflib.get_close_matches(word[:_SHOWN], list(known), n=1)
    return f"; did you mean {quote(near[0])}?" if near else ""


def unknown(what: str, word: str, known: Iterable[str]) -> str:
    """The message for a word that is in no table: `unknown action "dney"; did you mean "deny"?`."""
    return f"unknown {what} {quote(word)}{did_you_mean(word, known)}"
