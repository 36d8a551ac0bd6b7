"""Subjects: what tests look at, so that those of one subject can be asked together."""

from enum import StrEnum
from typing import Final, NamedTuple

from ingress.acl.chain import steps_of
from ingress.acl.converter import Beside
from ingress.acl.fetches import FETCHES
from ingress.acl.matches import MATCHES
from ingress.acl.sample import Type
from ingress.model.condition import Criterion, Match

STEADY: Final = frozenset(
    b"""
    accept accept-charset accept-encoding accept-language access-control-request-headers
    access-control-request-method cache-control connection content-encoding content-type host origin pragma
    sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-gpc upgrade
    upgrade-insecure-requests user-agent x-forwarded-host x-forwarded-proto x-requested-with
    """.split()
)
"""Fields that have the same few values again and again, and no secrets in them."""
_OF_FIELD: Final = frozenset(("hdr", "req.fhdr", "hdr_cnt", "req.fhdr_cnt", "hdr_val", "hdr_ip"))
_OF_COOKIE: Final = frozenset(("cook", "cook_cnt", "cook_val"))
_DICE: Final = frozenset(("rand", "uuid"))
_CHEAP: Final = {"always_false": 0, "always_true": 0, "method": 1, "req.ver": 2, "ssl_fc": 2}


class Kind(StrEnum):
    """What a test looks at, as far as it makes a difference to how it is asked."""

    METHOD = "method"
    VERSION = "version"
    PATH = "path"
    SOURCE = "source"
    QUERY = "query"
    HOST = "host"
    STEADY = "steady"
    """A field that has the same values again and again."""
    FIELD = "field"
    LENGTH = "length"
    """Content-Length, which is known anyway."""
    COOKIE = "cookie"
    LISTED_PATH = "listed path"
    LISTED_SOURCE = "listed source"
    OTHER = "other"
    DICE = "dice"


class Subject(NamedTuple):
    """What a test looks at; the lowest cost least."""

    rank: int
    kind: Kind
    name: str = ""


DICE: Final = Subject(99, Kind.DICE)
"""What is another one each time, and thus must not be asked twice."""


def subject_of(criterion: Criterion) -> Subject:
    """What the test looks at."""
    name, args = FETCHES[criterion.fetch.name].name, criterion.fetch.args
    if FETCHES[name].waits:
        return Subject(10, Kind.OTHER, repr(criterion))
    if criterion.files:
        return Subject(9, _kind_of_listed(criterion), repr(criterion))
    if name in _DICE:
        return DICE
    if name == "method" and criterion.match is Match.METHOD and is_plain(criterion):
        return Subject(1, Kind.METHOD)
    if name == "req.ver" and criterion.match is Match.STR and is_plain(criterion):
        return Subject(2, Kind.VERSION)
    if name in _CHEAP:
        return _other(criterion)._replace(rank=_CHEAP[name])
    if name == "path" and not criterion.converters and MATCHES[criterion.match].takes in (None, Type.STR):
        return Subject(3, Kind.PATH)
    if name == "src" and _is_steady(criterion):
        return Subject(4, Kind.SOURCE)
    if name == "urlp" and len(args) == 1:
        return Subject(5, Kind.QUERY)
    if name in _OF_COOKIE or (name in _OF_FIELD and args[0].lower() == "cookie"):
        return Subject(7, Kind.COOKIE)
    if name in _OF_FIELD:
        return _of_field(criterion, args[0].lower())
    return _other(criterion)


def is_plain(criterion: Criterion) -> bool:
    """Whether samples are compared as they are fetched, and with the patterns of the test alone."""
    return not criterion.converters and not criterion.ignore_case and not criterion.files


def _kind_of_listed(criterion: Criterion) -> Kind:
    """Of a test that looks into files."""
    if criterion.converters or criterion.patterns or len(criterion.files) > 1:
        return Kind.OTHER
    if criterion.fetch.name == "path" and MATCHES[criterion.match].takes is Type.STR:
        return Kind.LISTED_PATH
    is_source = criterion.fetch.name == "src" and criterion.match is Match.IP
    return Kind.LISTED_SOURCE if is_source else Kind.OTHER


def _of_field(criterion: Criterion, name: str) -> Subject:
    if name.encode() in STEADY and _is_steady(criterion):
        return Subject(6, Kind.HOST if name == "host" else Kind.STEADY, name)
    # What counts has a sample even where there is no field.
    if criterion.fetch.name.endswith("_cnt") or name == "host":
        return _other(criterion)
    return Subject(6, Kind.LENGTH if name == "content-length" else Kind.FIELD, name)


def _is_steady(criterion: Criterion) -> bool:
    """Whether its outcome hangs on its sample alone."""
    steps = steps_of(FETCHES[criterion.fetch.name].gives, criterion.converters, None)
    return not any(isinstance(step, Beside) for step in steps)


def _other(criterion: Criterion) -> Subject:
    return Subject(8, Kind.OTHER, repr((criterion.fetch, criterion.converters)))
