"""One test: the words after an ACL's name, or between `{` and `}`, as a syntax tree."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ingress.acl.error import quote, unknown
from ingress.acl.expression import Reading, a, read_criterion_name
from ingress.acl.lists import read_file_name
from ingress.acl.matches import DEFAULT_MATCH, IMPLIED, MATCHES, Matching
from ingress.acl.number import OPERATORS, apply_operator
from ingress.acl.sample import can_cast
from ingress.acl.words import Line, Word
from ingress.model.condition import Criterion, Match

_FLAGS: Final = ("-i", "-m", "-n", "--", "-f", "-M", "-u")
_NAMED_MATCHES: Final = tuple(match.value for match in Match if match not in IMPLIED)


class _Flags(NamedTuple):
    values: Line
    ignore_case: bool
    match: Match | None
    ended: bool
    files: tuple[str, ...] = ()
    keyed: bool = False


def read_criterion(words: Line) -> Criterion:
    """The test that the words ask for, proven to compile; there is at least one word."""
    head = words[0]
    reading = read_criterion_name(head)
    flags = _read_flags(words[1:], head)
    match = flags.match or _match_of(reading, head)
    matching = MATCHES[match]
    if matching.takes is not None and not can_cast(reading.gives, matching.takes):
        raise head.flaw(f'{quote(head.text)} gives {a(reading.gives)}, which "-m {match}" cannot compare')
    return Criterion(
        fetch=reading.expression.fetch,
        match=match,
        patterns=_read_patterns(matching, flags, head),
        ignore_case=flags.ignore_case,
        converters=reading.expression.converters,
        files=flags.files,
        keyed=flags.keyed,
    )


def _match_of(reading: Reading, head: Word) -> Match:
    """The match that the name of the criterion implies, or else the type of what is compared."""
    name = reading.name
    match = name.match
    if reading.expression.converters:
        if name.suffix:
            # HAProxy takes this for an exact match, which nobody means who writes it.
            plain = head.text.replace(name.suffix, "", 1)
            raise head.flaw(f'a converter cancels the "{name.suffix}": write "{plain} -m {name.match}"')
        match = DEFAULT_MATCH.get(reading.gives)
    if match is None:
        raise head.flaw(f'{quote(head.text)} does not say how to compare: write "-m str" or another match')
    return match


def _read_flags(words: Line, head: Word) -> _Flags:
    """The flags before the first value, and the values."""
    reader = _FlagReader(words)
    while reader.more() and not reader.ended:
        reader.take()
    if reader.keyed and not reader.files:
        raise head.flaw('"-M" says how files are read: "-f configmap:NAME/KEY" is missing')
    ended = reader.ended or bool(reader.files)
    rest = words[reader.position :]
    return _Flags(rest, reader.ignore_case, reader.match, ended, tuple(reader.files), reader.keyed)


class _FlagReader:
    """Walks over the flags of a test."""

    def __init__(self, words: Line) -> None:
        self._words = words
        self.position = 0
        self.ignore_case = self.ended = self.keyed = False
        self.match: Match | None = None
        self.files: list[str] = []

    def more(self) -> bool:
        """Whether the next word is a flag."""
        return self.position < len(self._words) and self._words[self.position].text.startswith("-")

    def take(self) -> None:
        """Take in one flag, and the word that belongs to it."""
        word = self._next()
        assert word is not None
        if self.files and word.text in ("-i", "-m", "-M"):
            raise word.flaw(f"{quote(word.text)} stands before the files that it is for")
        if word.text == "--":
            self.ended = True
        elif word.text == "-m":
            self.match = _read_match(self._next(), word)
        elif word.text == "-f":
            self.files.append(_read_file(self._next(), word))
        elif word.text == "-M":
            self.keyed = True
        else:
            self.ignore_case |= _read_flag(word)

    def _next(self) -> Word | None:
        self.position += 1
        return self._words[self.position - 1] if self.position <= len(self._words) else None


def _read_file(word: Word | None, flag: Word) -> str:
    if word is None:
        raise flag.flaw('a file is missing after "-f", as in "-f configmap:NAME/KEY"')
    try:
        return read_file_name(word.text)
    except ValueError as error:
        raise word.flaw(str(error)) from None


def _read_flag(word: Word) -> bool:
    """Whether the flag is `-i`; `-n` says what holds anyway: names are never resolved."""
    if word.text in ("-i", "-n"):
        return word.text == "-i"
    if word.text in _FLAGS:
        raise word.flaw(f"flag {quote(word.text)} of HAProxy is not supported here")
    flag = f" {quote(word.text)}" if len(word.text) == 2 else ""
    raise word.flaw(f'unknown flag{flag}; write "--" before a value that begins with "-"')


def _read_match(word: Word | None, flag: Word) -> Match:
    if word is None:
        raise flag.flaw('the name of a match is missing after "-m"')
    if word.text not in _NAMED_MATCHES:
        raise word.flaw(unknown("match", word.text, _NAMED_MATCHES))
    return Match(word.text)


def _read_patterns(matching: Matching, flags: _Flags, head: Word) -> tuple[str, ...]:
    """The patterns as the match reads them, operators worked in."""
    if matching.read is None:
        if flags.values or flags.files:
            raise (flags.values or (head,))[0].flaw(f"{quote(head.text)} takes no value here")
        return ()
    if flags.files and not flags.values:
        return ()
    if not flags.values:
        raise head.flaw('a value is missing; "-m found" asks whether there is any')
    if not flags.ended:
        _refuse_late_flag(flags.values)
    return tuple(_patterns(matching, flags.values))


def _refuse_late_flag(values: Sequence[Word]) -> None:
    for word in values:
        if word.text in _FLAGS:
            raise word.flaw(
                f'flag {quote(word.text)} is a value here: flags come first, and "--" before such values'
            )


def _patterns(matching: Matching, values: Sequence[Word]) -> Iterator[str]:
    operator = ""
    for word in values:
        if matching.operators and word.text in OPERATORS:
            operator = word.text
        else:
            yield _pattern(matching, operator, word)
    if matching.operators and values[-1].text in OPERATORS:
        raise values[-1].flaw(f'a number is missing after "{operator}"')


def _pattern(matching: Matching, operator: str, word: Word) -> str:
    assert matching.read is not None
    try:
        pattern = apply_operator(operator, word.text) if operator else word.text
        matching.read(pattern)
    except ValueError as error:
        raise word.flaw(str(error)) from None
    return pattern
