"""A client that asks one question after another on one kept connection, and wastes no time."""

import socket
from collections.abc import Iterable

from msgspec import Struct

END_OF_HEAD = b"\r\n\r\n"
TIMEOUT = 20.0


class Reply(Struct, frozen=True):
    """What came back; status 0 where nothing did."""

    status: int
    pod: str = ""


class Probe:
    """One connection, made anew where it breaks."""

    def __init__(self, address: str = "10.244.0.1", port: int = 80, timeout: float = TIMEOUT):
        self._where = (address, port)
        self._timeout = timeout
        self._socket: socket.socket | None = None

    def ask(self, host: str, path: str = "/") -> Reply:
        """The answer to one GET."""
        try:
            return self._exchange(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        except OSError:
            self.close()
            return Reply(0)

    def close(self) -> None:
        """The connection is closed."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: bytes) -> Reply:
        if self._socket is None:
            self._socket = socket.create_connection(self._where, self._timeout)
        self._socket.sendall(request)
        head, body = self._read_head(self._socket)
        lines = head.lower().split(b"\r\n")
        fields = dict(line.split(b": ", 1) for line in lines[1:])
        if b"content-length" not in fields or fields.get(b"connection") == b"close":
            self.close()
        else:
            self._skip(self._socket, int(fields[b"content-length"]) - len(body))
        return Reply(int(lines[0].split(b" ")[1]), fields.get(b"x-pod", b"").decode())

    def _read_head(self, connection: socket.socket) -> tuple[bytes, bytes]:
        data = b""
        while END_OF_HEAD not in data:
            piece = connection.recv(65536)
            if not piece:
                raise ConnectionResetError("closed before the answer")
            data += piece
        head, _, body = data.partition(END_OF_HEAD)
        return head, body

    def _skip(self, connection: socket.socket, left: int) -> None:
        while left > 0:
            piece = connection.recv(left)
            if not piece:
                raise ConnectionResetError("closed within the answer")
            left -= len(piece)


def unanswered(probe: Probe, hosts: Iterable[str]) -> list[str]:
    """The hosts that are not answered 200, with what came instead."""
    replies = ((host, probe.ask(host)) for host in hosts)
    return [f"{host}: {reply.status}" for host, reply in replies if reply.status != 200]
