"""The control channel: whole messages and the descriptors beside them."""

import os
import socket
from collections.abc import Iterator

import pytest

from ingress.ipc.channel import Control, child_end, control_pair, receive_start, supervisor_end
from ingress.ipc.messages import Attach, Drain, FromChild, Listen, Protocol, Start, ToChild, WantPorts
from ingress.model.settings import KubernetesSettings, Settings

Ends = tuple[Control[FromChild], Control[ToChild]]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, theirs = control_pair()
    pair = supervisor_end(ours), child_end(theirs)
    yield pair
    for end in pair:
        end.close()


def test_messages_arrive_whole_and_in_order(ends: Ends) -> None:
    supervisor, child = ends
    child.send(WantPorts((1, 2)))
    child.send(WantPorts(tuple(range(1, 20_000))))
    assert supervisor.receive() == (WantPorts((1, 2)), [])
    assert supervisor.receive() == (WantPorts(tuple(range(1, 20_000))), [])


def test_a_descriptor_arrives_as_a_copy_that_heirs_do_not_get(ends: Ends) -> None:
    supervisor, child = ends
    reading, writing = os.pipe()
    supervisor.send(Listen(Protocol.TCP, "127.0.0.1", 1), writing)
    os.close(writing)
    _, [copy] = child.receive()
    assert not os.get_inheritable(copy)
    os.write(copy, b"x")
    assert os.read(reading, 1) == b"x"
    for descriptor in (reading, copy):
        os.close(descriptor)


def test_nothing_to_receive_is_not_the_end(ends: Ends) -> None:
    with pytest.raises(BlockingIOError):
        ends[1].receive()


def test_the_end_of_the_peer_is_told_after_what_it_said(ends: Ends) -> None:
    supervisor, child = ends
    supervisor.send(Drain(1.0))
    supervisor.close()
    assert child.receive() == (Drain(1.0), [])
    with pytest.raises(EOFError):
        child.receive()


def test_a_message_to_a_dead_peer_is_no_error(ends: Ends) -> None:
    supervisor, child = ends
    child.close()
    supervisor.send(Drain(1.0))
    assert not supervisor.is_blocked


def test_what_a_slow_peer_has_no_room_for_waits_with_its_descriptors(ends: Ends) -> None:
    supervisor, child = ends
    reading, writing = os.pipe()
    for worker in range(5000):
        supervisor.send(Attach(worker), *([writing] if worker == 4999 else []))
    assert supervisor.is_blocked
    os.close(writing)
    got: list[ToChild] = []
    while len(got) < 5000:
        supervisor.flush()
        message, descriptors = child.receive()
        got.append(message)
    assert got == [Attach(worker) for worker in range(5000)]
    assert not supervisor.is_blocked
    os.write(descriptors[0], b"x")
    assert os.read(reading, 1) == b"x"
    for descriptor in (reading, *descriptors):
        os.close(descriptor)


def test_a_child_is_told_its_settings_first() -> None:
    ours, theirs = control_pair()
    supervisor = supervisor_end(ours)
    settings = Settings(kubernetes=KubernetesSettings("/k"), namespaces=("a", "b"))
    supervisor.send(Start(settings, 3), 0)
    start, descriptors = receive_start(theirs)
    assert start == Start(settings, 3)
    assert len(descriptors) == 1
    os.close(descriptors[0])
    supervisor.close()
    theirs.close()


def test_a_channel_does_not_mistake_a_foreign_message() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        ours.send(b"\x00")
        child = child_end(theirs)
        with pytest.raises(ValueError, match="Expected"):
            child.receive()
        child.close()
