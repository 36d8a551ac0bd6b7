"""Keys of session tickets are followed by others in time, and the one before still opens tickets."""

from ingress.model.tickets import KEY
from ingress.supervisor.tickets import NEVER, Tickets


class Dice:
    """Another byte each time, as often as it is asked for."""

    def __init__(self) -> None:
        self.thrown = 0

    def __call__(self, count: int) -> bytes:
        self.thrown += 1
        return bytes([self.thrown]) * count


def test_the_key_before_is_kept_for_one_more_turn() -> None:
    time = [0.0]
    tickets = Tickets(10.0, lambda: time[0], Dice())
    seen = []
    for moment in (0.0, 9.9, 10.0, 20.0):
        time[0] = moment
        seen.append(
            (tickets.rotate(), tickets.keys and (tickets.keys.current[:1], tickets.keys.previous[:1]))
        )
    assert seen == [
        (False, (b"\x01", b"")),
        (False, (b"\x01", b"")),
        (True, (b"\x02", b"\x01")),
        (True, (b"\x03", b"\x02")),
    ]
    assert tickets.keys is not None
    assert len(tickets.keys.current) == KEY


def test_there_need_not_be_tickets() -> None:
    tickets = Tickets(0.0, lambda: 5.0, Dice())
    assert (tickets.keys, tickets.due, tickets.rotate()) == (None, NEVER, False)


def test_no_key_is_shown_in_a_log() -> None:
    tickets = Tickets(1.0, lambda: 0.0, Dice())
    assert repr(tickets.keys) == "TicketKeys(...)"
