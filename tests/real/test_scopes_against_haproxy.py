"""A platform and a backend are asked in the order in which HAProxy asks a frontend and a backend."""

import os
from pathlib import Path
from typing import Any

from ingress.acl.cursor import Family
from ingress.acl.grammar import parse_rules
from ingress.filter.answer import Answer
from ingress.filter.layers import Layers
from ingress.filter.reply import Reply
from ingress.filter.steps import Steps
from ingress.model.policy import Policy
from ingress.model.reason import Reason
from ingress.model.settings import Limits
from ingress.wire.request import parse_request
from tests.real.oracle.haproxy import ask, haproxy
from tests.real.oracle.world import Client, needs_haproxy

pytestmark = needs_haproxy

REQUEST = """
set-var-fmt(txn.way) '%[var(txn.way)]X'
set-header x-way %[var(txn.way)]
allow if {{ path /allow-X }}
set-header x-X 1
deny deny_status 429 if {{ path /deny-X }}
"""
RESPONSE = "set-header x-way '%[res.hdr(x-way)]X'"
FINAL = "set-header x-final '%[res.hdr(x-final)]X'"
SEEN = ("x-seen", "x-way", "x-final")
PATHS = ("/", "/allow-f", "/allow-b", "/deny-f", "/deny-b")
SERVER = """
  server s abns@{name}
frontend server
  bind abns@{name}
  http-request return status 200 hdr x-seen "%[req.hdr(x-way)] %[req.hdr(x-f)] %[req.hdr(x-b)]"
"""


def texts(letter: str) -> tuple[str, str, str]:
    return tuple(  # type: ignore[return-value]
        text.replace("{{", "{").replace("}}", "}").replace("X", letter) for text in (REQUEST, RESPONSE, FINAL)
    )


def section(letter: str) -> str:
    """The rules as HAProxy has them."""
    names = ("http-request", "http-response", "http-after-response")
    pairs = zip(names, texts(letter), strict=True)
    return "\n".join(f"  {name} {line}" for name, text in pairs for line in text.strip().splitlines())


def steps(letter: str) -> Steps:
    """The rules as we have them."""
    request, response, final = texts(letter)
    return Steps(
        Policy(
            parse_rules(request, {}),
            response_rules=parse_rules(response, {}, Family.RESPONSE),
            final_rules=parse_rules(final, {}, Family.FINAL),
        )
    )


def ours(head: bytes) -> tuple[int, list[str]]:
    """What becomes of a request here."""
    request: Any = parse_request(head, Limits())
    layers, client = Layers((steps("f"), steps("b"))), Client()
    reply = layers.run(request, client)
    if reply is not None:
        reply = layers.finish(request, reply, client)
    else:
        fields = (request.values(name) for name in (b"x-way", b"x-f", b"x-b"))
        seen = b" ".join(b"".join(values) for values in fields)
        answer = Answer(Reply(200, Reason.RETURNED, b"x-seen: %b\r\n" % seen.strip()))
        assert layers.respond(request, answer, client) is None
        reply = answer.reply()
    found = Answer(reply)
    return reply.status, [b"".join(found.values(name.encode())).decode() for name in SEEN]


def test_rules_for_all_are_asked_where_nothing_takes_a_request(tmp_path: Path) -> None:
    """Theirs answers 503 then, ours 404."""
    heads = [f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for path in PATHS]
    with haproxy(tmp_path, f"{section('f')}\n  use_backend b if {{ always_false }}\nbackend b") as connection:
        theirs = [(answer.status, answer.headers.get("x-final", "")) for answer in ask(connection, heads)]
    assert [status for status, _ in theirs] == [503, 503, 503, 429, 503]
    platform = steps("f")
    for head, (status, final) in zip(heads, theirs, strict=True):
        request: Any = parse_request(head, Limits())
        reply = platform.run(request, Client()) or Reply(404, Reason.NO_ROUTE)
        found = Answer(platform.finish(request, reply, Client()))
        assert (found.status, found.values(b"x-final")) == (
            404 if status == 503 else status,
            [final.encode()],
        )


def test_each_request_and_answer_meets_the_scopes_in_the_same_order(tmp_path: Path) -> None:
    heads = [f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for path in PATHS]
    server = SERVER.format(name=f"scopes-{os.getpid()}")
    config = f"{section('f')}\n  default_backend b\nbackend b\n{section('b')}{server}"
    with haproxy(tmp_path, config) as connection:
        theirs = [
            (answer.status, [answer.headers.get(name, "") for name in SEEN])
            for answer in ask(connection, heads)
        ]
    assert [status for status, _ in theirs] == [200, 200, 200, 429, 429]
    for path, head, their in zip(PATHS, heads, theirs, strict=True):
        assert ours(head) == their, path
