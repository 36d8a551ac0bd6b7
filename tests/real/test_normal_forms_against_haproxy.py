"""Targets in all their forms through HAProxy's normalizers and through ours: each comes out the same."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from ingress.acl.grammar import parse_rules
from ingress.filter.steps import compile_policy
from ingress.model.policy import Policy
from ingress.model.settings import Limits
from ingress.wire.request import parse_request
from tests.real.oracle.generator import NORMALIZERS
from tests.real.oracle.haproxy import PATH, ask, haproxy

pytestmark = pytest.mark.skipif(
    not PATH and os.environ.get("HEADGATE_REAL") != "1", reason="haproxy is not installed"
)

SEGMENTS: Final = ("", "", "a", "b", ".", "..", "..", "%2e", "%2E%2e", "%41", "%c3%A9", "..a", "a.b", "%5c")
BROKEN: Final = ("%zz", "%", "%%36%36", "a%4")
PARAMETERS: Final = ("a=1", "aa=2", "a", "", "=3", "b=%41", "B=1", "a=0")
ROUNDS: Final = int(os.environ.get("HEADGATE_ORACLE_ROUNDS", "1"))


def targets(seed: int, *, broken: bool) -> Iterator[str]:
    """Targets of one to five elements, some with parameters."""
    dice = random.Random(seed)
    segments = SEGMENTS + (BROKEN if broken else ())
    for count in range(1, 6):
        for _ in range(400):
            path = "".join(f"/{dice.choice(segments)}" for _ in range(count))
            query = "&".join(dice.choice(PARAMETERS) for _ in range(dice.randint(1, 4)))
            yield f"{path}?{query}" if dice.random() < 0.3 else path


@pytest.mark.parametrize("seed", range(ROUNDS))
@pytest.mark.parametrize("normalizer", NORMALIZERS)
def test_every_target_gets_the_same_form(
    normalizer: str, seed: int, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    rule = f"normalize-uri {normalizer}"
    steps = compile_policy(Policy(parse_rules(rule, {})))
    assert steps is not None
    # A broken target that is refused would end the connection.
    asked = [*targets(seed, broken="strict" not in normalizer)]
    heads = [f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode() for target in asked]
    client: Any = None
    with haproxy(tmp_path, f"http-request {rule}\nhttp-request return hdr x-url %[url]\n") as connection:
        theirs = [answer.headers["x-url"] for answer in ask(connection, heads)]
    changed = 0
    for target, head, their in zip(asked, heads, theirs, strict=True):
        request = parse_request(head, Limits())
        assert steps.run(request, client) is None
        assert request.url.decode() == their, target
        changed += their != target
    assert changed > 50, "targets that hardly ever change prove nothing"
    figure(f"{len(asked)} targets, {changed} of them changed")


def test_a_broken_escape_is_refused_by_both_where_that_is_asked(tmp_path: Path) -> None:
    for index, target in enumerate(("/%zz", "/%", "/%%36%36", "/a?b=%4")):
        rule = f"normalize-uri {('percent-decode-unreserved', 'percent-to-uppercase')[index % 2]} strict"
        steps = compile_policy(Policy(parse_rules(rule, {})))
        assert steps is not None
        head = f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
        with haproxy(tmp_path, f"http-request {rule}\nhttp-request return\n") as connection:
            (their,) = ask(connection, [head])
        client: Any = None
        reply = steps.run(parse_request(head, Limits()), client)
        assert reply is not None
        assert reply.status == their.status == 400
