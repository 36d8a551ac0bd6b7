"""Texts with samples in them: HAProxy's log-format strings."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ingress.acl.expression import read_expression
from ingress.acl.sample import Type, can_cast
from ingress.acl.words import Word
from ingress.model.condition import Call, Expression, Text

PARTS: Final = 64
"""Of one text."""

_ALIAS: Final = re.compile(r"[A-Za-z]+")
_PIECE: Final = re.compile(r"[^%]+")


def _sample(name: str) -> Expression:
    return Expression(Call(name))


ALIASES: Final[Mapping[str, Text]] = {
    "b": (_sample("be_name"),),
    "ci": (_sample("src"),),
    "cp": (_sample("src_port"),),
    "fi": (_sample("dst"),),
    "fp": (_sample("dst_port"),),
    "H": (_sample("hostname"),),
    "ID": (_sample("unique-id"),),
    "HM": (_sample("method"),),
    "HP": (_sample("path"),),
    "HU": (_sample("url"),),
    "HV": ("HTTP/", _sample("req.ver")),
    "r": (_sample("method"), " ", _sample("url"), " HTTP/", _sample("req.ver")),
}
"""Short names of samples."""


def read_text(word: Word, *, answers: bool = False) -> Text:
    """The parts of a text in which `%[EXPRESSION]` and `%ALIAS` stand for samples and `%%` for a percent
    sign. `answers`: it may ask about the server's answer."""
    parts = _joined(iter(_Reader(word, answers)))
    if len(parts) > PARTS:
        raise word.flaw(f"at most {PARTS} samples and texts between them are possible")
    return parts


def plain_text(word: Word, meaning: str) -> str:
    """A text without samples; `%%` is a percent sign there too."""
    parts = read_text(word)
    if any(isinstance(part, Expression) for part in parts):
        raise word.flaw(f"no sample is possible in {meaning}")
    return "".join(map(str, parts))


def _joined(parts: Iterator[str | Expression]) -> Text:
    """The parts with neighbouring texts as one."""
    joined: list[str | Expression] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)


class _Reader:
    """Walks over a text once, and hands out its parts."""

    __slots__ = ("_answers", "_position", "_word")

    def __init__(self, word: Word, answers: bool) -> None:
        self._word = word
        self._answers = answers
        self._position = 0

    def __iter__(self) -> Iterator[str | Expression]:
        text = self._word.text
        while self._position < len(text):
            plain = _PIECE.match(text, self._position)
            if plain is not None:
                self._position = plain.end()
                yield plain[0]
            else:
                yield from self._sample(text[self._position + 1 : self._position + 2])

    def _sample(self, following: str) -> Iterator[str | Expression]:
        """What a percent sign and the character behind it begin."""
        if following == "%":
            self._position += 2
            yield "%"
        elif following == "[":
            yield self._expression()
        else:
            yield from self._alias()

    def _expression(self) -> Expression:
        word = self._word
        reading = read_expression(word, self._position + 2, answers=self._answers)
        if word.text[reading.end : reading.end + 1] != "]":
            raise word.flaw('a "]" is missing here', reading.end)
        if not can_cast(reading.gives, Type.STR):
            raise word.flaw("this sample has no text", self._position)
        self._position = reading.end + 1
        return reading.expression

    def _alias(self) -> Text:
        word = self._word
        found = _ALIAS.match(word.text, self._position + 1)
        if found is None:
            raise word.flaw('a "%" begins a sample ("%[src]", "%ci"); "%%" is a percent sign', self._position)
        if found[0] not in ALIASES:
            raise word.flaw('unknown alias; "%%" is a percent sign', self._position)
        self._position = found.end()
        return ALIASES[found[0]]
