"""Lines and words of a user's text, split and unquoted as HAProxy does it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ingress.acl.error import AclError, Flaw, printable

TEXT_LIMIT: Final = 64 * 1024
LINE_LIMIT: Final = 500

_BLANK: Final = " \t"
_ESCAPES: Final = {" ": " ", "\\": "\\", "#": "#", '"': '"', "'": "'"}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_VARIABLE: Final = re.compile(r"\$(?:[A-Za-z_]|\{)")


@dataclass(frozen=True, slots=True)
class Word:
    """One word without its quotes, and where it stood."""

    text: str
    line: int
    column: int

    def flaw(self, message: str, offset: int = 0) -> AclError:
        """The error that points at this word, or at a place in it."""
        return AclError((Flaw(self.line, self.column + offset, printable(message)),))


Line = tuple[Word, ...]


def split_lines(text: str) -> list[str]:
    """The lines of a text, their ends cut; raises AclError for a text over its limits."""
    if len(text) > TEXT_LIMIT:
        raise AclError((Flaw(1, 1, f"the text is longer than {TEXT_LIMIT} characters"),))
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if len(lines) > LINE_LIMIT:
        raise AclError((Flaw(LINE_LIMIT + 1, 1, f"the text has more than {LINE_LIMIT} lines"),))
    return lines


def split_words(text: str, line: int) -> Line:
    """The words of one line: quotes and escapes resolved, the comment dropped."""
    if (control := _CONTROL.search(text)) is not None:
        raise AclError((Flaw(line, control.start() + 1, "a control character"),))
    return tuple(_Splitter(text, line))


class _Splitter:
    """Walks over one line once, and hands out its words."""

    __slots__ = ("_line", "_position", "_text")

    def __init__(self, text: str, line: int) -> None:
        self._text = text
        self._line = line
        self._position = 0

    def __iter__(self) -> Iterator[Word]:
        text = self._text
        while True:
            while text[self._position : self._position + 1] in (" ", "\t"):
                self._position += 1
            if text[self._position : self._position + 1] in ("", "#"):
                return
            column = self._position + 1
            yield Word("".join(self._pieces()), self._line, column)

    def _pieces(self) -> Iterator[str]:
        """What the word at the position is made of, up to a blank, a comment or the end."""
        while self._position < len(self._text):
            character = self._text[self._position]
            if character in _BLANK or character == "#":
                return
            if character == "'":
                yield self._single_quoted()
            elif character == '"':
                yield from self._double_quoted()
            elif character == "\\":
                yield self._escaped(_ESCAPES)
            else:
                self._position += 1
                yield character

    def _single_quoted(self) -> str:
        start = self._position + 1
        end = self._text.find("'", start)
        if end < 0:
            raise self._error("a quote (') that is not closed")
        self._position = end + 1
        return self._text[start:end]

    def _double_quoted(self) -> Iterator[str]:
        opened = self._position
        self._position += 1
        while self._position < len(self._text):
            character = self._text[self._position]
            if character == '"':
                self._position += 1
                return
            if _VARIABLE.match(self._text, self._position):
                raise self._error("variables are not expanded; write '...' instead of \"...\" for a plain $")
            if character == "\\":
                yield self._escaped({**_ESCAPES, "$": "$"})
            else:
                self._position += 1
                yield character
        self._position = opened
        raise self._error('a quote (") that is not closed')

    def _escaped(self, escapes: dict[str, str]) -> str:
        """What a backslash and the character after it stand for; an unknown pair stays as it is."""
        following = self._text[self._position + 1 : self._position + 2]
        if following in ("n", "r", "t", "x"):
            raise self._error(f'"\\{following}" is no plain character here; write the word in single quotes')
        self._position += 1 + len(following)
        return escapes.get(following, "\\" + following)

    def _error(self, message: str) -> AclError:
        return AclError((Flaw(self._line, self._position + 1, message),))
