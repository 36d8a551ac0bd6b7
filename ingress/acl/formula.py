"""Formulas: conditions as one call that costs as little as possible.

A formula is taken apart into ways to be met. Each way has a gate, a test that it cannot do without; gates
that look at the same thing are asked together, and what else a way needs is asked only behind its gate.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from ingress.acl.compile import compile_criterion
from ingress.acl.fetches import FETCHES
from ingress.acl.gate import Gate, any_of, compile_gate
from ingress.acl.sample import Client, Predicate, Request
from ingress.acl.subject import DICE, Subject, subject_of
from ingress.model.condition import Condition, Criterion, Term

Row = tuple[Term, ...]


class _Way(NamedTuple):
    """A test, and the terms that must hold beside it."""

    gate: Criterion
    rest: Row = ()


class Formula:
    """A condition that is met where a gate is open and what is behind it holds, or any row of terms."""

    __slots__ = ("_first", "_rows", "_unless")

    def __init__(
        self, gates: Sequence[Gate] = (), rows: Sequence[Predicate] = (), *, unless: bool = False
    ) -> None:
        """`unless`: it is met where none of them is."""
        self._first: Gate | None = None
        for gate in reversed(gates):
            gate.following, self._first = self._first, gate
        self._rows = tuple(rows)
        self._unless = unless

    def holds(self, request: Request, client: Client) -> bool:
        """Whether it is met."""
        gate = self._first
        while gate is not None:
            if gate.opens(request, client) and (gate.behind is None or gate.behind(request, client)):
                return not self._unless
            gate = gate.following
        for row in self._rows:
            if row(request, client):
                return not self._unless
        return self._unless

    def simplest(self) -> Predicate:
        """The same as one call."""
        gate, rows = self._first, self._rows
        if self._unless or (gate is None and len(rows) != 1) or (gate is not None and rows):
            return self.holds
        if gate is None:
            return rows[0]
        alone = gate.following is None and gate.behind is None
        return _opener(gate) if alone else self.holds


def compile_condition(condition: Condition) -> Predicate:
    """Whether a request meets the condition, as one call."""
    return compile_formula(condition).simplest()


def compile_formula(condition: Condition) -> Formula:
    """Whether a request meets the condition."""
    by_subject: dict[Subject, list[_Way]] = {}
    rows: list[Predicate] = []
    for row in condition.alternatives:
        place = _place_of_gate(row)
        if place is None or DICE in map(subject_of, row[place].tests):
            rows.append(_row(row))
            continue
        for test in row[place].tests:
            way = _Way(test, (*row[:place], *row[place + 1 :]))
            by_subject.setdefault(subject_of(test), []).append(way)
    # What costs least comes first.
    gates = [_guarded(subject, by_subject[subject]) for subject in sorted(by_subject)]
    return Formula(gates, rows, unless=condition.unless)


def _opener(gate: Gate) -> Predicate:
    return gate.holds if type(gate) is Gate else gate.opens


def _place_of_gate(row: Row) -> int | None:
    """The place of the term that is to be asked first: the cheapest of those that must hold."""
    places = [place for place, term in enumerate(row) if not term.negated]
    return min(places, key=lambda place: max(map(subject_of, row[place].tests)), default=None)


def _guarded(subject: Subject, ways: Sequence[_Way]) -> Gate:
    gate = compile_gate(subject, merged(way.gate for way in ways))
    bound = [way for way in ways if way.rest]
    if not bound:
        return gate
    if len(ways) == 1:
        gate.behind = _row(bound[0].rest)
        return gate
    alone = [compile_criterion(test) for test in merged(way.gate for way in ways if not way.rest)]
    together = [_all([compile_criterion(way.gate), _row(way.rest)]) for way in bound]
    gate.behind = any_of([*alone, *together])
    return gate


def _row(terms: Row) -> Predicate:
    """Whether all terms hold. What must not hold is asked as one, and what may have to wait at the end."""
    none = sorted((test for term in terms if term.negated for test in term.tests), key=_may_wait)
    ordered = sorted(terms, key=lambda term: any(map(_may_wait, term.tests)))
    wanted = [_compile_tests(term.tests) for term in ordered if not term.negated]
    return _all([*wanted, *((_not(_compile_tests(none)),) if none else ())])


def _may_wait(test: Criterion) -> bool:
    return FETCHES[test.fetch.name].waits


def _compile_tests(tests: Iterable[Criterion]) -> Predicate:
    return any_of([compile_criterion(test) for test in merged(tests)])


def merged(tests: Iterable[Criterion]) -> list[Criterion]:
    """The same alternatives, with one test for all that differ in their patterns only."""
    patterns: dict[Criterion, list[tuple[str, ...]]] = {}
    for test in tests:
        bare = replace(test, patterns=())
        patterns.setdefault(bare, []).append(test.patterns)
    return [replace(bare, patterns=tuple(chain(*lists))) for bare, lists in patterns.items()]


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
