"""The calls to the kernel by Python's own library: the form for an interpreter."""

import os
import socket
import struct
from errno import EINPROGRESS
from typing import Final

AT_ONCE: Final = struct.pack("ii", 1, 0)
"""On, and for no time: `struct linger`."""
MOST: Final = 64 * 1024
"""Bytes that are received at once, at most."""


def receive(descriptor: int) -> bytes | None:
    """What has come; None: nothing yet; empty: the peer sends no more. OSError: the connection is broken."""
    try:
        return os.read(descriptor, MOST)
    except BlockingIOError:
        return None


def send(descriptor: int, data: bytes, start: int) -> int:
    """Send `data` from the byte at `start` on: how many bytes there was room for. OSError: it is broken."""
    try:
        return os.write(descriptor, memoryview(data)[start:] if start else data)
    except BlockingIOError:
        return 0


def forget(descriptor: int) -> None:
    """When it is closed, let the kernel drop the connection and tell the peer with a reset (socket(7),
    SO_LINGER)."""
    own = socket.socket(fileno=descriptor)
    try:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    finally:
        own.detach()


def accept(listening: socket.socket) -> tuple[int, str, int] | None:
    """The next connection that waits to be accepted: its descriptor, and the peer's address and port; None:
    there is none. OSError: there can be none now, or that one has gone already (accept(2))."""
    try:
        accepted, address = listening.accept()
    except BlockingIOError:
        return None
    accepted.setblocking(False)
    return accepted.detach(), address[0], address[1]


def connect(host: str, port: int) -> int:
    """Begin to connect to an IP literal: a descriptor that can be written to when the peer has accepted.
    OSError: that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        error = opened.connect_ex((host, port))
        if error not in (0, EINPROGRESS):
            raise OSError(error, os.strerror(error))
    except OSError:
        opened.close()
        raise
    return opened.detach()
