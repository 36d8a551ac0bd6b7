"""What HAProxy does with the cookie of a server, Headgate does too: same server, same fields both ways."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import parse_headers
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import pytest

from discovery.persistence_options import parse_cookie
from ingress.filter.sticky import StickyCookie
from ingress.model.settings import Limits
from ingress.wire.request import parse_request
from ingress.wire.response import parse_response
from tests.real.oracle.haproxy import PATH, ask, haproxy

ROUNDS: Final = int(os.environ.get("HEADGATE_COOKIE_ROUNDS", "400"))
WORDS: Final = (
    "SRV insert",
    "SRV insert indirect",
    "SRV insert indirect preserve",
    "SRV insert indirect postonly",
    "SRV insert indirect httponly secure domain .example.com attr SameSite=Lax",
    "SRV rewrite",
    "SRV prefix",
)

pytestmark = pytest.mark.skipif(
    not PATH and os.environ.get("HEADGATE_REAL") != "1", reason="haproxy is not installed"
)


class Seen(NamedTuple):
    """What came of one request."""

    server: str
    sent: list[str]
    """The cookies that the server got, field by field; blanks between them are nobody's business."""
    set: list[str]
    """The Set-Cookie fields that the client got."""


class Server:
    """Answers with the Cookie fields that it got, and sets what the request asks it to set."""

    def __init__(self) -> None:
        self.door = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            while reader.readline():
                fields = parse_headers(reader)
                said = {"server": self.address, "sent": fields.get_all("cookie", [])}
                lines = [f"Set-Cookie: {value}" for value in fields.get_all("x-set", [])]
                body = json.dumps(said)
                head = "\r\n".join(["HTTP/1.1 200 OK", *lines, f"Content-Length: {len(body)}", "", ""])
                connection.sendall((head + body).encode())


@contextmanager
def servers() -> Iterator[list[Server]]:
    """Two of them."""
    made = [Server(), Server()]
    yield made
    for server in made:
        server.door.close()


def request(random: Random, values: list[str]) -> bytes:
    """A request with cookies that may name a server, or nobody."""
    pieces = [f"SRV={value}" for value in (*values, "nobody", "", f"{values[0]}~own", "x~own")]
    pieces += ["a=1", "srv=x", "XSRV=y", "b", 'q="SRV=z"']
    lines = [
        "Cookie: " + random.choice(("; ", ";")).join(random.choices(pieces, k=random.randint(1, 4)))
        for _ in range(random.choice((0, 1, 1, 1, 2)))
    ]
    sets = ["SRV=own; path=/x", "SRV=own", "a=2; HttpOnly", "SRVX=1"]
    lines += [f"X-Set: {value}" for value in random.sample(sets, random.choice((0, 0, 1, 2)))]
    method = random.choice(("GET", "POST"))
    length = ["Content-Length: 0"] if method == "POST" else []
    return "\r\n".join([f"{method} / HTTP/1.1", "Host: a.test", *length, *lines, "", ""]).encode()


def plain(cookies: str) -> str:
    """Cookies with one blank between them."""
    return "; ".join(pair.strip() for pair in cookies.split(";"))


def ours(cookie: StickyCookie, head: bytes, answered: str, known: dict[str, str]) -> Seen:
    """What Headgate makes of a request that this server has answered."""
    asked = parse_request(head, Limits())
    sets = [value.decode() for value in asked.values(b"x-set")]
    named = next((value for value in cookie.read(asked) if value.decode() in known), b"")
    sent = [value.decode() for value in asked.values(b"cookie")]
    lines = "".join(f"Set-Cookie: {value}\r\n" for value in sets)
    response = parse_response(
        f"HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n".encode(), asked.method, Limits()
    )
    server = known.get(named.decode(), answered)
    cookie.write(named, server, asked, response)
    return Seen(server, list(map(plain, sent)), [value.decode() for value in response.values(b"set-cookie")])


@pytest.mark.parametrize("words", WORDS)
def test_cookies_are_read_and_written_as_by_haproxy(words: str, tmp_path: Path) -> None:
    random = Random(words)
    cookie = StickyCookie(parse_cookie(words), "a key that nobody else has")
    with servers() as found:
        known = {cookie.value_of(server.address).decode(): server.address for server in found}
        lines = [
            f"  server s{n} {address} cookie {value}" for n, (value, address) in enumerate(known.items())
        ]
        config = "\n".join(["  default_backend b", "backend b", f"  cookie {words}", *lines, ""])
        heads = [request(random, list(known)) for _ in range(ROUNDS)]
        with haproxy(tmp_path, config) as connection:
            answers = list(ask(connection, heads, window=1))
        for head, answer in zip(heads, answers, strict=True):
            said = json.loads(answer.body)
            theirs = Seen(
                said["server"], list(map(plain, said["sent"])), answer.headers.get_all("set-cookie", [])
            )
            assert ours(cookie, head, theirs.server, known) == theirs, head
