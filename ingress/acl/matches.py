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
    is_member,
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
    example: str
    operators: bool = False
    """Patterns may follow `eq`, `ge`, `gt`, `le` or `lt`."""


DIRECTORY: Final = b"/?"
DOMAIN: Final = b"/?.:"

MATCHES: Final[Mapping[Match, Matching]] = {
    Match.STR: Matching(Type.STR, read_text, equals, "is equal to a pattern", "path /blog /shop"),
    Match.BEG: Matching(Type.STR, read_text, begins, "begins with a pattern", "path_beg /blog/"),
    Match.END: Matching(Type.STR, read_text, ends, "ends with a pattern", "path_end .php"),
    Match.SUB: Matching(Type.STR, read_text, includes, "contains a pattern", "hdr_sub(user-agent) -i bot"),
    Match.DIR: Matching(
        Type.STR,
        read_word(DIRECTORY),
        has_word(DIRECTORY),
        "contains a pattern as whole path elements, bounded by `/`, `?` or an end",
        "path_dir admin",
    ),
    Match.DOM: Matching(
        Type.STR,
        read_word(DOMAIN),
        has_word(DOMAIN),
        "contains a pattern as whole labels, bounded by `/`, `?`, `.`, `:` or an end; "
        "`ex.com` also matches `ex.com.evil.org`: use `end` for suffixes",
        "hdr_dom(host) shop",
    ),
    Match.LEN: Matching(
        Type.STR,
        read_range,
        length_in,
        "its length is in a range of bytes",
        "path_len gt 100",
        operators=True,
    ),
    Match.REG: Matching(
        Type.STR,
        read_regex,
        searches,
        "a regular expression (RE2, so without look-around and back-references) is found in it",
        "path_reg ^/v[0-9]+/",
    ),
    Match.FOUND: Matching(None, None, is_found, "is there at all, even empty", "hdr(x-debug) -m found"),
    Match.BOOL: Matching(Type.BOOL, None, is_true, "is true, or not 0", "ssl_fc"),
    Match.INT: Matching(
        Type.INT, read_range, number_in, "is in a range of numbers", "hdr_cnt(cookie) gt 2", operators=True
    ),
    Match.IP: Matching(
        Type.ADDRESS,
        read_network,
        lambda networks, _: contains(networks),
        "is in a network",
        "src 10.0.0.0/8",
    ),
    Match.BIN: Matching(
        Type.BIN,
        read_hex,
        equals,
        "is equal to bytes written as hexadecimal digits",
        "hdr(x-a) -m bin 616263",
    ),
    Match.METHOD: Matching(
        Type.METHOD,
        read_method,
        is_method,
        "is a method; with `-i`, one that is none of the well-known may be in any case",
        "method GET POST",
    ),
    Match.AUTH: Matching(
        Type.MEMBER,
        read_text,
        is_member,
        "is a user in one of these groups",
        "http_auth_group(staff) admins",
    ),
}

DEFAULT_MATCH: Final[Mapping[Type, Match]] = {
    Type.STR: Match.STR,
    Type.METHOD: Match.METHOD,
    Type.INT: Match.INT,
    Type.BOOL: Match.BOOL,
    Type.ADDRESS: Match.IP,
    Type.MEMBER: Match.AUTH,
}
"""How a sample is compared where neither a suffix nor `-m` says so."""

IMPLIED: Final = (Match.METHOD, Match.AUTH)
"""Matches without a name: their samples are compared by them anyway."""

SUFFIXES: Final = (Match.BEG, Match.END, Match.SUB, Match.DIR, Match.DOM, Match.LEN, Match.REG)
"""Matches that also exist as the end of a criterion's name, as in `path_beg`."""
