"""A connection tells its user what happens, in order, and loses nothing that was written to it."""

import asyncio
import os
import random
import socket
import struct

import pytest

from ingress.net import stream
from ingress.net.socketcalls import MOST
from ingress.net.stream import HIGH, asked
from tests.unit.net.stage import Stage, User, staged, until

BULK = random.Random(3).randbytes(8 << 20)
RESET = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def read(peer: socket.socket, size: int) -> bytes:
    data = bytearray()
    loop = asyncio.get_running_loop()
    while len(data) < size and (piece := await loop.sock_recv(peer, 1 << 16)):
        data += piece
    return bytes(data)


async def test_what_comes_is_told_and_what_is_written_arrives() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        peer.send(b"question")
        await until(lambda: user.data == b"question")
        user.transport.write(b"answer")
        assert await read(peer, 6) == b"answer"
        assert user.told == ["made"]


async def test_more_than_is_received_at_once_comes_whole_and_in_order() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        await asyncio.get_running_loop().sock_sendall(peer, BULK[: 5 * MOST])
        await until(lambda: len(user.data) == 5 * MOST)
        assert user.data == BULK[: 5 * MOST]


async def test_what_the_kernel_does_not_take_waits_and_the_user_hears_of_it() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        user.transport.write(BULK)
        assert user.told == ["made", "full"]
        assert user.transport.get_write_buffer_size() > HIGH
        user.transport.write(b"behind")
        assert await read(peer, len(BULK) + 6) == BULK + b"behind"
        await until(lambda: "room" in user.told)
        assert user.told == ["made", "full", "room"]
        assert user.transport.get_write_buffer_size() == 0


async def test_a_close_comes_behind_what_waits() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        user.transport.write(BULK)
        user.transport.close()
        user.transport.write(b"never sent")
        assert await read(peer, len(BULK) + 1) == BULK
        await until(lambda: "lost" in user.told)
        assert user.error is None
        assert user.transport.fileno() == -1


async def test_last_words_arrive_and_the_end_behind_them() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        user.transport.write(b"not ")
        user.transport.write_last(b"the last")
        assert user.transport.is_closing()
        assert await read(peer, 100) == b"not the last"
        await until(lambda: "lost" in user.told)


async def test_an_abort_leaves_what_waits() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        user.transport.write(BULK)
        user.transport.abort()
        await until(lambda: "lost" in user.told)
        assert user.error is None
        assert len(await read(peer, len(BULK))) < len(BULK)


async def test_a_reset_of_ours_leaves_nothing_behind() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        user.transport.reset()
        await until(lambda: "lost" in user.told)
        assert user.error is None
        with pytest.raises(ConnectionResetError):
            await read(peer, 1)


async def test_half_a_close_leaves_the_other_half_open() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        user.transport.write(BULK)
        user.transport.write_eof()
        user.transport.write(b"never sent")
        assert await read(peer, len(BULK) + 1) == BULK
        peer.send(b"still heard")
        await until(lambda: user.data == b"still heard")


@pytest.mark.parametrize(("stays", "told"), [(True, ["made", "eof"]), (False, ["made", "eof", "lost"])])
async def test_who_stays_may_answer_a_peer_that_sends_no_more(stays: bool, told: list[str]) -> None:
    with staged() as stage:
        user = User(stays)
        peer = await stage.pair(user)
        peer.send(b"last words")
        peer.shutdown(socket.SHUT_WR)
        await until(lambda: user.told == told)
        assert user.data == b"last words"
        user.transport.write(b"answer")
        assert await read(peer, 6) == (b"answer" if stays else b"")


@pytest.mark.parametrize("stays", [True, False])
async def test_a_reset_is_told_as_an_error(stays: bool) -> None:
    with staged() as stage:
        user = User(stays)
        peer = await stage.pair(user)
        if stays:
            peer.shutdown(socket.SHUT_WR)
            await until(lambda: "eof" in user.told)
        peer.setsockopt(*RESET)
        peer.close()
        await until(lambda: "lost" in user.told)
        assert isinstance(user.error, ConnectionResetError)


async def test_a_write_to_nobody_is_told_as_an_error_and_only_once() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        user.transport.pause_reading()
        peer.setsockopt(*RESET)
        peer.close()
        user.transport.write(b"1")
        user.transport.write(b"2")
        await until(lambda: "lost" in user.told)
        assert isinstance(user.error, ConnectionError)
        assert user.told == ["made", "lost"]


async def test_nothing_is_told_while_reading_is_paused_and_nothing_is_lost() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        user.transport.pause_reading()
        peer.send(b"early")
        peer.shutdown(socket.SHUT_WR)
        for _ in range(20):
            await asyncio.sleep(0)
        assert (bytes(user.data), user.told) == (b"", ["made"])
        user.transport.resume_reading()
        await until(lambda: "eof" in user.told)
        assert user.data == b"early"


