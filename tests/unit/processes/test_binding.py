"""Listening sockets, one for each worker."""

import socket

import pytest

from ingress.ipc.address import parse_address
from ingress.ipc.messages import Protocol
from ingress.supervisor.binding import BindError, Binding


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_all_workers_listen_on_the_same_port(address: str) -> None:
    binding = Binding(Protocol.HTTP, address, 0, 3)
    assert {held.getsockname()[1] for held in binding.sockets} == {binding.port}
    assert len(binding.sockets) == 3
    binding.close()


def test_an_address_in_use_is_named_with_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            BindError, match=f"cannot listen on http 127.0.0.1:{port}: Address already in use"
        ):
            Binding(Protocol.HTTP, "127.0.0.1", port, 1)


def test_a_port_of_another_instance_is_not_shared_with_it() -> None:
    other = Binding(Protocol.HTTP, "127.0.0.1", 0, 1)
    with pytest.raises(BindError):
        Binding(Protocol.HTTP, "127.0.0.1", other.port, 1)
    other.close()


def test_both_families_can_be_given_on_one_port() -> None:
    first = Binding(Protocol.HTTP, "::", 0, 1)
    second = Binding(Protocol.HTTP, "0.0.0.0", first.port, 1)
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("text", "parsed"),
    [("0.0.0.0:80", ("0.0.0.0", 80)), ("[::]:8080", ("::", 8080)), ("[::1]:0", ("::1", 0))],
)
def test_an_address_is_read(text: str, parsed: tuple[str, int]) -> None:
    assert parse_address(text) == parsed


@pytest.mark.parametrize("text", ["", "80", "host:80", "::1:80", "1.2.3.4:65536", "1.2.3.4:", "1.2.3.4:-1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not|brackets"):
        parse_address(text)
