"""Connections are accepted as long as there is room, and again when there is."""

import errno
import socket

import pytest

from ingress.net import listener as module
from ingress.net.calls import accept
from tests.unit.net.stage import User, staged, until


async def test_many_that_come_at_once_are_all_accepted() -> None:
    with staged() as stage:
        port = stage.listen().port
        peers = [stage.keep(socket.create_connection(("127.0.0.1", port))) for _ in range(100)]
        await until(lambda: len(stage.users) == len(peers))
        seen = {user.transport.get_extra_info("peername") for user in stage.users}
        assert seen == {peer.getsockname() for peer in peers}


async def test_a_closed_listener_accepts_nobody() -> None:
    with staged() as stage:
        listener = stage.listen()
        listener.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", listener.port))


async def test_without_room_it_looks_away_for_a_while_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = []

    def exhausted(listening: socket.socket) -> tuple[int, str, int] | None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(listening)

    monkeypatch.setattr(module, "accept", exhausted)
    monkeypatch.setattr(module, "PAUSE", 0.01)
    with staged() as stage:
        port = stage.listen().port
        stage.keep(socket.create_connection(("127.0.0.1", port)))
        await until(lambda: bool(stage.users))
        assert len(calls) <= 3
        assert "Too many open files" in caplog.text


async def test_one_that_has_gone_before_it_was_accepted_is_nothing_to_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = [OSError(errno.ECONNABORTED, "gone")]

    def once(listening: socket.socket) -> tuple[int, str, int] | None:
        if gone:
            raise gone.pop()
        return accept(listening)

    monkeypatch.setattr(module, "accept", once)
    with staged() as stage:
        stage.keep(socket.create_connection(("127.0.0.1", stage.listen().port)))
        await until(lambda: len(stage.users) == 1)


async def test_a_fault_while_a_connection_is_taken_in_costs_that_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Faulty(User):
        def connection_made(self, transport: object) -> None:
            super().connection_made(transport)  # type: ignore[arg-type]
            if len(stage.users) == 1:
                raise RuntimeError("a fault")

    with staged() as stage:
        port = stage.listen(Faulty).port
        first = stage.keep(socket.create_connection(("127.0.0.1", port)))
        await until(lambda: "a fault" in caplog.text)
        assert first.recv(1) == b""
        stage.keep(socket.create_connection(("127.0.0.1", port)))
        await until(lambda: len(stage.users) == 2)
