"""MATCHES: how samples are compared with patterns, by HAProxy's names. One table for all readers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ingress.acl.network import contains, read_network
from ingress.acl.number import read_range
from ingress.acl.pattern import (
    begins,
    ends,
    equals,
    has_word,
    includes,
    is_found,
    is_method,
    is_true,
    length_in,
    number_in,
    read_hex,
    read_method,
    read_regex,
    read_text,
    read_word,
    searches,
)
from ingress.acl.sample import Type
from ingress.model.condition import Match

Test = Callable[[Any], object]
"""Whether a sample matches; what it gives is used as a truth value."""


class Matching(NamedTuple):
    """One way to compare: what it takes, how a pattern is read, and the test made of all patterns."""

    takes: Type | None
    """None: a sample of any type."""
    read: Callable[[str], Any] | None
    """A pattern as the test wants it; raises ValueError. None: there are no patterns."""
    prepare: Callable[[Sequence[Any], bool], Test]
    """From patterns and `-i`."""
    meaning: str
    operators: bool = False
    """Patterns may follow `eq`, `ge`, `gt`, `le` or `lt`."""


_DIR: Final = b"/?"
_DOM: Final = b"/?.:"

MATCHES: Final[Mapping[Match, Matching]] = {
    Match.STR: Matching(Type.STR, read_text, equals, "is equal to a pattern"),
    Match.BEG: Matching(Type.STR, read_text, begins, "begins with a pattern"),
    Match.END: Matching(Type.STR, read_text, ends, "ends with a pattern"),
    Match.SUB: Matching(Type.STR, read_text, includes, "contains a pattern"),
    Match.DIR: Matching(
        Type.STR,
        read_word(_DIR),
        has_word(_DIR),
        "contains a pattern as whole path elements, bounded by `/`, `?` or an end",
    ),
    Match.DOM: Matching(
        Type.STR,
        read_word(_DOM),
        has_word(_DOM),
        "contains a pattern as whole labels, bounded by `/`, `?`, `.`, `:` or an end; "
        "`ex.com` also matches `ex.com.evil.org`: use `end` for suffixes",
    ),
    Match.LEN: Matching(Type.STR, read_range, length_in, "its length is in a range of bytes", operators=True),
    Match.REG: Matching(
        Type.STR,
        read_regex,
        searches,
        "a regular expression (RE2, so without look-around and back-references) is found in it",
    ),
    Match.FOUND: Matching(None, None, is_found, "is there at all, even empty"),
    Match.BOOL: Matching(Type.BOOL, None, is_true, "is true, or not 0"),
    Match.INT: Matching(Type.INT, read_range, number_in, "is in a range of numbers", operators=True),
    Match.IP: Matching(Type.ADDRESS, read_network, lambda networks, _: contains(networks), "is in a network"),
    Match.BIN: Matching(Type.BIN, read_hex, equals, "is equal to bytes written as hexadecimal digits"),
    Match.METHOD: Matching(
        Type.METHOD,
        read_method,
        is_method,
        "is a method; with `-i`, one that is none of the well-known may be in any case",
    ),
}

DEFAULT_MATCH: Final[Mapping[Type, Match]] = {
    Type.STR: Match.STR,
    Type.METHOD: Match.METHOD,
    Type.INT: Match.INT,
    Type.BOOL: Match.BOOL,
    Type.ADDRESS: Match.IP,
}
"""How a sample is compared where neither a suffix nor `-m` says so."""

SUFFIXES: Final = (Match.BEG, Match.END, Match.SUB, Match.DIR, Match.DOM, Match.LEN, Match.REG)
"""Matches that also exist as the end of a criterion's name, as in `path_beg`."""
