"""Where Headgate and HAProxy both take a request, they find the same body in the same bytes."""

import os
import socket
import threading
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import pytest

from ingress.model.settings import Limits
from ingress.wire.chunks import ChunkReader
from ingress.wire.message import CHUNKED
from ingress.wire.refusal import Refusal
from ingress.wire.request import parse_request
from tests.fuzz.mutate import SEEDS, mutated
from tests.real.oracle.haproxy import PATH, haproxy
from tests.unit.proxy.payloads import CLASSES
from tests.unit.proxy.test_smuggling import requests

INPUTS: Final = int(os.environ.get("HEADGATE_FRAMING_INPUTS", "1500"))
ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
CONFIG: Final = """  default_backend b
backend b
  server s 127.0.0.1:{port}
"""

pytestmark = pytest.mark.skipif(
    not PATH and os.environ.get("HEADGATE_REAL") != "1", reason="haproxy is not installed"
)


class Read(NamedTuple):
    """A request as somebody has read it."""

    method: bytes
    payload: bytes


class Server:
    """Keeps what it sees of each connection, and answers the first request on it."""

    def __init__(self) -> None:
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.seen: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.door.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        place = len(self.seen)
        self.seen.append(b"")
        try:
            while data := connection.recv(65536):
                self.seen[place] += data
                if whole(self.seen[place]):
                    connection.sendall(ANSWER)
                    return
        except OSError:
            return


def whole(data: bytes) -> bool:
    """Whether there is all of a request, or something that is none."""
    try:
        return bool(requests(data)[0])
    except AssertionError:
        return True


def by_headgate(data: bytes) -> Read | None:
    """The first request; None: it is refused, or not whole."""
    head, end, rest = data.partition(b"\r\n\r\n")
    try:
        request = parse_request(head + end, Limits())
        if request.body == CHUNKED:
            reader = ChunkReader(plain=True)
            reader.feed(rest)
            return Read(request.method, reader.out) if reader.done else None
    except Refusal:
        return None
    return Read(request.method, rest[: request.body]) if len(rest) >= request.body else None


def by_haproxy(door: tuple[str, int], server: Server, data: bytes) -> Read | None:
    """The same as HAProxy has it, seen behind it."""
    server.seen.clear()
    with socket.create_connection(door, timeout=5) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except OSError:
            pass
    if not answer.startswith(b"HTTP/1.1 200 ") or not server.seen:
        return None
    return by_headgate(server.seen[0])


def test_headgate_and_haproxy_find_the_same_body_in_the_same_bytes(tmp_path: Path) -> None:
    dice = Random(int(os.environ.get("HEADGATE_SEED", "7")))
    known = [payload for group in CLASSES.values() for payload in group]
    inputs = known + [mutated(dice, SEEDS["request"]) for _ in range(INPUTS)]
    server = Server()
    both = 0
    with haproxy(tmp_path, CONFIG.format(port=server.port)) as connection, server.door:
        door = connection.getpeername()
        for data in inputs:
            ours = by_headgate(data)
            if ours is None:
                continue
            theirs = by_haproxy(door, server, data)
            if theirs is not None:
                both += 1
                assert theirs == ours, data
    assert both > len(inputs) // 20
