"""The controller's end of the stream to a worker, on a transport that a test holds up."""

import asyncio
from typing import Any

from ingress.controller.link import MOST_BEHIND, SLICE, Link
from ingress.ipc.frames import TO_WORKER, FrameReader, frame
from ingress.model.change import Begin, Commit, DropHost, ToWorker


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.is_aborted = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def abort(self) -> None:
        self.is_aborted = True

    @property
    def messages(self) -> list[ToWorker]:
        return [TO_WORKER.decode(payload) for payload in FrameReader().feed(b"".join(self.written))]


def connected() -> tuple[Link, Transport]:
    transport: Any = Transport()
    link = Link(0, lambda *_: None, lambda *_: None)
    link.connection_made(transport)
    return link, transport


STATE: list[ToWorker] = [Begin(), *(DropHost(str(number)) for number in range(3 * SLICE)), Commit(1)]
CHANGE = frame(DropHost("later")) + frame(Commit(2))
TOLD: list[ToWorker] = [*STATE, DropHost("later"), Commit(2)]


def test_a_full_state_goes_out_in_slices_and_changes_follow_it() -> None:
    async def scenario() -> None:
        link, transport = connected()
        link.begin(STATE)
        await asyncio.sleep(0)
        assert len(transport.messages) == SLICE
        link.send(CHANGE)
        for _ in range(8):
            await asyncio.sleep(0)
        assert transport.messages == TOLD

    asyncio.run(scenario())


def test_a_worker_that_does_not_read_is_told_later_in_the_same_order() -> None:
    async def scenario() -> None:
        link, transport = connected()
        link.begin(STATE)
        await asyncio.sleep(0)
        link.pause_writing()
        for _ in range(3):
            await asyncio.sleep(0)
        link.send(CHANGE)
        assert len(transport.messages) == SLICE
        link.resume_writing()
        for _ in range(8):
            await asyncio.sleep(0)
        assert transport.messages == TOLD

    asyncio.run(scenario())


def test_a_new_state_takes_the_place_of_what_still_waits() -> None:
    async def scenario() -> None:
        link, transport = connected()
        link.pause_writing()
        link.send(CHANGE)
        link.begin(STATE)
        link.resume_writing()
        for _ in range(8):
            await asyncio.sleep(0)
        assert transport.messages == STATE

    asyncio.run(scenario())


def test_a_worker_too_far_behind_is_given_up() -> None:
    async def scenario() -> None:
        link, transport = connected()
        link.pause_writing()
        for _ in range(MOST_BEHIND // (1 << 20) + 1):
            link.send(bytes(1 << 20))
        assert transport.is_aborted

    asyncio.run(scenario())
