"""Listening sockets: one for each worker on an address, held open whatever happens to the workers."""

import socket
from typing import Final

from ingress.ipc.address import write_address
from ingress.ipc.messages import Listen, Protocol, Unlisten

BACKLOG: Final = 4096


class BindError(Exception):
    """An address that cannot be listened on; the text says which, and why."""


class Binding:
    """An address and its sockets, of which each worker has its own queue of connections."""

    def __init__(self, protocol: Protocol, address: str, port: int, copies: int) -> None:
        """Port 0 gets one that is free. BindError: somebody else has it, or it is not ours to have."""
        self.protocol = protocol
        self.address = address
        self.sockets: list[socket.socket] = []
        try:
            self._open(port, copies)
        except OSError as error:
            self.close()
            where = write_address(address, port)
            raise BindError(f"cannot listen on {protocol} {where}: {error.strerror}") from None
        self.port: int = self.sockets[0].getsockname()[1]

    def __str__(self) -> str:
        return f"{self.protocol} {write_address(self.address, self.port)}"

    def _open(self, port: int, copies: int) -> None:
        if port:
            # SO_REUSEPORT would let a second instance of the same user share the port unnoticed.
            _bound(self.address, port, shared=False).close()
        for _ in range(copies):
            opened = _bound(self.address, port, shared=True)
            self.sockets.append(opened)
            port = opened.getsockname()[1]
        # Only when all are bound: what one of them took in before the others failed would be lost.
        for bound in self.sockets:
            bound.listen(BACKLOG)

    def listen(self) -> Listen:
        """The message that goes with one of the sockets."""
        return Listen(self.protocol, self.address, self.port)

    def unlisten(self) -> Unlisten:
        """The message that ends it."""
        return Unlisten(self.protocol, self.address, self.port)

    def close(self) -> None:
        """Hold the sockets no longer; whoever has copies keeps those."""
        for held in self.sockets:
            held.close()
        self.sockets.clear()


def _bound(address: str, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(shared))
        if family == socket.AF_INET6:
            # So that [::] and 0.0.0.0 can be given side by side, on any system.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock
