"""Conditions as closures: everything that does not depend on the request is done beforehand."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from ingress.acl.converters import CONVERTERS
from ingress.acl.fetches import FETCHES
from ingress.acl.matches import MATCHES, Matching, Test
from ingress.acl.sample import CASTS, Client, Predicate, Request, Sample, Type
from ingress.acl.shortcut import SHORTCUTS
from ingress.model.condition import Condition, Criterion, Term

Step = Callable[[Any], Sample | None]
"""From one sample to the next; None: there is none any more."""


def compile_condition(condition: Condition) -> Predicate:
    """Whether a request meets the condition, as one call that costs as little as possible."""
    rows = [_all([_compile_term(term) for term in row]) for row in condition.alternatives]
    predicate = _any(rows)
    return _not(predicate) if condition.unless else predicate


def _compile_term(term: Term) -> Predicate:
    predicate = _any([compile_criterion(test) for test in _merged(term.tests)])
    return _not(predicate) if term.negated else predicate


def _merged(tests: Iterable[Criterion]) -> list[Criterion]:
    """The same alternatives, with one test for all that differ in their patterns only."""
    patterns: dict[Criterion, list[tuple[str, ...]]] = {}
    for test in tests:
        bare = Criterion(test.fetch, test.match, (), test.ignore_case, test.converters)
        patterns.setdefault(bare, []).append(test.patterns)
    return [
        Criterion(bare.fetch, bare.match, tuple(chain(*lists)), bare.ignore_case, bare.converters)
        for bare, lists in patterns.items()
    ]


def compile_criterion(criterion: Criterion) -> Predicate:
    """Whether any sample of a request matches any pattern."""
    fetch = FETCHES[criterion.fetch.name]
    matching = MATCHES[criterion.match]
    patterns = _read(matching, criterion.patterns)
    shortcut = SHORTCUTS.get((fetch.name, criterion.match))
    if shortcut is not None and not criterion.converters and not criterion.ignore_case:
        return shortcut(patterns)
    take = fetch.make(criterion.fetch.args)
    steps = _steps(criterion, fetch.gives, matching.takes)
    test = _after(steps, matching.prepare(patterns, criterion.ignore_case))
    return _for_any(take, test) if fetch.many else _for_one(take, test)


def _read(matching: Matching, patterns: Sequence[str]) -> list[Any]:
    return [] if matching.read is None else [matching.read(pattern) for pattern in patterns]


def _steps(criterion: Criterion, given: Type, wanted: Type | None) -> list[Step]:
    """The converters and, where types differ, the casts between fetch and match."""
    steps: list[Step] = []
    for call in criterion.converters:
        converter = CONVERTERS[call.name]
        steps.extend(_cast(given, converter.takes))
        steps.append(converter.make(call.args))
        given = converter.gives
    if wanted is not None:
        steps.extend(_cast(given, wanted))
    return steps


def _cast(given: Type, wanted: Type) -> tuple[Step, ...]:
    return () if given is wanted else (CASTS[given, wanted],)


def _after(steps: Sequence[Step], test: Test) -> Test:
    """The test of what the steps make of a sample; it fails where they leave none."""
    for step in reversed(steps):
        test = _after_one(step, test)
    return test


def _after_one(step: Step, test: Test) -> Test:
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
