"""What a test sees of a request: its samples, and which pattern matched. For accounts, not for decisions."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec.structs import replace

from ingress.acl.chain import run_steps, steps_of
from ingress.acl.compile import compile_criterion
from ingress.acl.converters import CONVERTERS
from ingress.acl.fetches import FETCHES
from ingress.acl.matches import MATCHES
from ingress.acl.sample import Client, Request, Type, can_cast, cast
from ingress.acl.written import PATTERNS, write_criterion, write_word
from ingress.model.condition import Criterion, Term
from ingress.model.explanation import SeenAcl, SeenTest

SAMPLES: Final = 20
"""Samples of one test that are shown."""
LONGEST: Final = 500
"""Characters of a sample that are shown."""

Look = Callable[[Request, Client], SeenAcl]


def compile_look(term: Term) -> Look:
    """What an ACL sees of a request, each test by the same predicate that rules are decided by."""
    tests = [_compile_test(test) for test in term.tests]

    def look(request: Request, client: Client) -> SeenAcl:
        seen = tuple(test(request, client) for test in tests)
        return SeenAcl(term.name, seen, any(test.holds for test in seen))

    return look


def _compile_test(criterion: Criterion) -> Callable[[Request, Client], SeenTest]:
    text = write_criterion(criterion)
    holds, samples = compile_criterion(criterion), compile_samples(criterion)
    patterns = [(shown, compile_criterion(one)) for shown, one in _each_pattern(criterion)]

    def look(request: Request, client: Client) -> SeenTest:
        held = holds(request, client)
        matched = (shown for shown, one in patterns if held and one(request, client))
        return SeenTest(text, samples(request, client), next(matched, ""), held)

    return look


def _each_pattern(criterion: Criterion) -> list[tuple[str, Criterion]]:
    """The test with one of its patterns at a time."""
    if MATCHES[criterion.match].read is None:
        return []
    patterns = criterion.patterns[:PATTERNS]
    return [(write_word(pattern), replace(criterion, patterns=(pattern,))) for pattern in patterns]


def compile_samples(criterion: Criterion) -> Callable[[Request, Client], tuple[str, ...]]:
    """The samples that a test compares with its patterns, as texts."""
    fetch = FETCHES[criterion.fetch.name]
    take = fetch.make(criterion.fetch.args)
    run = run_steps(steps_of(fetch.gives, criterion.converters, None))
    last = CONVERTERS[criterion.converters[-1].name].gives if criterion.converters else fetch.gives
    show = shower(last)

    def samples(request: Request, client: Client) -> tuple[str, ...]:
        found = take(request, client)
        taken: Sequence[Any] = found if fetch.many else () if found is None else (found,)
        made = (run(sample, request, client) for sample in taken[:SAMPLES])
        return tuple(show(sample) for sample in made if sample is not None)

    return samples


def shower(type_: Type) -> Callable[[Any], str]:
    """How a sample of a type is shown: as the text that it would be in a header, or in digits."""
    if type_ is Type.BIN or not can_cast(type_, Type.STR):
        return lambda sample: f"0x{bytes(sample).hex()}"[:LONGEST]
    convert = cast(type_, Type.STR) or (lambda sample: sample)

    def show(sample: Any) -> str:
        text = convert(sample)
        return "" if not isinstance(text, bytes) else text.decode("utf-8", "backslashreplace")[:LONGEST]

    return show
