"""The same rules and requests through HAProxy and through ours: every decision is the same.

What differs on purpose is refused by our grammar or not generated: DIFFERENCES lists it.
"""

import os
import urllib.parse
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from ingress.acl.compile import compile_condition
from ingress.acl.grammar import parse_acls, parse_rules
from ingress.filter.reply import Reply
from ingress.filter.steps import compile_policy
from ingress.model.policy import Policy
from ingress.model.reason import Reason
from ingress.model.settings import Limits
from ingress.wire.http1 import parse_request
from tests.real.oracle.generator import Case, Generator
from tests.real.oracle.haproxy import PATH, Answer, ask, haproxy

DIFFERENCES: Final = (
    "`http://host` without a slash: no path there; here it is `/`, for which the server is asked",
    "an absolute-form target with a default port: HAProxy takes it out of target and Host",
    "set-header Host beside an absolute-form target: HAProxy changes the host in the target too",
    "LOCALHOST: `::1` too",
    "regular expressions are RE2's; the generator uses what PCRE has too",
    "refused here: an empty condition, `or` beside nothing, patterns of delimiters only, an empty value",
    "refused here: a suffix beside a converter, well-known methods in lower case, negative numbers",
    "refused here: an operator without a number or before a range, a flag among the values",
    "refused here: abbreviated IPv4 addresses, hdr, cook and urlp without a name",
    "refused here: redirect options without effect, `%` in formats",
    "refused here: setting what frames a message or tells of the client",
)

WORD: Final = 60
"""Decisions in one variable: HAProxy's integers have 63 bits and a sign."""

pytestmark = pytest.mark.skipif(
    not PATH and os.environ.get("HEADGATE_REAL") != "1", reason="haproxy is not installed"
)


class Client(NamedTuple):
    """The connection as our rules see it."""

    address: bytes = bytes((127, 0, 0, 1))
    tls: bool = False


def test_haproxy_is_there() -> None:
    assert PATH, "haproxy is not installed, and HEADGATE_REAL asks for it"


@pytest.mark.parametrize("seed", range(6))
def test_every_condition_holds_for_the_same_requests(
    seed: int, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    generator = Generator(seed)
    cases = generator.cases(250)
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


@pytest.mark.parametrize("seed", range(3))
def test_every_rule_does_the_same(seed: int, tmp_path: Path, figure: Callable[[str], None]) -> None:
    generator = Generator(seed)
    acls = [f"a{number} {generator.test()}" for number in range(20)]
    names = [f"a{number}" for number in range(20)]
    sets = [rules_of(generator, names) for _ in range(40)]
    named = parse_acls("\n".join(acls))
    steps = [compile_policy(Policy(parse_rules("\n".join(rules), named))) for rules in sets]
    cases = [marked(case, index % 40) for index, case in enumerate(generator.cases(1000, absolute=False))]
    outcomes: Counter[int] = Counter()
    with haproxy(tmp_path, rules_config(acls, sets)) as connection:
        theirs = list(ask(connection, [case.head for case in cases]))
    for index, (case, their) in enumerate(zip(cases, theirs, strict=True)):
        step = steps[index % 40]
        assert step is not None
        reply = step.run(case.request, Client())
        ours = seen(case) if reply is None else answered(reply, case)
        assert ours == outcome(their), (case.head, sets[index % 40], acls)
        outcomes[their.status] += 1
    assert len(outcomes) > 6, "rules that hardly ever fire prove nothing"
    figure(f"{len(cases)} requests through {sum(map(len, sets))} rules: {dict(outcomes)}")


def rules_of(generator: Generator, names: Sequence[str]) -> list[str]:
    """Some rules, most of them under a condition."""
    return [f"{generator.action()} {generator.condition(names)}" for _ in range(generator.dice.randint(1, 6))]


def rules_config(acls: Sequence[str], sets: Sequence[Sequence[str]]) -> str:
    """A frontend that passes a request to the rules it names; what is left of it comes back."""
    parts = ["  use_backend %[req.fhdr(x-case)]"]
    for index, rules in enumerate(sets):
        echo = "http-request return status 299 hdr x-seen %[req.hdrs,url_enc]"
        parts += [f"backend b{index}", *(f"acl {line}" for line in acls)]
        parts += [*(f"http-request {rule}" for rule in rules), echo]
    return "\n".join((*parts, ""))


def marked(case: Case, number: int) -> Case:
    """The same request with the name of its rules."""
    head = case.head.replace(b"\r\n\r\n", b"\r\nX-Case: b%d\r\n\r\n" % number)
    return Case(head, parse_request(head, Limits()))


FIELDS: Final = ("host", "x-a", "x-b", "x-new", "cookie")
"""What the rules change, and so what is compared."""
ANSWERED: Final = ("location", "cache-control", "content-type", "x-why")


def seen(case: Case) -> object:
    """The fields as the server would see them."""
    return [(name, list(case.request.values(name.encode()))) for name in FIELDS]


def answered(reply: Reply, case: Case) -> object:
    """Our answer. The pages of denials are each proxy's own."""
    if reply.reason is Reason.DENIED:
        return reply.status
    lines = (line.split(": ", 1) for line in reply.headers.decode().split("\r\n") if line)
    fields = {name.lower(): value for name, value in lines}
    return (
        reply.status,
        [fields.get(name) for name in ANSWERED],
        reply.body * (case.request.method != b"HEAD"),
    )


def outcome(answer: Answer) -> object:
    """What HAProxy did, in the form of ours."""
    fields = [answer.headers[name] for name in ANSWERED]
    if answer.headers["x-why"] is None and answer.status >= 400:
        return answer.status
    if answer.status != 299:
        return answer.status, fields, answer.body
    lines = urllib.parse.unquote_to_bytes(answer.headers["x-seen"]).split(b"\r\n")
    pairs = [line.partition(b":") for line in lines if line]
    return [(name, [value.strip() for key, _, value in pairs if key == name.encode()]) for name in FIELDS]
