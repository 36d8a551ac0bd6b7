"""The control channel between the supervisor and a child: whole messages, with descriptors beside them."""

import array
import os
import socket
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from msgspec.msgpack import Decoder, Encoder

from ingress.ipc.messages import FromChild, Start, ToChild

if TYPE_CHECKING:
    # The supervisor has no event loop and should not load one.
    from asyncio import AbstractEventLoop

LONGEST: Final = 1 << 18
"""Bytes of one message; the kernel's default buffer is smaller."""
MOST_DESCRIPTORS: Final = 16

ENCODER: Final = Encoder()
START: Final = Decoder(Start)
TO_CHILD: Final[Decoder[ToChild]] = Decoder(ToChild)
FROM_CHILD: Final[Decoder[FromChild]] = Decoder(FromChild)

T = TypeVar("T")
Handler = Callable[[T, list[int]], None]


def control_pair() -> tuple[socket.socket, socket.socket]:
    """The two ends of a fresh control channel, neither of which blocks."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setblocking(False)
    return ends


def child_end(end: socket.socket) -> "Control[ToChild]":
    """The channel as a child sees it, once it has been started."""
    return Control(end, TO_CHILD)


def supervisor_end(end: socket.socket) -> "Control[FromChild]":
    """The channel as the supervisor sees it."""
    return Control(end, FROM_CHILD)


def receive_start(end: socket.socket) -> tuple[Start, list[int]]:
    """The first message to a child, and its descriptors. It is sent before the child begins to live."""
    return Control(end, START).receive()


class Control(Generic[T]):
    """One end of a control channel. What is sent arrives whole, in order, or not at all."""

    def __init__(self, end: socket.socket, decoder: Decoder[T]) -> None:
        end.setblocking(False)
        self._end = end
        self._decoder = decoder
        self._waiting: deque[tuple[bytes, tuple[int, ...]]] = deque()

    def fileno(self) -> int:
        """The descriptor to watch; negative once it is closed."""
        return self._end.fileno()

    @property
    def is_blocked(self) -> bool:
        """Messages wait until the peer has read others: call `flush` when it can be written to."""
        return bool(self._waiting)

    def send(self, message: Start | ToChild | FromChild, *descriptors: int) -> None:
        """Send a message with copies of descriptors, which stay the caller's. A dead peer is no error:
        whoever watches the channel learns of it."""
        data = ENCODER.encode(message)
        if self._waiting or not self._send_now(data, descriptors):
            self._waiting.append((data, tuple(map(os.dup, descriptors))))

    def flush(self) -> None:
        """Send what waits, as far as the peer has room for it."""
        while self._waiting and self._send_now(*self._waiting[0]):
            _, descriptors = self._waiting.popleft()
            _close(descriptors)

    def _send_now(self, data: bytes, descriptors: tuple[int, ...]) -> bool:
        """Whether the message is done with: sent, or pointless as the peer is gone."""
        try:
            socket.send_fds(self._end, [data], descriptors)
        except BlockingIOError:
            return False
        except (BrokenPipeError, ConnectionResetError):
            return True
        return True

    def receive(self) -> tuple[T, list[int]]:
        """The next message with its descriptors, now the caller's. EOFError: the peer is gone;
        BlockingIOError: nothing has come."""
        space = socket.CMSG_SPACE(MOST_DESCRIPTORS * array.array("i").itemsize)
        try:
            data, ancillary, flags, _ = self._end.recvmsg(LONGEST, space, socket.MSG_CMSG_CLOEXEC)
        except ConnectionResetError:
            raise EOFError from None
        descriptors = _descriptors(ancillary)
        if not data:
            raise EOFError
        if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            _close(descriptors)
            raise ValueError("a control message was cut short")
        return self._decoder.decode(data), descriptors

    def attend(self, loop: "AbstractEventLoop", handle: "Handler[T]", gone: Callable[[], None]) -> None:
        """Hand each message that comes to `handle`, and call `gone` once, when the peer has left."""
        loop.add_reader(self._end, self._drain, loop, handle, gone)

    def _drain(self, loop: "AbstractEventLoop", handle: "Handler[T]", gone: Callable[[], None]) -> None:
        while True:
            try:
                message, descriptors = self.receive()
            except BlockingIOError:
                return
            except EOFError:
                loop.remove_reader(self._end)
                gone()
                return
            handle(message, descriptors)

    def close(self) -> None:
        """Leave the channel; what waits is not sent."""
        for _, descriptors in self._waiting:
            _close(descriptors)
        self._waiting.clear()
        self._end.close()


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    """The descriptors in what came beside a message."""
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found)


def _close(descriptors: "tuple[int, ...] | list[int]") -> None:
    for descriptor in descriptors:
        os.close(descriptor)
