"""Frames between controller and worker."""

import pytest

from ingress.ipc.frames import LONGEST, TO_WORKER, FrameReader, frame
from ingress.model.backend import Backend, Server
from ingress.model.change import Begin, Commit, PutBackend, PutCertificate, ToWorker
from ingress.model.listener import Certificate

MESSAGES: list[ToWorker] = [
    Begin(),
    PutBackend(Backend("b", (Server("10.0.0.1", 80), Server("fd00::1", 80, weight=2))), (17, 18)),
    PutCertificate(Certificate("c", ("h",), b"\x00chain", b"\xffkey")),
    Commit(1 << 40),
]
STREAM = b"".join(map(frame, MESSAGES))


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_the_messages_are_the_same_wherever_the_stream_is_cut(cut: int) -> None:
    reader = FrameReader()
    payloads = reader.feed(STREAM[:cut]) + reader.feed(STREAM[cut:])
    assert [TO_WORKER.decode(payload) for payload in payloads] == MESSAGES


def test_the_messages_are_the_same_if_every_byte_comes_alone() -> None:
    reader = FrameReader()
    payloads = [payload for byte in STREAM for payload in reader.feed(bytes((byte,)))]
    assert [TO_WORKER.decode(payload) for payload in payloads] == MESSAGES


def test_a_frame_over_the_limit_is_refused_before_it_is_kept() -> None:
    with pytest.raises(ValueError, match="over the limit"):
        FrameReader().feed((LONGEST + 1).to_bytes(4, "little"))
