"""Patterns: how each kind is read from a text, and the test a list of them becomes."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import re2

from ingress.acl.number import Range
from ingress.acl.sample import Member

REGEX_LIMIT: Final = 1024
_FEW: Final = 4
_MANY: Final = 200
"""Between these, one automaton for all patterns is faster than one look for each."""
_REGEX_MEMORY: Final = 1 << 19

METHODS: Final = frozenset({b"OPTIONS", b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"TRACE", b"CONNECT"})

Text = Callable[[bytes], object]


def read_text(text: str) -> bytes:
    """The pattern's bytes; an empty pattern is a ValueError."""
    if not text:
        raise ValueError('an empty value ends the list in HAProxy; write "-m found" or "-m len 0"')
    return text.encode()


def read_hex(text: str) -> bytes:
    """The bytes that pairs of hexadecimal digits stand for."""
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", text):
        raise ValueError("this is not pairs of hexadecimal digits")
    return bytes.fromhex(text)


def equals(patterns: Sequence[bytes], ignore_case: bool) -> Text:
    """A test for texts equal to any pattern."""
    if ignore_case:
        lowered = frozenset(pattern.lower() for pattern in patterns)
        return lambda text: text.lower() in lowered
    if len(patterns) == 1:
        return patterns[0].__eq__
    return frozenset(patterns).__contains__


def begins(patterns: Sequence[bytes], ignore_case: bool) -> Text:
    """A test for texts that begin with any pattern."""
    if ignore_case:
        lowered = tuple(pattern.lower() for pattern in patterns)
        return lambda text: text.lower().startswith(lowered)
    beginnings = tuple(patterns)
    return lambda text: text.startswith(beginnings)


def ends(patterns: Sequence[bytes], ignore_case: bool) -> Text:
    """A test for texts that end with any pattern."""
    if ignore_case:
        lowered = tuple(pattern.lower() for pattern in patterns)
        return lambda text: text.lower().endswith(lowered)
    endings = tuple(patterns)
    return lambda text: text.endswith(endings)


def includes(patterns: Sequence[bytes], ignore_case: bool) -> Text:
    """A test for texts that contain any pattern."""
    if _FEW < len(patterns) < _MANY and sum(map(len, patterns)) < REGEX_LIMIT // 2:
        return searches(["|".join(re.escape(pattern.decode()) for pattern in patterns)], ignore_case)
    if ignore_case:
        lowered = tuple(pattern.lower() for pattern in patterns)
        return lambda text: _includes(text.lower(), lowered)
    return lambda text: _includes(text, patterns)


def _includes(text: bytes, patterns: Sequence[bytes]) -> bool:
    for pattern in patterns:  # noqa: SIM110  a plain loop costs half of a generator
        if text.find(pattern) >= 0:
            return True
    return False


def read_word(delimiters: bytes) -> Callable[[str], bytes]:
    """A reader of patterns that are compared between delimiters, their own outer ones cut."""

    def read(text: str) -> bytes:
        pattern = read_text(text).strip(delimiters)
        if not pattern:
            raise ValueError(f'"{text[:40]}" has nothing but delimiters; a name between them is expected')
        return pattern

    return read


def has_word(delimiters: bytes) -> Callable[[Sequence[bytes], bool], Text]:
    """A maker of tests for texts in which a pattern stands between delimiters or ends."""

    first = delimiters[:1]
    alike = bytes.maketrans(delimiters, first * len(delimiters))

    def prepare(patterns: Sequence[bytes], ignore_case: bool) -> Text:
        lowered = tuple(pattern.lower() for pattern in patterns) if ignore_case else tuple(patterns)
        words = frozenset(lowered)
        single = all(pattern.translate(None, delimiters) == pattern for pattern in lowered)
        if single and not ignore_case:
            return lambda text: not words.isdisjoint(text.translate(alike).split(first))
        if single:
            return lambda text: not words.isdisjoint(text.lower().translate(alike).split(first))
        if ignore_case:
            return lambda text: _has_word(text.lower(), lowered, delimiters)
        return lambda text: _has_word(text, lowered, delimiters)

    return prepare