async def test_a_fault_of_the_user_ends_its_connection_and_no_other_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Faulty(User):
        def data_received(self, data: bytes) -> None:
            raise RuntimeError("a fault")

    with staged() as stage:
        reported: list[object] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, what: reported.append(what["exception"])
        )
        faulty, sound = Faulty(), User()
        ill, well = await stage.pair(faulty), await stage.pair(sound)
        ill.send(b"x")
        well.send(b"x")
        await until(lambda: "lost" in faulty.told and bool(sound.data))
        assert str(faulty.error) == "a fault"
        assert "RuntimeError: a fault" in caplog.text
        assert sound.told == ["made"]


async def test_both_ends_are_known() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        assert user.transport.get_extra_info("peername") == peer.getsockname()
        assert user.transport.get_extra_info("sockname") == peer.getpeername()
        assert user.transport.get_extra_info("colour", "none") == "none"


async def test_somebody_else_can_be_told_from_now_on() -> None:
    with staged() as stage:
        first, second = User(), User()
        peer = await stage.pair(first)
        first.transport.set_protocol(second)
        peer.send(b"x")
        await until(lambda: bool(second.data))
        assert not first.data


async def test_who_diverts_a_connection_receives_in_the_place_of_its_user() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        calls = []
        user.transport.divert(lambda: calls.append(1))  # type: ignore[attr-defined]
        await until(lambda: bool(calls))
        calls.clear()
        peer.send(b"x")
        await until(lambda: bool(calls))
        assert not user.data
        user.transport.divert(None)  # type: ignore[attr-defined]
        await until(lambda: user.data == b"x")


async def test_room_is_told_to_who_waits_for_it_in_the_place_of_writes() -> None:
    with staged() as stage:
        user = User()
        peer = await stage.pair(user)
        descriptor = user.transport.fileno()
        asked(descriptor, fill)
        calls = []
        user.transport.when_room(lambda: calls.append(1))  # type: ignore[attr-defined]
        for _ in range(20):
            await asyncio.sleep(0)
        assert not calls
        while not calls:
            await read(peer, 1)


def fill(own: socket.socket) -> None:
    own.setblocking(False)
    try:
        while True:
            own.send(bytes(1 << 16))
    except BlockingIOError:
        return


# Connecting.


async def echoing(stage: Stage) -> int:
    """The port of who says everything again."""

    class Echo(User):
        def data_received(self, data: bytes) -> None:
            self.transport.write(data)

    return stage.listen(Echo).port


async def test_a_connection_is_told_to_its_user_first() -> None:
    with staged() as stage:
        user = User()
        _, opened = stage.dial(await echoing(stage), user)
        assert user.told == []
        await until(lambda: bool(opened.told))
        assert (user.told, opened.told) == (["made"], ["opened"])
        user.transport.write(b"x")
        await until(lambda: user.data == b"x")
        user.transport.abort()


async def test_a_refused_connection_is_told_to_nobody_but_who_opened_it() -> None:
    with staged() as stage, socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
        gone.close()
        user = User()
        try:
            _, opened = stage.dial(port, user)
        except ConnectionRefusedError:
            return
        await until(lambda: bool(opened.told))
        assert (user.told, opened.told) == ([], ["ConnectionRefusedError"])


async def test_what_comes_with_the_connection_is_received() -> None:
    class Greeter(User):
        def connection_made(self, transport: object) -> None:
            super().connection_made(transport)  # type: ignore[arg-type]
            self.transport.write(b"welcome")
            self.transport.close()

    with staged() as stage:
        user = User()
        stage.dial(stage.listen(Greeter).port, user)
        await until(lambda: "lost" in user.told)
        assert user.data == b"welcome"
        assert user.told == ["made", "eof", "lost"]


async def test_an_address_can_be_of_either_kind() -> None:
    with staged() as stage:
        listening = stage.keep(socket.create_server(("::1", 0), family=socket.AF_INET6))
        user = User()
        _, opened = stage.dial(listening.getsockname()[1], user, "::1")
        await until(lambda: bool(opened.told))
        assert opened.told == ["opened"]
        assert user.transport.get_extra_info("peername")[0] == "::1"
        user.transport.abort()


async def test_an_aborted_attempt_tells_nobody() -> None:
    with staged() as stage:
        user = User()
        dialed, opened = stage.dial(await echoing(stage), user)
        dialed.abort()
        await until(lambda: dialed.fileno() == -1)
        assert (user.told, opened.told) == ([], [])


async def test_a_connection_that_cannot_be_watched_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    unwatchable = os.open(__file__, os.O_RDONLY)
    monkeypatch.setattr(stream, "connect", lambda host, port: unwatchable)
    with staged() as stage:
        with pytest.raises(PermissionError):
            stage.dial(1, User())
        stage.poller.settle()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(unwatchable)
