"""Users and bodies through HAProxy and through ours: who gets in, and what rules see, is the same."""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from ingress.acl.formula import compile_condition
from ingress.acl.grammar import parse_acls, parse_rules
from ingress.acl.sample import Predicate, Type
from ingress.acl.text import compile_text
from ingress.acl.wait import BODY, BODY_SIZE
from ingress.model.policy import SetHeader
from ingress.model.settings import Limits
from ingress.wire.chunks import ChunkReader
from ingress.wire.request import Request, parse_request
from tests.real.oracle.haproxy import ask, haproxy
from tests.real.oracle.users import AUTHORIZATIONS, FILES, LISTS
from tests.real.oracle.world import Client, Surroundings, needs_haproxy, pairs_of
from tests.real.test_acl_against_haproxy import bits, bits_config
from tests.unit.acl.conftest import patiently

TESTS: Final = (
    "http_auth(staff)",
    "http_auth(others)",
    "http_auth(staff) -m found",
    "http_auth(others) -m int 0",
    "http_auth_group(staff) admins",
    "http_auth_group(staff) guests",
    "http_auth_group(staff) admins guests",
    "http_auth_group(others) admins",
    "http_auth_group(staff) -i admins",
    "http_auth_user ann",
    "http_auth_user -m len 0",
    "http_auth_user -m found",
    "http_auth_user,upper ANN",
    "http_auth_type Basic",
    "http_auth_type Bearer",
    "http_auth_type -m found",
    "http_auth_bearer abc.d-e_f",
    "http_auth_bearer -m sub x",
    "http_auth_bearer -m found",
)
TEXTS: Final = (
    "http_auth(staff)",
    "http_auth(staff),not",
    "http_auth_group(staff)",
    "http_auth_group(others),upper",
    "http_auth_user",
    "http_auth_user,length",
    "http_auth_type,lower",
    "http_auth_bearer",
)
# What a NUL does to a parameter is garbage there.
BODIES: Final = (
    *(b"", b"a", b"a=1", b"a=1&b=2", b"b=2;a=3", b"a=1&a=2", b"?a=1?a=2", b"a=1?x", b"&a=&", b"A=1", b"aa=1"),
    *(b"a=%41+b", b"a\0b=1", b"\0a=1", b"\xff\xfea=\xff", b"x" * 2000, b"b=" + b"y" * 3000 + b"&a=9"),
    *(b"DROP TABLE", b"a=DROP", b'{"a": 1}', b"a=1\r\nb=2", b"==", b"a==1", b"b&a=1&c"),
)
OF_BODY: Final = (
    "req.body",
    "req.body_len",
    "req.body_size",
    "req.body,length",
    "req.body,hex",
    "req.body,bytes(1,3)",
    "req.body_param(a)",
    "req.body_param(b)",
    "req.body_param(a),upper",
    "req.body,lower",
    "req.body,crc32",
    "req.body,url_dec",
    "req.body,sha1,hex",
    "req.body_size,add(1)",
    "req.body,field(2,&)",
)
BODY_TESTS: Final = (
    "req.body -m sub DROP",
    "req.body -m beg a=",
    "req.body -m reg -- ^a=[0-9]",
    "req.body -m found",
    "req.body_len gt 7",
    "req.body_size 7:20",
    "req.body_param(a) -m str 1 2",
    "req.body_param(a) -m found",
    "req.body -m len 3",
    "req.body_param(b) -m len gt 100",
    "req.body -m bin 61",
)

pytestmark = needs_haproxy


def client() -> Any:
    """A client of a worker with the users."""
    return Client(surroundings=Surroundings(files=FILES))


def with_lists(config: str) -> str:
    """The frontend, and the users behind it."""
    lists = "".join(f"userlist {name}{text}" for name, text in LISTS.items())
    return f"{config}\n{lists}"


def conditions_of(dice: Random, names: Sequence[str]) -> list[str]:
    """Each test alone, and some formulas over them."""
    formulas = []
    for _ in range(60):
        words = [dice.choice(("", "!")) + dice.choice(names) for _ in range(dice.randint(2, 5))]
        joints = [dice.choice((" ", " or ")) for _ in words[1:]]
        formula = words[0] + "".join(map("".join, zip(joints, words[1:], strict=True)))
        formulas.append(f"{dice.choice(('if', 'unless'))} {formula}")
    return [f"if {name}" for name in names] + formulas


def deciders(conditions: Sequence[str], tests: Sequence[str]) -> list[Predicate]:
    """Our rules with these conditions."""
    named = parse_acls("\n".join(f"a{number} {test}" for number, test in enumerate(tests)))
    rules = parse_rules("\n".join(f"deny {condition}" for condition in conditions), named)
    return [compile_condition(rule.condition) for rule in rules if rule.condition]


def made(texts: Sequence[str], request: Request, who: Any) -> list[bytes]:
    """What our rules make of a request."""
    rules = parse_rules("\n".join(f"set-header x '<%[{text}]>'" for text in texts), {})
    actions = [rule.action for rule in rules if isinstance(rule.action, SetHeader)]
    return [patiently(compile_text(action.value), request, who) for action in actions]


