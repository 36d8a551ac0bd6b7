"""Gates: all tests of a condition that look at the same thing, asked as one."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ingress.acl.chain import steps_of
from ingress.acl.compile import SCANNED, compile_criterion, is_plain, test_of
from ingress.acl.converter import Beside
from ingress.acl.fetches import FETCHES
from ingress.acl.matches import MATCHES, Test
from ingress.acl.sample import Client, Predicate, Request, Type
from ingress.model.condition import Criterion, Match

SLASH: Final = ord("/")
REMEMBERED: Final = 1024
LONGEST: Final = 256
"""Bounds on what a gate remembers: clients choose the values."""
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
_LITERAL: Final = frozenset((Match.STR, Match.BEG, Match.END, Match.SUB))
_DICE: Final = frozenset(("rand", "uuid"))
_CHEAP: Final = {"always_false": 0, "always_true": 0, "method": 1, "req.ver": 2, "ssl_fc": 2}


class Subject(NamedTuple):
    """What a test looks at; the lowest cost least."""

    rank: int
    kind: str
    name: str = ""


DICE: Final = Subject(99, "dice")
"""What is another one each time, and thus must not be asked twice."""


def subject_of(criterion: Criterion) -> Subject:
    """What the test looks at."""
    name, args = FETCHES[criterion.fetch.name].name, criterion.fetch.args
    if FETCHES[name].waits:
        return Subject(10, "other", repr(criterion))
    if criterion.files:
        return Subject(9, "other", repr(criterion))
    if name in _DICE:
        return DICE
    if name in _CHEAP:
        return _other(criterion)._replace(rank=_CHEAP[name])
    if name == "path" and not criterion.converters and MATCHES[criterion.match].takes in (None, Type.STR):
        return Subject(3, "path")
    if name == "src" and _is_steady(criterion):
        return Subject(4, "src")
    if name == "urlp" and len(args) == 1:
        return Subject(5, "urlp")
    if name in _OF_COOKIE or (name in _OF_FIELD and args[0].lower() == "cookie"):
        return Subject(7, "cookie")
    if name in _OF_FIELD:
        return _field_of(criterion, args[0].lower())
    return _other(criterion)


def _field_of(criterion: Criterion, name: str) -> Subject:
    if name.encode() in STEADY and _is_steady(criterion):
        return Subject(6, "host" if name == "host" else "steady field", name)
    # What counts has a sample even where there is no field.
    if criterion.fetch.name.endswith("_cnt") or name == "host":
        return _other(criterion)
    return Subject(6, "field", name)


def _is_steady(criterion: Criterion) -> bool:
    """Whether its outcome hangs on its sample alone."""
    steps = steps_of(FETCHES[criterion.fetch.name].gives, criterion.converters, None)
    return not any(isinstance(step, Beside) for step in steps)


def _other(criterion: Criterion) -> Subject:
    return Subject(8, "other", repr((criterion.fetch, criterion.converters)))


def _is_literal(test: Criterion) -> bool:
    """Whether it asks, of a path, for nothing but beginnings, ends or single elements."""
    if test.match is Match.DIR:
        return is_plain(test) and not any("/" in word or "?" in word for word in _words(test))
    return is_plain(test) and test.match in (Match.BEG, Match.END) and len(test.patterns) <= SCANNED


def _words(test: Criterion) -> tuple[str, ...]:
    return tuple(pattern.strip("/?") for pattern in test.patterns)


def _literals(tests: Sequence[Criterion], match: Match) -> Iterator[bytes]:
    """The patterns of these tests that can be asked by one call."""
    for test in tests:
        if test.match is match and _is_literal(test):
            yield from map(str.encode, _words(test) if match is Match.DIR else test.patterns)


def compile_gate(subject: Subject, tests: Sequence[Criterion]) -> Predicate:
    """Whether any of these tests of one subject holds."""
    holds = any_of([compile_criterion(test) for test in tests])
    match subject.kind:
        case "path" if len(tests) > 1:
            return _of_path(tests)
        case "src":
            return _of_source(holds)
        case "urlp":
            return _of_query([f"{test.fetch.args[0]}=".encode() for test in tests], holds)
        case "host":
            return _of_host(holds)
        case "steady field":
            return _of_steady_field(subject.name.encode(), holds)
        case "field":
            return _of_field(subject.name.encode(), holds)
        case "cookie":
            return _of_cookies(tests, holds)
    return holds


def _of_path(tests: Sequence[Criterion]) -> Predicate:
    """Those of beginnings, ends and elements at once."""
    begins, ends, elements = (
        frozenset(_literals(tests, match)) for match in (Match.BEG, Match.END, Match.DIR)
    )
    beginnings, endings = tuple(begins), tuple(ends)
    others = [test_of(test) for test in tests if not _is_literal(test)]
    # A path without the byte that all elements begin with has none of them: the dot of `.git` and `.svn`.
    first = {element[0] for element in elements} or {0}
    byte = first.pop() if len(first) == 1 else SLASH

    def holds(request: Request, client: Client) -> bool:
        path = request.path
        if (
            path.startswith(beginnings)
            or path.endswith(endings)
            or (byte in path and not elements.isdisjoint(path.split(b"/")))
        ):
            # `OPTIONS *` has no path.
            return path.startswith(b"/")
        for test in others:
            if test(path):
                return path.startswith(b"/")
        return False

    return holds


def _of_query(beginnings: Sequence[bytes], holds: Predicate) -> Predicate:
    """Only where a parameter seems to be there."""

    def holds_any(request: Request, client: Client) -> bool:
        query = request.query
        if query is not None:
            for beginning in beginnings:
                if beginning in query:
                    return holds(request, client)
        return False

    return holds_any


class _Memory(dict[bytes, bool]):
    """Which values meet a test, as far as it was asked."""

    __slots__ = ()

    def keep(self, value: bytes, met: bool) -> bool:
        """Remember a value, if there is room; gives whether it meets the test."""
        if len(value) <= LONGEST:
            if len(self) >= REMEMBERED:
                self.clear()
            self[value] = met
        return met


def _of_source(holds: Predicate) -> Predicate:
    known = _Memory()

    def remembered(request: Request, client: Client) -> bool:
        address = client.address
        found = known.get(address)
        return known.keep(address, holds(request, client)) if found is None else found

    return remembered


def _of_host(holds: Predicate) -> Predicate:
    known = _Memory()

    def remembered(request: Request, client: Client) -> bool:
        if request.edits is not None:
            return holds(request, client)
        host = request.authority
        found = known.get(host)
        if found is None:
            # One that is empty may be there or not.
            return known.keep(host, holds(request, client)) if host else holds(request, client)
        return found

    return remembered


def _of_steady_field(name: bytes, holds: Predicate) -> Predicate:
    known = _Memory()

    def remembered(request: Request, client: Client) -> bool:
        values = request.values(name)
        if len(values) != 1:
            return holds(request, client)
        value = values[0]
        found = known.get(value)
        return known.keep(value, holds(request, client)) if found is None else found

    return remembered


def _of_field(name: bytes, holds: Predicate) -> Predicate:
    return lambda request, client: bool(request.values(name)) and holds(request, client)


def _of_cookies(tests: Sequence[Criterion], holds: Predicate) -> Predicate:
    """A look at the whole field mostly tells that none of the tests can hold."""
    hints: list[tuple[bytes, bytes]] = []
    counts: list[Test] = []
    others: list[Predicate] = []
    for test in tests:
        if test.fetch.name == "req.fhdr_cnt" and test.match is Match.INT and is_plain(test):
            counts.append(test_of(test))
        elif test.fetch.name in ("cook", "req.cook") and test.match in _LITERAL and is_plain(test):
            hints += [(test.fetch.args[0].encode(), pattern.encode()) for pattern in test.patterns]
        else:
            others.append(compile_criterion(test))
    rest = any_of(others) if others else None

    def holds_any(request: Request, client: Client) -> bool:
        values = request.values(b"cookie")
        for value in values:
            for name, pattern in hints:
                if pattern in value and name in value:
                    return holds(request, client)
        for count in counts:
            if count(len(values)):
                return True
        return rest is not None and rest(request, client)

    return holds_any


def any_of(predicates: Sequence[Predicate]) -> Predicate:
    """Whether any holds."""
    if len(predicates) == 1:
        return predicates[0]
    if len(predicates) == 2:
        first, second = predicates
        return lambda request, client: first(request, client) or second(request, client)

    def holds(request: Request, client: Client) -> bool:
        for predicate in predicates:  # noqa: SIM110  a plain loop costs half of a generator
            if predicate(request, client):
                return True
        return False

    return holds
