"""Conditions as closures: everything that does not depend on the request is done beforehand."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from msgspec.structs import replace

from ingress.acl.chain import Run, run_steps, steps_of
from ingress.acl.converter import Beside, Convert
from ingress.acl.converters import CONVERTERS
from ingress.acl.fetch import Fetch, Take
from ingress.acl.fetches import FETCHES
from ingress.acl.matches import MATCHES, Matching, Test
from ingress.acl.sample import Client, Predicate, Request, cast
from ingress.acl.shortcut import SHORTCUTS
from ingress.model.condition import Condition, Criterion, Match, Term
from ingress.model.patterns import FileUse


def compile_condition(condition: Condition) -> Predicate:
    """Whether a request meets the condition, as one call that costs as little as possible."""
    alone, rows = _parted(condition)
    tests = [compile_criterion(test) for test in _merged(alone)]
    predicate = _any([*tests, *(_row(row) for row in rows)])
    return _not(predicate) if condition.unless else predicate


def _parted(condition: Condition) -> tuple[list[Criterion], list[Sequence[Term]]]:
    """The tests that each suffice alone, whatever ACL they are of, and the alternatives of several terms."""
    alone: list[Criterion] = []
    rows: list[Sequence[Term]] = []
    for row in condition.alternatives:
        if len(row) == 1 and not row[0].negated:
            alone += row[0].tests
        else:
            rows.append(row)
    return alone, rows


def _row(terms: Sequence[Term]) -> Predicate:
    """Whether all terms hold. What must not hold is asked as one."""
    none = [test for term in terms if term.negated for test in term.tests]
    wanted = [_compile_term(term) for term in terms if not term.negated]
    if none:
        wanted.append(_not(_any([compile_criterion(test) for test in _merged(none)])))
    return _all(wanted)


def _compile_term(term: Term) -> Predicate:
    return _any([compile_criterion(test) for test in _merged(term.tests)])


def _merged(tests: Iterable[Criterion]) -> list[Criterion]:
    """The same alternatives, with one test for all that differ in their patterns only."""
    patterns: dict[Criterion, list[tuple[str, ...]]] = {}
    for test in tests:
        bare = replace(test, patterns=())
        patterns.setdefault(bare, []).append(test.patterns)
    return [replace(bare, patterns=tuple(chain(*lists))) for bare, lists in patterns.items()]


def compile_criterion(criterion: Criterion) -> Predicate:
    """Whether any sample of a request matches any pattern."""
    fetch = _cheapest(criterion)
    matching = MATCHES[criterion.match]
    patterns = _read(matching, criterion.patterns)
    shortcut = SHORTCUTS.get((fetch.name, criterion.match))
    plain = not criterion.converters and not criterion.ignore_case and not criterion.files
    if shortcut is not None and plain:
        return shortcut(patterns)
    take = fetch.make(criterion.fetch.args)
    test = matching.prepare(patterns, criterion.ignore_case)
    if criterion.files:
        return _for_files(criterion, fetch, take, test)
    last = CONVERTERS[criterion.converters[-1].name].gives if criterion.converters else fetch.gives
    if matching.takes is not None and (step := cast(last, matching.takes)) is not None:
        test = _after(step, test)
    if not criterion.converters:
        return _for_any(take, test) if fetch.many else _for_one(take, test)
    steps = steps_of(fetch.gives, criterion.converters, None)
    if fetch.many:
        return _for_any_made(take, run_steps(steps), test)
    if len(steps) == 1 and not isinstance(steps[0], Beside):
        return _for_one_alone(take, steps[0], test)
    return _for_one_made(take, run_steps(steps), test)


def _cheapest(criterion: Criterion) -> Fetch:
    """The fetch of the criterion, or one that costs less and decides the same.

    What has no comma, and no blank at its ends, is in a part of a header if and only if it is in the whole.
    """
    fetch = FETCHES[criterion.fetch.name]
    if fetch.name != "hdr" or criterion.match is not Match.SUB or len(criterion.fetch.args) > 1:
        return fetch
    if criterion.files:
        return fetch
    if criterion.converters or any("," in text or text != text.strip() for text in criterion.patterns):
        return fetch
    return FETCHES["req.fhdr"]


def _read(matching: Matching, patterns: Sequence[str]) -> list[Any]:
    return [] if matching.read is None else [matching.read(pattern) for pattern in patterns]


def _after(step: Convert, test: Test) -> Test:
    """The test of what the step makes of a sample; it fails where it makes none."""

    def stepped(sample: Any) -> object:
        made = step(sample)
        return made is not None and test(made)

    return stepped


def _for_one(take: Callable[[Request, Client], Any], test: Test) -> Predicate:
    def holds(request: Request, client: Client) -> bool:
        sample = take(request, client)
        return sample is not None and bool(test(sample))

    return holds


def _for_any(take: Callable[[Request, Client], Sequence[Any]], test: Test) -> Predicate:
    def holds(request: Request, client: Client) -> bool:
        for sample in take(request, client):  # noqa: SIM110  a plain loop costs half of a generator
            if test(sample):
                return True
        return False

    return holds


def _for_one_alone(take: Take, convert: Convert, test: Test) -> Predicate:
    def holds(request: Request, client: Client) -> bool:
        sample = take(request, client)
        made = None if sample is None else convert(sample)
        return made is not None and bool(test(made))

    return holds


def _for_one_made(take: Take, run: Run, test: Test) -> Predicate:
    def holds(request: Request, client: Client) -> bool:
        sample = take(request, client)
        made = None if sample is None else run(sample, request, client)
        return made is not None and bool(test(made))

    return holds


def _for_any_made(take: Take, run: Run, test: Test) -> Predicate:
    def holds(request: Request, client: Client) -> bool:
        for sample in take(request, client):
            made = run(sample, request, client)
            # As elsewhere, a sample that cannot be converted ends the search.
            if made is None:
                return False
            if test(made):
                return True
        return False

    return holds


def _for_files(criterion: Criterion, fetch: Fetch, take: Take, test: Test) -> Predicate:
    """Whether any sample matches a pattern of the test or of a file."""
    steps = steps_of(fetch.gives, criterion.converters, None)
    run = run_steps(steps) if steps else None
    last = CONVERTERS[criterion.converters[-1].name].gives if criterion.converters else fetch.gives
    takes = MATCHES[criterion.match].takes
    step = None if takes is None else cast(last, takes)
    keys = [
        FileUse(file, criterion.match, criterion.ignore_case, criterion.keyed).key for file in criterion.files
    ]
    many = fetch.many

    def holds(request: Request, client: Client) -> bool:
        files = client.surroundings.files
        sample = take(request, client)
        for each in sample if many else (sample,):
            made = each if run is None or each is None else run(each, request, client)
            if made is None:
                return False
            made = made if step is None else step(made)
            if made is not None and (test(made) or any(files.get(key, _nothing)(made) for key in keys)):
                return True
        return False

    return holds


def _nothing(sample: object) -> None:
    """What a file has for a sample that is not there any more."""


def _not(predicate: Predicate) -> Predicate:
    return lambda request, client: not predicate(request, client)


def _all(predicates: Sequence[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    if len(predicates) == 2:
        first, second = predicates
        return lambda request, client: first(request, client) and second(request, client)

    def holds(request: Request, client: Client) -> bool:
        for predicate in predicates:  # noqa: SIM110  a plain loop costs half of a generator
            if not predicate(request, client):
                return False
        return True

    return holds


def _any(predicates: Sequence[Predicate]) -> Predicate:
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