def texts_config(texts: Sequence[str]) -> str:
    """A frontend that answers with what it makes of these."""
    lines = [f"http-request set-header x-v{number} '<%[{text}]>'" for number, text in enumerate(texts)]
    return "\n".join((*lines, "http-request return status 299 hdr x-seen %[req.hdrs,url_enc]", ""))


def heads() -> list[bytes]:
    """Requests with what clients give as their passwords, some of them twice."""
    start = "GET / HTTP/1.1\r\nHost: a"
    lines = [f"{start}\r\nAuthorization: {text}\r\n\r\n" for text in AUTHORIZATIONS]
    lines += [
        f"{start}\r\nAuthorization: {first}\r\nAuthorization: {second}\r\n\r\n"
        for first, second in zip(AUTHORIZATIONS, AUTHORIZATIONS[::-1], strict=True)
    ]
    return [line.encode() for line in (f"{start}\r\n\r\n", *lines)]


@pytest.mark.parametrize("seed", range(3))
def test_the_same_users_get_in(seed: int, tmp_path: Path, figure: Callable[[str], None]) -> None:
    names = [f"a{number}" for number in range(len(TESTS))]
    conditions = conditions_of(Random(seed), names)
    acls = [f"a{number} {test}" for number, test in enumerate(TESTS)]
    with haproxy(tmp_path, with_lists(bits_config(acls, conditions))) as connection:
        theirs = [bits(answer, len(conditions)) for answer in ask(connection, heads())]
    decide_all = deciders(conditions, TESTS)
    for head, their in zip(heads(), theirs, strict=True):
        request = parse_request(head, Limits())
        ours = [patiently(decide, request, client()) for decide in decide_all]
        assert ours == their, head
    true = sum(chain(*theirs))
    count = len(theirs) * len(conditions)
    assert count // 10 < true < count * 9 // 10
    figure(f"{count} decisions about users, {true} of them true")


def test_the_same_is_known_of_who_asks(tmp_path: Path) -> None:
    with haproxy(tmp_path, with_lists(texts_config(TEXTS))) as connection:
        theirs = [dict(pairs_of(answer)) for answer in ask(connection, heads())]
    for head, fields in zip(heads(), theirs, strict=True):
        expected = [fields[b"x-v%d" % number] for number in range(len(TEXTS))]
        assert made(TEXTS, parse_request(head, Limits()), client()) == expected, head


def requests_with_bodies() -> list[bytes]:
    """Each body with its length, and in chunks of all sizes."""
    out = []
    for body in BODIES:
        start = b"POST / HTTP/1.1\r\nHost: a\r\n"
        out.append(b"%bContent-Length: %d\r\n\r\n%b" % (start, len(body), body))
        for size in (1, 3, 4000) if len(body) < 1000 else (4000,):
            pieces = (body[at : at + size] for at in range(0, len(body), size))
            chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
            out.append(b"%bTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % (start, chunks))
    return out


def heard(data: bytes) -> Request:
    """The request when its body has come, as a worker has it then."""
    head, _, rest = data.partition(b"\r\n\r\n")
    request = parse_request(head + b"\r\n\r\n", Limits())
    size = request.body
    if size < 0:
        chunks = ChunkReader(plain=True)
        chunks.feed(rest)
        rest, size = chunks.out, chunks.payload
    request.set_variable(BODY, (Type.BIN, rest))
    request.set_variable(BODY_SIZE, (Type.INT, size))
    return request


@pytest.mark.parametrize("wait", ["option http-buffer-request", "http-request wait-for-body time 5s"])
def test_the_same_is_seen_of_bodies(wait: str, tmp_path: Path, figure: Callable[[str], None]) -> None:
    with haproxy(tmp_path, f"{wait}\n{texts_config(OF_BODY)}") as connection:
        theirs = [dict(pairs_of(answer)) for answer in ask(connection, requests_with_bodies(), 1)]
    for data, fields in zip(requests_with_bodies(), theirs, strict=True):
        expected = [fields[b"x-v%d" % number] for number in range(len(OF_BODY))]
        assert made(OF_BODY, heard(data), client()) == expected, data[:200]
    figure(f"{len(theirs) * len(OF_BODY)} texts of bodies")


def test_the_same_is_decided_by_bodies(tmp_path: Path, figure: Callable[[str], None]) -> None:
    names = [f"a{number}" for number in range(len(BODY_TESTS))]
    conditions = conditions_of(Random(1), names)
    acls = [f"a{number} {test}" for number, test in enumerate(BODY_TESTS)]
    config = f"option http-buffer-request\n{bits_config(acls, conditions)}"
    with haproxy(tmp_path, config) as connection:
        theirs = [bits(answer, len(conditions)) for answer in ask(connection, requests_with_bodies(), 1)]
    decide_all = deciders(conditions, BODY_TESTS)
    for data, their in zip(requests_with_bodies(), theirs, strict=True):
        request = heard(data)
        assert [decide(request, client()) for decide in decide_all] == their, data[:200]
    figure(f"{sum(map(len, theirs))} decisions by bodies, {sum(chain(*theirs))} of them true")
