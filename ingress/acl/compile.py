"""Tests as closures: everything that does not depend on the request is done beforehand."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from ingress.acl.chain import Run, run_steps, steps_of
from ingress.acl.converter import Beside, Convert
from ingress.acl.converters import CONVERTERS
from ingress.acl.fetch import Fetch, Take
from ingress.acl.fetches import FETCHES
from ingress.acl.index import INDEXES, folded
from ingress.acl.matches import MATCHES, Matching, Test
from ingress.acl.sample import Client, Predicate, Request, cast
from ingress.acl.shortcut import SHORTCUTS
from ingress.acl.subject import is_plain
from ingress.model.condition import Criterion, Match
from ingress.model.patterns import FileUse

SCANNED: Final = 200
"""With more patterns than these, one that matches is looked up in place of trying each."""
SCANNING: Final = frozenset({Match.BEG, Match.END, Match.SUB, Match.DIR, Match.DOM})
"""Matches that try each pattern."""


def compile_criterion(criterion: Criterion) -> Predicate:
    """Whether any sample of a request matches any pattern."""
    fetch = cheapest(criterion)
    matching = MATCHES[criterion.match]
    shortcut = SHORTCUTS.get((fetch.name, criterion.match))
    if shortcut is not None and is_plain(criterion):
        return shortcut(_read(matching, criterion.patterns))
    take, test = fetch.make(criterion.fetch.args), test_of(criterion)
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


def test_of(criterion: Criterion) -> Test:
    """Whether a sample of the type that is compared matches any pattern of the test itself."""
    matching = MATCHES[criterion.match]
    patterns = _read(matching, criterion.patterns)
    if len(patterns) <= SCANNED or criterion.match not in SCANNING:
        return matching.prepare(patterns, criterion.ignore_case)
    if not criterion.ignore_case:
        find = INDEXES[criterion.match](patterns)
        return lambda sample: find(sample) is not None
    find = folded(INDEXES[criterion.match]([pattern.lower() for pattern in patterns]))
    return lambda sample: find(sample) is not None


def cheapest(criterion: Criterion) -> Fetch:
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
    last = CONVERTERS[criterion.converters[-1].name].gives if criterion.converters else fetch.gives
    takes = MATCHES[criterion.match].takes
    step = None if takes is None else cast(last, takes)
    keys = [
        FileUse(file, criterion.match, criterion.ignore_case, criterion.keyed).key for file in criterion.files
    ]
    if not (steps or step or fetch.many or criterion.patterns) and len(keys) == 1:
        return _for_one_file(take, keys[0])
    run = run_steps(steps) if steps else None
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


def _for_one_file(take: Take, key: str) -> Predicate:
    def holds(request: Request, client: Client) -> bool:
        sample = take(request, client)
        return sample is not None and bool(client.surroundings.files.get(key, _nothing)(sample))

    return holds


def _nothing(sample: object) -> None:
    """What a file has for a sample that is not there any more."""