def _has_word(text: bytes, patterns: Sequence[bytes], delimiters: bytes) -> bool:
    for pattern in patterns:
        start = text.find(pattern)
        while start >= 0:
            end = start + len(pattern)
            if (start == 0 or text[start - 1] in delimiters) and (
                end == len(text) or text[end] in delimiters
            ):
                return True
            start = text.find(pattern, start + 1)
    return False


def length_in(ranges: Sequence[Range], ignore_case: bool) -> Text:
    """A test for texts whose length is in any range."""
    if len(ranges) == 1 and ranges[0][1] is None and ranges[0][0] is not None:
        least = ranges[0][0]
        return lambda text: len(text) >= least
    test = number_in(ranges, ignore_case)
    return lambda text: test(len(text))


def number_in(ranges: Sequence[Range], ignore_case: bool) -> Callable[[int], object]:
    """A test for numbers in any range."""
    single = frozenset(low for low, high in ranges if low == high)
    wide = tuple(bounds for bounds in ranges if bounds[0] != bounds[1])
    if not wide:
        return single.__contains__
    if not single and len(wide) == 1 and wide[0][1] is None and wide[0][0] is not None:
        return wide[0][0].__le__

    def test(number: int) -> bool:
        for low, high in wide:
            if (low is None or low <= number) and (high is None or number <= high):
                return True
        return number in single

    return test


def read_regex(text: str) -> str:
    """The expression, proven to compile; a ValueError says what RE2 does not take."""
    read_text(text)
    compile_regex(text)
    return text


def compile_regex(text: str, *, ignore_case: bool = False, captures: bool = False) -> Any:
    """The expression, ready to search bytes in linear time; a ValueError says what RE2 does not take."""
    if len(text) > REGEX_LIMIT:
        raise ValueError(f"the expression is longer than {REGEX_LIMIT} characters")
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _REGEX_MEMORY
    options.log_errors = False
    options.never_capture = not captures
    options.case_sensitive = not ignore_case
    try:
        return re2.compile(text.encode(), options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else error.args[0]
        raise ValueError(f"the expression is not one of RE2: {reason.partition(': ')[0]}") from None


def searches(patterns: Sequence[str], ignore_case: bool) -> Text:
    """A test for texts in which any expression is found."""
    found = [compile_regex(pattern, ignore_case=ignore_case).search for pattern in patterns]
    if len(found) == 1:
        return found[0]  # type: ignore[no-any-return]
    return lambda text: any(search(text) for search in found)


def read_method(text: str) -> bytes:
    """The method; a well-known one in lower case, which would never match, is a ValueError."""
    method = read_text(text)
    if method not in METHODS and method.upper() in METHODS:
        raise ValueError(
            f'methods are case-sensitive: "{text}" never matches; did you mean "{text.upper()}"?'
        )
    return method


def is_method(patterns: Sequence[bytes], ignore_case: bool) -> Text:
    """A test for methods; only those that are not well known may differ in case."""
    exact = frozenset(patterns)
    if not ignore_case:
        return exact.__contains__
    lowered = frozenset(pattern.lower() for pattern in exact - METHODS)
    return lambda method: method in exact or (method not in METHODS and method.lower() in lowered)


def is_found(patterns: Sequence[object], ignore_case: bool) -> Callable[[object], object]:
    """A test that holds for every sample there is."""
    return lambda sample: True


def is_member(groups: Sequence[bytes], ignore_case: bool) -> Callable[[Member], object]:
    """A test for a user in one of these groups, whose names are compared as they are."""
    wanted = frozenset(groups)
    return lambda member: not wanted.isdisjoint(member.groups)


def is_true(patterns: Sequence[object], ignore_case: bool) -> Callable[[object], object]:
    """A test for what is true, or not 0."""
    return bool
