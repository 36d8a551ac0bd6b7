"""Conditions: boolean formulas over tests of a request, in HAProxy's sense, as a syntax tree."""

from enum import StrEnum

from msgspec import Struct


class Match(StrEnum):
    """How a sample is compared with the patterns of a test (HAProxy configuration manual, 7.1)."""

    STR = "str"
    BEG = "beg"
    END = "end"
    SUB = "sub"
    DIR = "dir"
    DOM = "dom"
    LEN = "len"
    REG = "reg"
    FOUND = "found"
    BOOL = "bool"
    INT = "int"
    IP = "ip"
    METHOD = "method"
    BIN = "bin"
    AUTH = "auth"


class Call(Struct, frozen=True, omit_defaults=True):
    """A fetch or a converter with its arguments: `hdr(host)`, `lower`."""

    name: str
    args: tuple[str, ...] = ()


class Expression(Struct, frozen=True, omit_defaults=True):
    """A sample, converted: `hdr(host),lower`."""

    fetch: Call
    converters: tuple[Call, ...] = ()


Text = tuple[str | Expression, ...]
"""A text with samples in it, as `%[...]` writes them: its parts in order."""


class Criterion(Struct, frozen=True, omit_defaults=True):
    """One `acl` line: a sample, converted, compared with patterns. True if any sample matches any."""

    fetch: Call
    match: Match
    patterns: tuple[str, ...] = ()
    ignore_case: bool = False
    converters: tuple[Call, ...] = ()
    files: tuple[str, ...] = ()
    """Names of pattern files, whose patterns count too."""
    keyed: bool = False
    """The first word of each line of the files is the pattern."""


class Term(Struct, frozen=True, omit_defaults=True):
    """A named or anonymous ACL as a condition uses it. Lines of one name are alternatives."""

    tests: tuple[Criterion, ...]
    negated: bool = False
    name: str = ""
    """The name it was used by; empty for an anonymous `{ }`."""


class Condition(Struct, frozen=True, omit_defaults=True):
    """`if A B or C`: alternatives of which one must hold, each a row of terms that must all hold."""

    alternatives: tuple[tuple[Term, ...], ...]
    unless: bool = False
