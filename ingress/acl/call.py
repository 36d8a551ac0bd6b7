"""Chains of calls such as `hdr(host),field(1,:),lower`, taken apart."""

import re
from collections.abc import Iterator
from typing import Final, NoReturn

from ingress.acl.words import Word
from ingress.model.condition import Call

_NAME: Final = re.compile(r"[A-Za-z0-9_.+-]+")
_ESCAPES: Final = {"\\": "\\", '"': '"', "'": "'", " ": " ", "t": "\t"}


def read_calls(word: Word, start: int) -> tuple[list[tuple[Call, int]], int]:
    """Each `NAME` or `NAME(ARGS)` from a place of the word on, with where in the word it begins; and where
    the last one ends."""
    calls = _Calls(word, start)
    return list(calls), calls.position


class _Calls:
    """Walks over a chain once. Quotes protect what is inside of an argument, as in HAProxy."""

    __slots__ = ("_text", "_word", "position")

    def __init__(self, word: Word, start: int) -> None:
        self._word = word
        self._text = word.text
        self.position = start

    def __iter__(self) -> Iterator[tuple[Call, int]]:
        while True:
            start = self.position
            name = _NAME.match(self._text, start)
            if name is None:
                self._refuse()
            self.position = name.end()
            args = tuple(self._arguments()) if self._next() == "(" else ()
            yield Call(name[0], args), start
            if self._next() != ",":
                return
            self.position += 1

    def _next(self) -> str:
        return self._text[self.position : self.position + 1]

    def _arguments(self) -> Iterator[str]:
        """What stands between the parentheses, of which the first is next; `()` has none."""
        self.position += 1
        first = self.position
        while True:
            argument = "".join(self._argument())
            ending = self._next()
            empty = ending == ")" and self.position == first
            self.position += 1
            if not empty:
                yield argument
            if ending == ")":
                return

    def _argument(self) -> Iterator[str]:
        """One argument without its quotes, up to the comma or parenthesis that ends it."""
        quoted = ""
        while quoted or self._next() not in (",", ")"):
            character = self._next()
            if not character:
                self._refuse()
            self.position += 1
            if character in ("'", '"') and quoted in ("", character):
                quoted = "" if quoted else character
            elif character == "\\" and quoted != "'":
                yield self._escaped()
            else:
                yield character

    def _escaped(self) -> str:
        following = self._next()
        if following in ("n", "r"):
            raise self._word.flaw("a line end is not possible in an argument", self.position - 1)
        self.position += bool(following in _ESCAPES and following)
        return _ESCAPES.get(following, "\\")

    def _refuse(self) -> NoReturn:
        raise self._word.flaw("this is not of the form criterion(arguments),converter")
