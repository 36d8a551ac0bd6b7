"""The same rules and requests through HAProxy and through ours: every decision is the same.

What differs on purpose is refused by our grammar or not generated: `ingress.acl.differences` lists it.
"""

import os
import urllib.parse
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from ingress.acl.action import ACTIONS
from ingress.acl.converters import CONVERTERS
from ingress.acl.criteria import CRITERIA
from ingress.acl.cursor import Family
from ingress.acl.digest import is_password
from ingress.acl.formula import compile_condition
from ingress.acl.grammar import parse_acls, parse_backend_rules, parse_rules, parse_server_rules
from ingress.acl.text import compile_text
from ingress.acl.wait import Check
from ingress.balance.backend import BackendState
from ingress.filter.reply import Reply
from ingress.filter.steps import Steps, compile_policy
from ingress.model.backend import Server
from ingress.model.condition import Match
from ingress.model.policy import Policy, SetHeader
from ingress.model.reason import Reason
from ingress.model.settings import Limits
from ingress.proxy.meters import Meters
from ingress.wire.request import parse_request
from tests.real.oracle.farms import OneClient, farm_states
from tests.real.oracle.generator import UNSTEADY, Case, Generator
from tests.real.oracle.haproxy import PATH, Answer, ask, haproxy
from tests.real.oracle.maps import CRASHING, look_ups

WORD: Final = 60
"""Decisions in one variable: HAProxy's integers have 63 bits and a sign."""

pytestmark = pytest.mark.skipif(
    not PATH and os.environ.get("HEADGATE_REAL") != "1", reason="haproxy is not installed"
)


class Surroundings(NamedTuple):
    """The world as our rules see it."""

    hostname: bytes = b"here"
    draining: bool = False
    files: Mapping[str, Callable[[Any], Any]] = look_ups()
    backends: Mapping[str, BackendState] = farm_states()
    meters: Meters = OneClient()

    def knows(self, check: Check) -> bool:
        """Passwords are compared at once."""
        return is_password(check.password, check.digest)

    def wall(self) -> float:
        """A time."""
        return 1_700_000_000.0

    def dice(self) -> float:
        """A number."""
        return 0.0


SURROUNDINGS: Final = Surroundings()


@dataclass
class Client:
    """The connection as our rules see it, and take it for."""

    address: bytes = bytes((127, 0, 0, 1))
    tls: bool = False
    session: None = None
    trusted: bool = True
    backend: None = None
    server: None = None
    request_id: bytes = b""
    port: int = 1
    local: tuple[bytes, int] = (bytes((127, 0, 0, 1)), 1)
    surroundings: Surroundings = SURROUNDINGS

    def take_for(self, place: str, address: bytes | None, port: int | None) -> None:
        if place == "destination":
            self.local = address or self.local[0], self.local[1] if port is None else port
        else:
            self.address, self.port = address or self.address, self.port if port is None else port


UNREACHED: Final = {
    "-m auth": "of users; it is compared with them",
    "wait-for-body": "of bodies; it is compared with them",
    "capture": "it is in the log alone, and of frontends there",
    "early-hint": "its answer comes ahead of another",
    "accept": "of tcp-request, which goes before a request has its rules there",
    **dict.fromkeys((f",{name}" for name in CRASHING), "HAProxy 2.6 ends itself when it uses one"),
    "tarpit": "its answer comes late",
    "reject": "there is no answer",
    "silent-drop": "there is no answer, and nobody is told",
    "set-method": "differs on purpose: it changes what `method` gives, and HEAD stays",
    "set-status": "of answers; it is reached there",
}
"""Rows that the generator leaves out, and why. A new row of a table is generated, or stands here."""

ROUNDS: Final = int(os.environ.get("HEADGATE_ORACLE_ROUNDS", "1"))
"""1: some 300,000 decisions, in about a minute; 4: more than a million."""

ECHO: Final = (
    "http-request return status 299 hdr x-seen %[req.hdrs,url_enc] hdr x-url %[url] hdr x-method %[method]"
)
"""What is left of the request comes back."""

KEPT: Final = (
    "set-var(txn.s) req.fhdr(x-a)",
    "set-var(txn.n) int(5)",
    "set-var(txn.a) src",
    "set-var(req.b) bool(true)",
    "set-var(txn.s) req.fhdr(x-none)",
    "set-var-fmt(txn.f) '%[method] %[path]'",
)
"""Variables that the tests ask about."""


def with_variables(case: Case) -> Case:
    """The case with the variables set anew, and nothing else of what rules may have changed."""
    fresh = Case(case.head, parse_request(case.head, Limits()))
    steps = compile_policy(Policy(parse_rules("\n".join(KEPT), {})))
    assert steps is not None
    steps.run(fresh.request, Client())
    return fresh


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


