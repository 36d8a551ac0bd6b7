"""Both forms of the calls to the kernel do the same."""

import os
import socket
from types import ModuleType

import pytest

from ingress.net import socketcalls

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture(params=["socketcalls", "rawcalls"])
def calls(request: pytest.FixtureRequest) -> ModuleType:
    if request.param == "socketcalls":
        return socketcalls
    return pytest.importorskip("ingress.net.rawcalls")  # type: ignore[no-any-return]


@pytest.fixture
def ends() -> Ends:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return ours, theirs


def test_what_has_come_is_received_then_nothing_then_the_end(calls: ModuleType, ends: Ends) -> None:
    ours, theirs = ends
    with ours, theirs:
        assert calls.receive(ours.fileno()) is None
        theirs.send(b"some bytes")
        assert calls.receive(ours.fileno()) == b"some bytes"
        theirs.close()
        assert calls.receive(ours.fileno()) == b""


def test_as_much_is_sent_as_there_is_room_for(calls: ModuleType, ends: Ends) -> None:
    ours, theirs = ends
    with ours, theirs:
        assert calls.send(ours.fileno(), b"0123456789", 4) == 6
        assert theirs.recv(100) == b"456789"
        while calls.send(ours.fileno(), bytes(100_000), 0):
            pass
        assert calls.send(ours.fileno(), b"x", 0) == 0


def test_what_is_broken_says_so(calls: ModuleType, ends: Ends) -> None:
    ours, theirs = ends
    with ours:
        theirs.close()
        with pytest.raises(BrokenPipeError):
            calls.send(ours.fileno(), b"x", 0)
    with pytest.raises(OSError, match="Bad file descriptor"):
        calls.receive(ours.fileno())


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_connection_is_begun_and_accepted(calls: ModuleType, family: int, host: str) -> None:
    with socket.create_server((host, 0), family=family) as listening:
        listening.setblocking(False)
        assert calls.accept(listening) is None
        dialed = socket.socket(fileno=calls.connect(host, listening.getsockname()[1]))
        accepted = None
        while accepted is None:
            accepted = calls.accept(listening)
        with dialed, socket.socket(fileno=accepted[0]) as other:
            assert accepted[1:] == dialed.getsockname()[:2]
            assert not os.get_blocking(dialed.fileno())
            assert not os.get_blocking(other.fileno())
            assert not os.get_inheritable(dialed.fileno())
            assert not os.get_inheritable(other.fileno())
            assert dialed.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_cannot_be_connected_says_so(calls: ModuleType) -> None:
    with pytest.raises(OSError, match=r"unreachable|Invalid|not available"):
        calls.connect("255.255.255.255", 1)


def test_what_does_not_listen_cannot_accept(calls: ModuleType) -> None:
    with socket.socket() as deaf:
        deaf.setblocking(False)
        with pytest.raises(OSError, match="Invalid argument"):
            calls.accept(deaf)
