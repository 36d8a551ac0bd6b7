"""Conditions that are taken apart and put together anew hold for the same requests as their parts."""

from collections.abc import Sequence
from operator import eq, ge, gt, le, lt
from typing import Any

import pytest

from ingress.acl.compile import compile_criterion
from ingress.acl.file_uses import Names, name_files
from ingress.acl.formula import compile_condition
from ingress.acl.gate import REMEMBERED
from ingress.acl.grammar import parse_acls, parse_rules
from ingress.acl.sample import Predicate
from ingress.model.condition import Condition, Term
from ingress.model.policy import Policy
from ingress.model.settings import Limits
from ingress.wire.request import Request, parse_request
from tests.real.oracle.generator import Generator
from tests.unit.acl.conftest import Ask, Client, Surroundings, request_of

OPERATORS = {"eq": eq, "ge": ge, "gt": gt, "le": le, "lt": lt}
NEAR = Client()
FAR = Client(bytes((192, 0, 2, 77)))


def met(condition: Condition, request: Request, client: Client) -> bool:
    """Whether the condition is met, term by term and test by test."""
    rows = (all(holds(term, request, client) for term in row) for row in condition.alternatives)
    return any(rows) is not condition.unless


def holds(term: Term, request: Request, client: Client) -> bool:
    tests = (bool(compile_criterion(test)(request, client)) for test in term.tests)
    return any(tests) is not term.negated


def conditions(generator: Generator) -> list[Condition]:
    """Formulas over tests that look at the same things again and again."""
    acls: list[str] = []
    while len(acls) < 40:
        test = generator.test()
        if "-f " not in test and "map" not in test and "rand" not in test:
            acls.append(f"a{len(acls) % 25} {test}")
    names = [f"a{number}" for number in range(25)]
    text = "\n".join(f"deny {generator.condition(names)}" for _ in range(25))
    if "-f " in text or "map" in text or "rand" in text:
        return conditions(generator)
    return [rule.condition for rule in parse_rules(text, parse_acls("\n".join(acls))) if rule.condition]


@pytest.mark.parametrize("seed", range(4))
def test_a_formula_holds_when_its_terms_do(seed: int) -> None:
    generator = Generator(seed)
    formulas = conditions(generator)
    predicates = [compile_condition(formula) for formula in formulas]
    heads = [case.head for case in generator.cases(40)]
    decisions: list[bool] = []
    # Twice, as a condition remembers what it has seen; and with fields that rules have changed.
    for head, change in [(head, change) for change in ("", "", "a", "x-a") for head in heads]:
        for client in (NEAR, FAR):
            request = parse_request(head, Limits())
            if change:
                request.set_field(b"Host" if change == "a" else b"X-A", b"a")
            wanted = [met(formula, request, client) for formula in formulas]
            assert [predicate(request, client) for predicate in predicates] == wanted, head
            decisions += wanted
    assert len(decisions) // 10 < sum(decisions) < len(decisions) * 9 // 10


class Dice(Surroundings):
    """Dice that show these numbers."""

    def __init__(self, shown: Sequence[float]) -> None:
        self.shown = list(shown)

    def dice(self) -> float:
        return self.shown.pop(0)


def test_dice_are_cast_once_for_each_test() -> None:
    [rule] = parse_rules("deny if { rand(100) lt 10 } { path /a } or { rand(100) lt 20 } { path /b }", {})
    client: Any = Client()
    client.surroundings = Dice([0.05, 0.95])
    assert rule.condition is not None
    assert compile_condition(rule.condition)(request_of("GET /a"), client)
    assert client.surroundings.shown in ([], [0.95])


def test_what_is_remembered_of_clients_is_bounded(holds: Ask) -> None:
    [rule] = parse_rules("deny if { hdr(user-agent) -m sub bot } or { req.fhdr(user-agent) -m beg x }", {})
    assert rule.condition is not None
    predicate = compile_condition(rule.condition)
    for number in range(REMEMBERED * 2 + 10):
        agent = f"bot-{number}" if number % 2 else f"agent-{number}"
        assert predicate(request_of("GET /", f"User-Agent: {agent}"), NEAR) is bool(number % 2)


def test_what_comes_again_at_once_is_answered_alike() -> None:
    [rule] = parse_rules("deny if { hdr_cnt(accept) eq 0 } or { hdr(accept) a/b }", {})
    assert rule.condition is not None
    predicate = compile_condition(rule.condition)
    for fields, wanted in (([], True), (["Accept: x"], False), (["Accept: a/b"], True), ([], True)):
        request = request_of("GET /", *fields)
        assert [predicate(request, NEAR) for _ in range(3)] == [wanted] * 3


def listed(test: str) -> tuple[Predicate, str]:
    """Whether a request meets a test that looks into one file, and the key of the look-up."""
    [rule] = parse_rules(f"deny if {{ {test} -f configmap:x/y }}", {})
    named = name_files(Policy((rule,)), Names(lambda word: word, lambda word: (word, "")))
    [use] = named.files
    [rule] = named.rules
    assert rule.condition is not None
    return compile_condition(rule.condition), use.key


@pytest.mark.parametrize(
    ("test", "sample"), [("src", NEAR.address), ("path", b"/a"), ("path_beg -i", b"/a"), ("method", b"GET")]
)
def test_a_list_is_asked_as_it_is_now(test: str, sample: bytes) -> None:
    predicate, key = listed(test)
    request, client = request_of("GET /a"), Client()
    assert not predicate(request, client), "the list is not there"
    for entries in ([sample], [b"x"], [sample, b"x"], []):
        client.surroundings.files = {key: frozenset(entries).__contains__}
        assert [predicate(request, client) for _ in range(3)] == [sample in entries] * 3
    client.surroundings.files = {}
    assert not predicate(request, client)


def test_a_list_of_paths_has_nothing_for_a_request_without_a_path() -> None:
    predicate, key = listed("path_beg")
    client = Client()
    client.surroundings.files = {key: bool}
    assert predicate(request_of("GET /"), client)
    assert not predicate(request_of("OPTIONS *"), client)


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("number", range(1, 5))
def test_bounds_are_met_from_their_number_on(operator: str, number: int, holds: Ask) -> None:
    acls = f"""
    many req.fhdr_cnt(cookie) {operator} {number}
    many req.fhdr_cnt(cookie) gt 9
    many cook(x) y
    long path_len {operator} {number}
    long path_len gt 9
    long path_beg /x
    """
    for count in range(6):
        cookies = ["Cookie: a=b"] * count
        assert holds("many", "GET /", *cookies, acls=acls) is OPERATORS[operator](count, number)
        path = "/" + "a" * count
        assert holds("long", f"GET {path}", acls=acls) is OPERATORS[operator](len(path), number)


@pytest.mark.parametrize("match", ["beg", "end", "sub", "dir", "str"])
@pytest.mark.parametrize("flag", ["", "-i"])
def test_very_many_patterns_match_as_one_does(match: str, flag: str, holds: Ask) -> None:
    many = " ".join(f"word{number}" for number in range(1000))
    for word in ("word7", "WORD7", "word1000", "xword7", "word7x", "a/word7/b"):
        test = f"hdr(x) -m {match} {flag}"
        wanted = any(holds(f"{test} word{number}", "GET /", f"X: {word}") for number in (7, 100))
        assert holds(f"{test} {many}", "GET /", f"X: {word}") is wanted, word