@pytest.mark.parametrize("seed", range(3 * ROUNDS))
def test_every_request_goes_to_the_same_backend(
    seed: int, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    generator = Generator(seed)
    acls = [f"a{number} {generator.test()}" for number in range(60)]
    names = [f"a{number}" for number in range(60)]
    # Each request has five rules of its own, so that not all end with the same.
    rules = [
        f"b{number} if {{ req.fhdr(x-case) b{number // 5} }} {' '.join(generator.dice.sample(names, 2))}"
        for number in range(100)
    ]
    policy = Policy(backends=parse_backend_rules("\n".join(rules), parse_acls("\n".join(acls)), str))
    steps = compile_policy(policy)
    assert steps is not None
    found = enumerate(generator.cases(1000))
    cases = [with_variables(marked(case, index % 20)) for index, case in found]
    with haproxy(tmp_path, backends_config(acls, rules)) as connection:
        theirs = [answer.headers["x-backend"] for answer in ask(connection, [case.head for case in cases])]
    for case, their in zip(cases, theirs, strict=True):
        ours = steps.backend(case.request, Client()) or "none"
        assert ours == their, (case.head, rules, acls)
    chosen = Counter(theirs)
    assert len(chosen) > 3, "choices that are nearly all the same prove nothing"
    figure(f"{len(cases)} requests to {len(chosen)} backends, the one most used {max(chosen.values())} times")


def backends_config(acls: Sequence[str], rules: Sequence[str]) -> str:
    """A frontend that chooses one of many backends, each of which says its name."""
    lines = [f"acl {line}" for line in acls] + [f"http-request {rule}" for rule in KEPT]
    lines += [*(f"use_backend {rule}" for rule in rules), "default_backend none"]
    for name in (*(rule.split()[0] for rule in rules), "none"):
        lines += [f"backend {name}", f"http-request return status 200 hdr x-backend {name}"]
    return "\n".join((*lines, ""))


@pytest.mark.parametrize("seed", range(2 * ROUNDS))
def test_every_request_goes_to_the_same_server(
    seed: int, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    generator = Generator(seed)
    acls = [f"a{number} {generator.test()}" for number in range(30)]
    names = [f"a{number}" for number in range(30)]
    pick = generator.dice.choice
    sets = [
        [f"{pick(SERVERS_NAMED)} {generator.condition(names)}" for _ in range(generator.dice.randint(1, 4))]
        for _ in range(20)
    ]
    named = parse_acls("\n".join(acls))
    steps = [Steps(Policy(servers=parse_server_rules("\n".join(rules), named))) for rules in sets]
    backend = server_states()
    marks = enumerate(generator.cases(600))
    cases = [with_variables(marked(case, index % 20)) for index, case in marks]
    with haproxy(tmp_path, servers_config(acls, sets, tmp_path.name)) as connection:
        theirs = [answer.headers["x-server"] for answer in ask(connection, [case.head for case in cases])]
    chosen: Counter[str] = Counter()
    for index, (case, their) in enumerate(zip(cases, theirs, strict=True)):
        server = steps[index % 20].server(case.request, Client(), backend)
        # Where no rule names a server, the only one with a weight is chosen.
        ours = "s0" if server is None else server.fact.name
        assert ours == their, (case.head, sets[index % 20], acls)
        chosen[their] += 1
    assert len(chosen) > 2, "choices that are nearly all the same prove nothing"
    figure(f"{len(cases)} requests to these servers: {dict(chosen)}")


SERVERS_NAMED: Final = ("s0", "s1", "s2", "s3", "down", "%[urlp(a)]", "s%[hdr_cnt(x-a)]", "%[str(down)]")


def server_states() -> BackendState:
    """Four servers, of which one alone has a weight, and one that is down."""
    facts = [Server("127.0.0.1", number, int(number == 0), name=f"s{number}") for number in range(4)]
    state = BackendState("b", lambda *_: 0, lambda _: 0, lambda: 0.0)
    state.put_servers([*facts, Server("127.0.0.1", 9, 0, name="down")], ())
    state.named("down").up = False  # type: ignore[union-attr]
    state.refresh()
    return state


def servers_config(acls: Sequence[str], sets: Sequence[Sequence[str]], door: str) -> str:
    """The same as HAProxy has them: each says its name."""
    parts = [*(f"http-request {rule}" for rule in KEPT), "use_backend %[req.fhdr(x-case)]"]
    for index, rules in enumerate(sets):
        parts += [f"backend b{index}", *(f"acl {line}" for line in acls)]
        parts += [f"use-server {rule}" for rule in rules]
        parts += [f"server s{number} abns@{door}{number} weight {int(number == 0)}" for number in range(4)]
        parts.append("server down 127.0.0.1:9 disabled")
    for number in range(4):
        parts += [f"frontend s{number}", f"bind abns@{door}{number}"]
        parts.append(f"http-request return status 200 hdr x-server s{number}")
    return "\n".join((*parts, ""))


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


def marked(case: Case, number: int) -> Case:
    """The same request with the name of its rules."""
    head = case.head.replace(b"\r\n\r\n", b"\r\nX-Case: b%d\r\n\r\n" % number)
    return Case(head, parse_request(head, Limits()))


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


def pairs_of(answer: Answer) -> list[tuple[bytes, bytes]]:
    """The fields of the request as HAProxy would send them on."""
    lines = urllib.parse.unquote_to_bytes(answer.headers["x-seen"]).split(b"\r\n")
    return [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines if line)]
