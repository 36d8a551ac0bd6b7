"""Who starts Headgate hears what too few open files mean, and only then."""

import pytest

from ingress.cli.supervisor_process import narrowness
from ingress.net.room import PIPES, RESERVE, Room


@pytest.mark.parametrize("descriptors", [40_000 + RESERVE + 2 * PIPES, 1_048_576])
def test_room_for_all_clients_is_not_worth_a_word(descriptors: int) -> None:
    assert narrowness(descriptors, 20_000) == ""


def test_too_few_descriptors_say_how_many_clients_a_worker_takes() -> None:
    clients = Room.of(4096, 20_000).clients
    assert narrowness(4096, 20_000).startswith(f"a worker takes at most {clients} clients, not 20000: ")


def test_every_client_that_is_taken_may_have_a_server() -> None:
    room = Room.of(4096, 20_000)
    assert room.clients + room.upstreams + 2 * room.pipes <= 4096 - RESERVE


def test_upstreams_have_their_share_however_few_clients_are_wanted() -> None:
    assert Room.of(4096, 10).upstreams == Room.of(4096, 20_000).upstreams
