"""The same rules through HAProxy and through ours: requests and answers are changed and refused alike."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from ingress.acl.cursor import Family
from ingress.acl.grammar import parse_acls, parse_rules
from ingress.filter.reply import Reply
from ingress.filter.steps import compile_policy
from ingress.model.policy import Policy
from ingress.model.reason import Reason
from tests.real.oracle.generator import Case, Generator
from tests.real.oracle.haproxy import Answer, ask, haproxy
from tests.real.oracle.world import ECHO, ROUNDS, Client, marked, needs_haproxy, pairs_of

pytestmark = needs_haproxy


@pytest.mark.parametrize("seed", range(3 * ROUNDS))
def test_every_rule_does_the_same(seed: int, tmp_path: Path, figure: Callable[[str], None]) -> None:
    generator = Generator(seed)
    acls = [f"a{number} {generator.test()}" for number in range(20)]
    names = [f"a{number}" for number in range(20)]
    sets = [rules_of(generator, names) for _ in range(40)]
    named = parse_acls("\n".join(acls))
    steps = [compile_policy(Policy(parse_rules("\n".join(rules), named))) for rules in sets]
    cases = [marked(case, index % 40) for index, case in enumerate(generator.cases(1000, absolute=False))]
    outcomes: Counter[int] = Counter()
    with haproxy(tmp_path, rules_config(acls, sets, tmp_path.name)) as connection:
        theirs = list(ask(connection, [case.head for case in cases]))
        port = connection.getsockname()[1]
    for index, (case, their) in enumerate(zip(cases, theirs, strict=True)):
        step = steps[index % 40]
        assert step is not None
        reply = step.run(case.request, Client(port=port))
        if b" * HTTP" in case.head and any("set-query" in rule for rule in sets[index % 40]):
            continue
        ours = seen(case) if reply is None else answered(reply, case)
        assert ours == outcome(their), (case.head, sets[index % 40], acls)
        outcomes[their.status] += 1
    assert len(outcomes) > 3, "rules that hardly ever fire prove nothing"
    figure(f"{len(cases)} requests through {sum(map(len, sets))} rules: {dict(outcomes)}")


@pytest.mark.parametrize("seed", range(3 * ROUNDS))
def test_every_answer_is_changed_the_same(seed: int, tmp_path: Path, figure: Callable[[str], None]) -> None:
    generator = Generator(seed)
    sets = [[generator.answer_action() for _ in range(generator.dice.randint(1, 5))] for _ in range(40)]
    rules = [Policy(final_rules=parse_rules("\n".join(lines), {}, Family.FINAL)) for lines in sets]
    steps = [compile_policy(policy) for policy in rules]
    cases = [marked(case, index % 40) for index, case in enumerate(generator.cases(1000, absolute=False))]
    with haproxy(tmp_path, answers_config(sets)) as connection:
        theirs = list(ask(connection, [case.head for case in cases]))
    for index, (case, their) in enumerate(zip(cases, theirs, strict=True)):
        step = steps[index % 40]
        assert step is not None
        reply = step.finish(case.request, own_answer(case), Client())
        lines = [line.partition(b": ") for line in reply.headers.split(b"\r\n") if line]
        ours = [(name.lower().decode(), value.strip().decode("latin-1")) for name, _, value in lines]
        expected = [(name.lower(), value.strip()) for name, value in their.headers.items()]
        for name in ("x-a", "x-b", "x-new"):
            assert values_of(name, ours) == values_of(name, expected), (sets[index % 40], case.head)
        assert reply.status == their.status, sets[index % 40]
    figure(f"{len(cases)} answers through {sum(map(len, sets))} rules; rows reached: {len(generator.rows)}")


def values_of(name: str, fields: Sequence[tuple[str, str]]) -> list[str]:
    """The values of all fields of that name."""
    return [value for key, value in fields if key == name]


def answers_config(sets: Sequence[Sequence[str]]) -> str:
    """A frontend whose answer is changed by the rules that the request names."""
    parts = ["  use_backend %[req.fhdr(x-case)]"]
    for index, rules in enumerate(sets):
        parts += [f"backend b{index}", *(f"http-after-response {rule}" for rule in rules)]
        cookies = "hdr set-cookie 'a=12; b=2' hdr set-cookie A="
        parts.append(f"http-request return status 200 hdr x-a %[req.fhdr(x-a)] hdr x-b 'a, b' {cookies}")
    return "\n".join((*parts, ""))


def own_answer(case: Case) -> Reply:
    """The same answer as ours."""
    value = next(iter(case.request.values(b"x-a")[-1:]), b"")
    first = b"x-a: %b\r\n" % value if value else b""
    return Reply(200, Reason.RETURNED, first + b"x-b: a, b\r\nset-cookie: a=12; b=2\r\nset-cookie: A=\r\n")


def rules_of(generator: Generator, names: Sequence[str]) -> list[str]:
    """Some rules, most of them under a condition."""
    return [f"{generator.action()} {generator.condition(names)}" for _ in range(generator.dice.randint(1, 6))]


def rules_config(acls: Sequence[str], sets: Sequence[Sequence[str]], door: str) -> str:
    """A frontend that passes a request to the rules it names; what is left of it comes back from a server,
    which has its door at that name."""
    parts = ["  use_backend %[req.fhdr(x-case)]"]
    for index, rules in enumerate(sets):
        parts += [f"backend b{index}", *(f"acl {line}" for line in acls)]
        parts += [*(f"http-request {rule}" for rule in rules), f"server s abns@{door}"]
    return "\n".join((*parts, "frontend server", f"bind abns@{door}", ECHO, ""))


FIELDS: Final = ("host", "x-a", "x-b", "x-new", "cookie")
"""What the rules change, and so what is compared."""


ANSWERED: Final = ("location", "cache-control", "content-type", "set-cookie", "x-why")


def seen(case: Case) -> object:
    """The request as the server would see it."""
    request = case.request
    fields = [(name, [*map(bytes.strip, request.values(name.encode()))]) for name in FIELDS]
    return request.method.decode(), request.url.decode("latin-1"), fields


def answered(reply: Reply, case: Case) -> object:
    """Our answer. The pages of denials are each proxy's own."""
    if reply.reason in (Reason.DENIED, Reason.UNAUTHORIZED) and b"x-why" not in reply.headers:
        return reply.status
    lines = (line.split(": ", 1) for line in reply.headers.decode("latin-1").split("\r\n") if line)
    fields = {name.lower(): value.strip() for name, value in lines}
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
        return answer.status, [field if field is None else field.strip() for field in fields], answer.body
    pairs = pairs_of(answer)
    found = [(name, [value for key, value in pairs if key == name.encode()]) for name in FIELDS]
    return answer.headers["x-method"], answer.headers["x-url"], found
