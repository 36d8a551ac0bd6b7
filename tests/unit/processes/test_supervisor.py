"""The supervisor, with children that only say what they are told."""

import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

from tests.unit.processes.conftest import PATIENCE

Launch = Callable[..., Any]


def ask(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        return connection.recv(100).decode()


def settled(tree: Any) -> None:
    """Both workers have their sockets, and speak with the controller."""
    for name in ("worker-0", "worker-1"):
        tree.wait_for(rf"controller hears {name} here")
        tree.wait_for(rf"{name} hears controller here")


def test_each_worker_gets_its_own_socket_of_an_address(launch: Launch) -> None:
    tree = launch()
    settled(tree)
    answers = {ask(tree.port("http")).split()[0] for _ in range(40)}
    assert answers == {"worker-0", "worker-1"}


def test_a_killed_worker_is_replaced_at_once(launch: Launch) -> None:
    tree = launch()
    settled(tree)
    before, at = tree.pid("worker-1"), len(tree.said)
    os.kill(before, signal.SIGKILL)
    tree.wait_for(r"worker-1 hears controller here", at)
    assert f"worker-1 (pid {before}) was killed by SIGKILL; it is started again at once\n" in tree.said
    assert "WorkerState(worker=1, pid=0, starts=1)" in tree.said
    assert tree.pid("worker-1") != before


def test_a_worker_that_has_hung_is_killed_and_replaced(launch: Launch) -> None:
    tree = launch(hang_timeout=1.0)
    settled(tree)
    time.sleep(0.5)
    hung, other, at = tree.pid("worker-1"), tree.pid("worker-0"), len(tree.said)
    os.kill(hung, signal.SIGSTOP)
    tree.wait_for(rf"worker-1 \(pid {hung}\) has hung: killed", at)
    tree.wait_for(r"worker-1 hears controller here", at)
    assert tree.pid("worker-0") == other


def test_a_tree_that_was_stopped_as_a_whole_goes_on_with_the_same_workers(launch: Launch) -> None:
    tree = launch(hang_timeout=1.0)
    settled(tree)
    time.sleep(0.5)
    workers = [tree.pid("worker-0"), tree.pid("worker-1")]
    everyone = [tree.process.pid, tree.pid("controller"), *workers]
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for pid in everyone:
            os.kill(pid, number)
        time.sleep(1.5)
    assert [tree.pid("worker-0"), tree.pid("worker-1")] == workers


def test_connections_that_wait_for_a_dead_worker_are_answered_by_its_successor(launch: Launch) -> None:
    tree = launch()
    settled(tree)
    for name in ("worker-0", "worker-1"):
        os.kill(tree.pid(name), signal.SIGSTOP)
    connections = [socket.create_connection(("127.0.0.1", tree.port("http"))) for _ in range(20)]
    for name in ("worker-0", "worker-1"):
        os.kill(tree.pid(name), signal.SIGKILL)
    for connection in connections:
        with connection:
            connection.settimeout(PATIENCE)
            assert connection.recv(100).startswith(b"worker-")


def test_a_killed_controller_is_replaced_and_speaks_with_every_worker(launch: Launch) -> None:
    tree = launch()
    settled(tree)
    workers, at = [tree.pid("worker-0"), tree.pid("worker-1")], len(tree.said)
    os.kill(tree.pid("controller"), signal.SIGKILL)
    for worker in ("worker-0", "worker-1"):
        tree.wait_for(rf"controller hears {worker} here", at)
        tree.wait_for(rf"{worker} hears controller here", at)
    assert [tree.pid("worker-0"), tree.pid("worker-1")] == workers
    tree.wait_for(r"controller Listen\(protocol=<Protocol.ADMIN", at)


def test_who_dies_again_and_again_is_started_ever_more_slowly(launch: Launch) -> None:
    tree = launch()
    settled(tree)
    for _ in range(3):
        at = len(tree.said)
        os.kill(tree.pid("worker-0"), signal.SIGKILL)
        tree.wait_for(r"worker-0 hears controller here", at)
    assert "at once" in tree.said
    assert "in 0.05 s" in tree.said
    assert "in 0.1 s" in tree.said


def test_a_fresh_stream_is_made_when_the_controller_wants_one(launch: Launch) -> None:
    tree = launch()
    settled(tree)
    at = len(tree.said)
    tree.order("attach 1")
    tree.wait_for(r"controller hears worker-1 here", at)
    tree.wait_for(r"worker-1 hears controller here", at)


def test_a_wanted_port_is_published_and_withdrawn_on_every_worker(launch: Launch, free_port: int) -> None:
    tree = launch()
    settled(tree)
    tree.order(f"ports {free_port}")
    for worker in ("worker-0", "worker-1"):
        tree.wait_for(rf"{worker} Listen\(protocol=<Protocol.TCP: 'tcp'>.*port={free_port}\) 1")
    assert ask(free_port).startswith("worker-")
    tree.order("ports -")
    for worker in ("worker-0", "worker-1"):
        tree.wait_for(rf"{worker} Unlisten\(protocol=<Protocol.TCP: 'tcp'>.*port={free_port}\) 0")


def test_a_successor_gets_the_ports_that_were_published_before_it(launch: Launch, free_port: int) -> None:
    tree = launch()
    settled(tree)
    tree.order(f"ports {free_port}")
    tree.wait_for(rf"worker-0 Listen\(protocol=<Protocol.TCP: 'tcp'>.*port={free_port}\) 1")
    at = len(tree.said)
    os.kill(tree.pid("worker-0"), signal.SIGKILL)
    tree.wait_for(rf"worker-0 Listen\(protocol=<Protocol.TCP: 'tcp'>.*port={free_port}\) 1", at)


def test_a_port_of_our_own_is_refused_with_a_reason(launch: Launch) -> None:
    tree = launch()
    port = tree.port("http")
    tree.order(f"ports {port}")
    tree.wait_for(rf'controller PortProblem\(port={port}, reason="port {port} is Headgate\'s own')


def test_a_port_that_somebody_has_is_published_when_it_becomes_free(launch: Launch) -> None:
    tree = launch()
    settled(tree)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        tree.order(f"ports {port}")
        tree.wait_for(rf"PortProblem\(port={port}, reason='cannot listen on tcp .* in use'\)")
    tree.wait_for(rf"PortProblem\(port={port}, reason=''\)")
    tree.wait_for(rf"worker-1 Listen\(protocol=<Protocol.TCP: 'tcp'>.*port={port}\) 1")


def test_sigterm_drains_and_ends_with_status_0(launch: Launch) -> None:
    tree = launch()
    settled(tree)
    assert tree.stop(signal.SIGTERM) == 0
    for name in ("controller", "worker-0", "worker-1"):
        assert f"{name} Drain(timeout=5.0)" in tree.said


def test_the_controller_learns_of_the_end_before_the_workers(launch: Launch) -> None:
    tree = launch(drain_delay=600)
    settled(tree)
    tree.process.send_signal(signal.SIGTERM)
    tree.wait_for("controller Drain")
    assert ask(tree.port("http")).startswith("worker-")
    assert "worker-0 Drain" not in tree.said
    tree.stop(signal.SIGINT)


def test_who_does_not_end_in_time_is_killed_and_the_status_says_so(launch: Launch) -> None:
    tree = launch(drain_timeout=0.1)
    settled(tree)
    assert tree.stop(signal.SIGTERM) == 1
    assert "worker-0, worker-1 did not end in time: killed" in tree.said


def test_sigint_twice_leaves_at_once(launch: Launch) -> None:
    tree = launch(drain_delay=600)
    settled(tree)
    tree.process.send_signal(signal.SIGINT)
    tree.wait_for("SIGINT: draining")
    assert tree.stop(signal.SIGINT) == 1


def test_a_signal_to_the_whole_group_does_not_reach_the_children(launch: Launch) -> None:
    tree = launch()
    settled(tree)
    for name in ("controller", "worker-0", "worker-1"):
        os.kill(tree.pid(name), signal.SIGINT)
        os.kill(tree.pid(name), signal.SIGTERM)
    assert tree.stop(signal.SIGTERM) == 0
    assert "was killed" not in tree.said


def test_a_signal_to_the_group_does_not_end_a_child_that_has_just_begun(launch: Launch) -> None:
    tree = launch()
    settled(tree)
    old, at = tree.pid("worker-0"), len(tree.said)
    os.kill(old, signal.SIGKILL)
    begun = tree.wait_for(r"WorkerState\(worker=0, pid=([1-9]\d*)", at)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        os.kill(int(begun[1]), number)
    tree.wait_for(r"worker-0 hears controller here", at)
    assert tree.pid("worker-0") == int(begun[1])


def test_children_end_when_the_supervisor_is_gone(launch: Launch) -> None:
    tree = launch()
    settled(tree)
    pids = [tree.pid(name) for name in ("controller", "worker-0", "worker-1")]
    tree.process.kill()
    tree.process.wait()
    until = time.monotonic() + PATIENCE
    while any(os.path.exists(f"/proc/{pid}/fd/0") for pid in pids) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(os.path.exists(f"/proc/{pid}/fd/0") for pid in pids)
