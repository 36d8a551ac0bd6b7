"""The same rules and requests through HAProxy and through ours: every decision is the same.

What differs on purpose is refused by our grammar or not generated: `ingress.acl.differences` lists it."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from ingress.acl.action import ACTIONS
from ingress.acl.converters import CONVERTERS
from ingress.acl.criteria import CRITERIA
from ingress.acl.formula import compile_condition
from ingress.acl.grammar import parse_acls, parse_rules
from ingress.acl.text import compile_text
from ingress.model.condition import Match
from ingress.model.policy import SetHeader
from tests.real.oracle.generator import UNSTEADY, Generator
from tests.real.oracle.haproxy import PATH, Answer, ask, haproxy
from tests.real.oracle.maps import CRASHING
from tests.real.oracle.world import ECHO, KEPT, ROUNDS, Client, needs_haproxy, pairs_of, with_variables

pytestmark = needs_haproxy


WORD: Final = 60
"""Decisions in one variable: HAProxy's integers have 63 bits and a sign."""


UNREACHED: Final = {
    "-m auth": "of users; it is compared with them",
    "wait-for-body": "of bodies; it is compared with them",
    "capture": "it is in the log alone, and of frontends there",
    "early-hint": "its answer comes ahead of another",
    "accept": "of tcp-request, which goes before a request has its rules there",
    **dict.fromkeys((f",{name}" for name in CRASHING), "HAProxy 2.6 ends itself when it uses one"),
    "tarpit": "its answer comes late",
    "authorize": "a word of our own; it asks somebody else",
    "reject": "there is no answer",
    "silent-drop": "there is no answer, and nobody is told",
    "set-method": "differs on purpose: it changes what `method` gives, and HEAD stays",
    "set-status": "of answers; it is reached there",
}
"""Rows that the generator leaves out, and why. A new row of a table is generated, or stands here."""


def test_haproxy_is_there() -> None:
    assert PATH, "haproxy is not installed, and HEADGATE_REAL asks for it"


@pytest.mark.parametrize("seed", range(6 * ROUNDS))
def test_every_condition_holds_for_the_same_requests(
    seed: int, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    generator = Generator(seed)
    cases = [with_variables(case) for case in generator.cases(250)]
    acls = [f"a{number % 60} {generator.test()}" for number in range(90)]
    names = [f"a{number}" for number in range(60)]
    conditions = [f"if {name}" for name in names] + [generator.condition(names) for _ in range(120)]
    with haproxy(tmp_path, bits_config(acls, conditions)) as connection:
        theirs = [bits(answer, len(conditions)) for answer in ask(connection, [case.head for case in cases])]
    named = parse_acls("\n".join(acls))
    rules = parse_rules("\n".join(f"deny {condition}" for condition in conditions), named)
    predicates = [compile_condition(rule.condition) for rule in rules if rule.condition]
    differing = [
        (condition, [line for line in acls if line.split()[0] in condition.split()], case.head, their[index])
        for case, their in zip(cases, theirs, strict=True)
        for index, condition in enumerate(conditions)
        if predicates[index](case.request, Client()) != their[index]
    ]
    assert not differing[:5]
    true = sum(map(sum, theirs))
    count = len(cases) * len(conditions)
    assert count // 10 < true < count * 9 // 10, "decisions that are nearly all the same prove nothing"
    figure(f"{count} decisions, {true} of them true; rows reached: {len(generator.rows)}")


def bits_config(acls: Sequence[str], conditions: Sequence[str]) -> str:
    """A frontend that answers with one bit for each condition."""
    words = range(-(-len(conditions) // WORD))
    lines = [f"acl {line}" for line in acls]
    lines += [f"http-request {rule}" for rule in KEPT]
    lines += [f"http-request set-var(txn.w{word}) int(0)" for word in words]
    for index, condition in enumerate(conditions):
        word, bit = divmod(index, WORD)
        lines.append(f"http-request set-var(txn.w{word}) var(txn.w{word}),add({1 << bit}) {condition}")
    answer = " ".join(f"hdr x-w{word} %[var(txn.w{word})]" for word in words)
    return "\n".join((*lines, f"http-request return status 200 {answer}", ""))


def bits(answer: Answer, count: int) -> list[bool]:
    """The decisions of an answer."""
    words = [int(answer.headers[f"x-w{word}"]) for word in range(-(-count // WORD))]
    return [bool(words[index // WORD] >> index % WORD & 1) for index in range(count)]


@pytest.mark.parametrize("seed", range(6 * ROUNDS))
def test_every_expression_gives_the_same_text(
    seed: int, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    generator = Generator(seed)
    cases = [with_variables(case) for case in generator.cases(200)]
    texts = [f"<%[{generator.expression()}]>" for _ in range(60)]
    config = [f"http-request {rule}" for rule in KEPT]
    config += [
        f"http-request set-header x-v{number} {generator.quoted(text)}" for number, text in enumerate(texts)
    ]
    config.append(ECHO)
    with haproxy(tmp_path, "\n".join((*config, ""))) as connection:
        theirs = list(ask(connection, [case.head for case in cases]))
    rules = parse_rules("\n".join(f"set-header x {generator.quoted(text)}" for text in texts), {})
    makes = [compile_text(rule.action.value) for rule in rules if isinstance(rule.action, SetHeader)]
    differing = []
    filled = 0
    for case, their in zip(cases, theirs, strict=True):
        fields = dict(pairs_of(their))
        for number, make in enumerate(makes):
            expected = fields[b"x-v%d" % number]
            filled += expected != b"<>"
            if make(case.request, Client()) != expected:
                differing.append((texts[number], make(case.request, Client()), expected, case.head))
    assert not differing[:5]
    assert filled > len(theirs) * len(texts) // 3, "texts that are nearly all empty prove nothing"
    figure(
        f"{len(cases) * len(texts)} texts, {filled} of them not empty; rows reached: {len(generator.rows)}"
    )


def test_the_generator_reaches_every_row(figure: Callable[[str], None]) -> None:
    rows: Counter[str] = Counter()
    for seed in range(6):
        generator = Generator(seed)
        for _ in range(300):
            generator.test()
            generator.expression()
            generator.action()
            generator.answer_action()
        rows += generator.rows
    wanted = {name for name, row in CRITERIA.items() if row.fetch.name not in UNSTEADY}
    wanted |= {f",{name}" for name in CONVERTERS} | {f"-m {match}" for match in Match} | set(ACTIONS)
    assert wanted - rows.keys() == UNREACHED.keys(), "rows without a generator, or a reason to have none"
    figure(f"{len(wanted)} rows, the rarest: {rows.most_common()[-5:]}")
