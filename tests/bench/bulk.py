"""Bodies of any size: who sends them and who takes them, at as little cost as can be.

`python -m tests.bench.bulk ADDRESS:PORT` is the server: `?size=N` asks for so many bytes, `?events=N` for so
many events, each with the time on the machine's clock, and what is sent to it is dropped.
"""

import contextlib
import re
import socket
import sys
import threading
import time
from typing import Final

PIECE: Final = memoryview(bytes(1 << 20))
SIZE: Final = re.compile(rb"[?]size=(\d+)")
EVENTS: Final = re.compile(rb"[?]events=(\d+)")
PAUSE: Final = 0.005
"""Seconds between two events."""
LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEAD_END: Final = b"\r\n\r\n"


def send(connection: socket.socket, size: int) -> None:
    """So many bytes."""
    while size > 0:
        connection.sendall(PIECE[:size])
        size -= len(PIECE)


def drop(connection: socket.socket, size: int) -> None:
    """Take so many bytes, which the kernel does not even copy (tcp(7), MSG_TRUNC)."""
    room = bytearray(len(PIECE))
    while size > 0:
        count = connection.recv_into(room, min(size, len(room)), socket.MSG_TRUNC)
        if not count:
            raise ConnectionError(f"{size} bytes are missing")
        size -= count


def read_head(connection: socket.socket) -> bytes:
    """A head and not a byte more; empty: the other side has left."""
    while peeked := connection.recv(16384, socket.MSG_PEEK):
        end = peeked.find(HEAD_END)
        if end >= 0:
            return connection.recv(end + 4)
    return b""


def length_of(head: bytes) -> int:
    """The length that a head says."""
    found = LENGTH.search(head)
    return int(found[1]) if found else 0


class BulkClient:
    """One connection to a proxy."""

    def __init__(self, address: str, port: int, host: str, path: str) -> None:
        self._connection = socket.create_connection((address, port), timeout=60)
        self._host = host
        self._path = path

    def download(self, size: int) -> None:
        """Have so many bytes."""
        self._say(f"GET {self._path}?size={size}", "")
        drop(self._connection, length_of(self._answer()))

    def upload(self, size: int) -> None:
        """Give so many bytes."""
        self._say(f"POST {self._path}", f"Content-Length: {size}\r\n")
        send(self._connection, size)
        drop(self._connection, length_of(self._answer()))

    def _say(self, start: str, fields: str) -> None:
        self._connection.sendall(f"{start} HTTP/1.1\r\nHost: {self._host}\r\n{fields}\r\n".encode())

    def _answer(self) -> bytes:
        head = read_head(self._connection)
        if not head.startswith(b"HTTP/1.1 200 "):
            raise ConnectionError(f"answered {head[:60]!r}")
        return head

    def close(self) -> None:
        """Leave."""
        self._connection.close()


def _serve(connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        while head := read_head(connection):
            drop(connection, length_of(head))
            events = EVENTS.search(head)
            if events:
                _tell(connection, int(events[1]))
                continue
            asked = SIZE.search(head)
            size = int(asked[1]) if asked else 2
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            send(connection, size)


def _tell(connection: socket.socket, count: int) -> None:
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    for _ in range(count):
        time.sleep(PAUSE)
        event = b"data: %d\n\n" % time.monotonic_ns()
        connection.sendall(b"%x\r\n%b\r\n" % (len(event), event))
    connection.sendall(b"0\r\n\r\n")


def main() -> None:
    """Serve until killed."""
    address, _, port = sys.argv[1].partition(":")
    door = socket.create_server((address, int(port)), backlog=128)
    while True:
        connection, _ = door.accept()
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
