"""Gates: all tests of a condition that look at the same thing, asked as one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from ingress.acl.compile import SCANNED, compile_criterion, test_of
from ingress.acl.edges import Edges
from ingress.acl.matches import MATCHES
from ingress.acl.needle import Needle
from ingress.acl.number import Range
from ingress.acl.said import Said
from ingress.acl.sample import Client, Predicate, Request
from ingress.acl.subject import Kind, Subject, is_plain
from ingress.model.condition import Criterion, Match
from ingress.model.patterns import FileUse

SLASH: Final = ord("/")
NEWLINE: Final = ord("\n")
REMEMBERED: Final = 1024
LONGEST: Final = 256
"""Bounds on what a gate remembers: clients choose the values."""
NEVER: Final = b"\n"
"""No field says this."""
ENDLESS: Final = 1 << 62
"""Longer than all texts, and more than all fields of a request."""
_LITERAL: Final = frozenset((Match.STR, Match.BEG, Match.END, Match.SUB))


class Gate:
    """Whether any of these tests of one subject holds."""

    __slots__ = ("behind", "following", "holds")

    def __init__(self, tests: Sequence[Criterion]) -> None:
        self.holds = any_of([compile_criterion(test) for test in tests])
        self.behind: Predicate | None = None
        """What has to hold too; None: nothing."""
        self.following: Gate | None = None
        """The gate of the same formula that is asked next."""

    def opens(self, request: Request, client: Client) -> bool:
        """Whether any of the tests holds."""
        return self.holds(request, client)


class MethodGate(Gate):
    """Tests of the method."""

    __slots__ = ("_methods",)

    def __init__(self, tests: Sequence[Criterion]) -> None:
        super().__init__(tests)
        self._methods = frozenset(_patterns(tests))

    def opens(self, request: Request, client: Client) -> bool:
        """Whether it is one of the methods."""
        return request.method in self._methods


class VersionGate(Gate):
    """Tests of the version."""

    __slots__ = ("_old", "_usual")

    def __init__(self, tests: Sequence[Criterion]) -> None:
        super().__init__(tests)
        self._old, self._usual = (version in _patterns(tests) for version in (b"1.0", b"1.1"))

    def opens(self, request: Request, client: Client) -> bool:
        """Whether it is one of the versions."""
        return self._usual if request.minor else self._old


class PathGate(Gate):
    """Tests of the path: those of beginnings, ends and elements at once."""

    __slots__ = ("_byte", "_edges", "_elements", "_long", "_others")

    def __init__(self, tests: Sequence[Criterion]) -> None:
        super().__init__(tests)
        self._edges = Edges(*(dict.fromkeys(_literals(tests, match)) for match in (Match.BEG, Match.END)))
        self._elements = frozenset(_literals(tests, Match.DIR))
        # A path without the byte that all elements begin with has none of them: the dot of `.git` and `.svn`.
        first = {element[0] for element in self._elements} or {0}
        self._byte = first.pop() if len(first) == 1 else SLASH
        others = [test for test in tests if not _is_literal(test)]
        self._long = least_of(test for test in others if _is_bound(test, Match.LEN))
        """A path of so many bytes meets a test."""
        self._others = [test_of(test) for test in others if not _is_bound(test, Match.LEN)]

    def opens(self, request: Request, client: Client) -> bool:
        """Whether the path has any of these, or meets any other test."""
        path = request.path
        if (
            self._edges.of(path)
            or (self._byte in path and not self._elements.isdisjoint(path.split(b"/")))
            or len(path) >= self._long
        ):
            # `OPTIONS *` has no path.
            return path.startswith(b"/")
        for test in self._others:
            if test(path):
                return path.startswith(b"/")
        return False


class QueryGate(Gate):
    """Tests of parameters, asked only where one of them seems to be there."""

    __slots__ = ("_needles",)

    def __init__(self, tests: Sequence[Criterion]) -> None:
        super().__init__(tests)
        beginnings = dict.fromkeys(f"{test.fetch.args[0]}=".encode() for test in tests)
        self._needles = tuple(map(Needle, beginnings))

    def opens(self, request: Request, client: Client) -> bool:
        """Whether any of the tests holds."""
        query = request.query
        if query is not None:
            for needle in self._needles:
                if needle.within(query):
                    return self.holds(request, client)
        return False


class RememberingGate(Gate):
    """Tests of what is the same again and again: a value that was asked about is looked up."""

    __slots__ = ("_known",)

    def __init__(self, tests: Sequence[Criterion]) -> None:
        super().__init__(tests)
        self._known: dict[bytes | None, bool] = {}

    def learn(self, value: bytes | None, met: bool) -> bool:
        """Remember a value, or that there is none, if there is room; gives whether it meets the tests."""
        if value is None or len(value) <= LONGEST:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[value] = met
        return met


class SourceGate(RememberingGate):
    """Tests of the address of the client."""

    __slots__ = ()

    def opens(self, request: Request, client: Client) -> bool:
        """Whether any of the tests holds."""
        found = self._known.get(client.address)
        return self.learn(client.address, self.holds(request, client)) if found is None else found


class HostGate(RememberingGate):
    """Tests of the host."""

    __slots__ = ()

    def opens(self, request: Request, client: Client) -> bool:
        """Whether any of the tests holds."""
        host = request.authority
        # One that is empty may be there or not.
        if request.edits is not None or not host:
            return self.holds(request, client)
        found = self._known.get(host)
        return self.learn(host, self.holds(request, client)) if found is None else found


class SteadyGate(RememberingGate):
    """Tests of a field that has the same few values again and again."""

    __slots__ = ("_last", "_met", "_said")

    def __init__(self, tests: Sequence[Criterion]) -> None:
        super().__init__(tests)
        self._said = Said(tests[0].fetch.args[0].lower().encode())
        self._last: bytes | None = NEVER
        """What the last request has said, and whether that meets the tests."""
        self._met = False

    def opens(self, request: Request, client: Client) -> bool:
        """Whether any of the tests holds."""
        value = self._said.by(request)
        if value is self._last:
            return self._met
        found = self._known.get(value)
        met = self.learn(value, self.holds(request, client)) if found is None else found
        self._last, self._met = value, met
        return met


class FieldGate(Gate):
    """Tests of a field, asked only where it is there."""

    __slots__ = ("_said",)

    def __init__(self, tests: Sequence[Criterion]) -> None:
        super().__init__(tests)
        self._said = Said(tests[0].fetch.args[0].lower().encode())

    def opens(self, request: Request, client: Client) -> bool:
        """Whether any of the tests holds."""
        return self._said.by(request) is not None and self.holds(request, client)


class LengthGate(Gate):
    """Tests of Content-Length, asked only where it is there."""

    __slots__ = ()

    def opens(self, request: Request, client: Client) -> bool:
        """Whether any of the tests holds."""
        return (request.length >= 0 or request.edits is not None) and self.holds(request, client)


class CookieGate(Gate):
    """Tests of cookies: a look at the whole field mostly tells that none of them can hold."""

    __slots__ = ("_counts", "_hints", "_many", "_rest", "_said")

    def __init__(self, tests: Sequence[Criterion]) -> None:
        super().__init__(tests)
        self._said = Said(b"cookie")
        counts = [test for test in tests if _counts_cookies(test)]
        self._many = least_of(test for test in counts if _is_bound(test, Match.INT))
        """So many fields meet a test."""
        self._counts = [test_of(test) for test in counts if not _is_bound(test, Match.INT)]
        valued = [test for test in tests if _is_of_value(test)]
        self._hints = tuple(chain.from_iterable(map(_hints, valued)))
        """A pattern and a name: where both are in the fields, the tests are asked."""
        others = [test for test in tests if test not in counts and test not in valued]
        self._rest = any_of([compile_criterion(test) for test in others]) if others else None

    def opens(self, request: Request, client: Client) -> bool:
        """Whether any of the tests holds."""
        value = self._said.by(request)
        count = 0
        if value is not None:
            for pattern, name in self._hints:
                if pattern.within(value) and name.within(value):
                    return self.holds(request, client)
            count = 1 if NEWLINE not in value else value.count(b"\n") + 1
        if count >= self._many:
            return True
        for test in self._counts:
            if test(count):
                return True
        return self._rest is not None and self._rest(request, client)


class ListedPathGate(Gate):
    """A test whether the path is in a file."""

    __slots__ = ("_key",)

    def __init__(self, tests: Sequence[Criterion]) -> None:
        super().__init__(tests)
        self._key = key_of(tests[0])

    def opens(self, request: Request, client: Client) -> bool:
        """Whether the file has it."""
        look = client.surroundings.files.get(self._key)
        path = request.path
        return look is not None and path.startswith(b"/") and bool(look(path))


class ListedSourceGate(RememberingGate):
    """A test whether the client is in a file."""

    __slots__ = ("_key", "_look")

    def __init__(self, tests: Sequence[Criterion]) -> None:
        super().__init__(tests)
        self._key = key_of(tests[0])
        self._look: Any = None
        """Of which file, as it was then, the answers are remembered."""

    def opens(self, request: Request, client: Client) -> bool:
        """Whether the file has it."""
        look = client.surroundings.files.get(self._key)
        if look is not self._look:
            self._look = look
            self._known.clear()
        found = self._known.get(client.address)
        if found is None:
            return self.learn(client.address, look is not None and bool(look(client.address)))
        return found


GATES: Final[Mapping[Kind, type[Gate]]] = {
    Kind.METHOD: MethodGate,
    Kind.VERSION: VersionGate,
    Kind.PATH: PathGate,
    Kind.QUERY: QueryGate,
    Kind.SOURCE: SourceGate,
    Kind.HOST: HostGate,
    Kind.STEADY: SteadyGate,
    Kind.FIELD: FieldGate,
    Kind.LENGTH: LengthGate,
    Kind.COOKIE: CookieGate,
    Kind.LISTED_PATH: ListedPathGate,
    Kind.LISTED_SOURCE: ListedSourceGate,
}
"""For all other subjects, the tests are asked one by one."""


def compile_gate(subject: Subject, tests: Sequence[Criterion]) -> Gate:
    """Whether any of these tests of one subject holds."""
    return GATES.get(subject.kind, Gate)(tests)


def key_of(test: Criterion) -> str:
    """Under which a worker has the look-up in the one file of a test."""
    return FileUse(test.files[0], test.match, test.ignore_case, test.keyed).key


def _patterns(tests: Sequence[Criterion]) -> Iterator[bytes]:
    for test in tests:
        yield from map(str.encode, test.patterns)


def _is_literal(test: Criterion) -> bool:
    """Whether it asks, of a path, for nothing but beginnings, ends or single elements."""
    if test.match is Match.DIR:
        return is_plain(test) and not any("/" in word or "?" in word for word in _words(test))
    return is_plain(test) and test.match in (Match.BEG, Match.END) and len(test.patterns) <= SCANNED


def _is_bound(test: Criterion, match: Match) -> bool:
    """Whether it asks for nothing but so many or more."""
    return test.match is match and is_plain(test) and all(_is_open(one) for one in _ranges(test))


def _is_open(numbers: Range) -> bool:
    return numbers[0] is not None and numbers[1] is None


def _ranges(test: Criterion) -> list[Range]:
    read = MATCHES[test.match].read
    return [] if read is None else [read(pattern) for pattern in test.patterns]


def least_of(tests: Iterable[Criterion]) -> int:
    """From which number on one of these bounds is met."""
    return min((low for test in tests for low, _ in _ranges(test) if low is not None), default=ENDLESS)


def _counts_cookies(test: Criterion) -> bool:
    """Whether it asks how many Cookie fields there are."""
    return test.fetch.name == "req.fhdr_cnt" and test.match is Match.INT and is_plain(test)


def _is_of_value(test: Criterion) -> bool:
    """Whether it asks for texts in the values of one cookie."""
    return test.fetch.name in ("cook", "req.cook") and test.match in _LITERAL and is_plain(test)


def _hints(test: Criterion) -> Iterator[tuple[Needle, Needle]]:
    name = Needle(test.fetch.args[0].encode())
    return ((Needle(pattern.encode()), name) for pattern in test.patterns)


def _words(test: Criterion) -> tuple[str, ...]:
    return tuple(pattern.strip("/?") for pattern in test.patterns)


def _literals(tests: Sequence[Criterion], match: Match) -> Iterator[bytes]:
    """The patterns of these tests that can be asked by one call."""
    for test in tests:
        if test.match is match and _is_literal(test):
            yield from map(str.encode, _words(test) if match is Match.DIR else test.patterns)


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
