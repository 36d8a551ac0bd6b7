"""The same choices of backends and servers through HAProxy and through ours."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest

from ingress.acl.grammar import parse_acls, parse_backend_rules, parse_server_rules
from ingress.balance.backend import BackendState
from ingress.filter.steps import Steps, compile_policy
from ingress.model.backend import Server
from ingress.model.policy import Policy
from tests.real.oracle.generator import Generator
from tests.real.oracle.haproxy import ask, haproxy
from tests.real.oracle.world import KEPT, ROUNDS, Client, marked, needs_haproxy, with_variables

pytestmark = needs_haproxy


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
