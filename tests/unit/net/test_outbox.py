"""What a turn of the loop has to say goes out at its end, in order, and never after an end."""

from ingress.net.outbox import BULK, Outbox


class Turn:
    """Of which only the end matters."""

    def __init__(self) -> None:
        self.box = Outbox(self.begin)
        self.begun = 0

    def begin(self) -> None:
        self.begun += 1

    def end(self) -> None:
        self.box.flush()


def outbox() -> tuple[Turn, Outbox, list[bytes]]:
    turn = Turn()
    return turn, turn.box, []


def test_what_is_put_goes_out_in_order_at_the_end_of_the_turn_and_once() -> None:
    turn, box, sent = outbox()
    box.put(sent.append, b"1")
    box.put(sent.append, b"2")
    assert sent == []
    turn.end()
    turn.end()
    assert sent == [b"1", b"2"]


def test_every_turn_has_an_end_of_its_own() -> None:
    turn, box, sent = outbox()
    box.put(sent.append, b"1")
    turn.end()
    box.put(sent.append, b"2")
    assert turn.begun == 2
    turn.end()
    assert sent == [b"1", b"2"]


def test_bulk_goes_out_at_once_behind_what_waits() -> None:
    _, box, sent = outbox()
    box.put(sent.append, b"head")
    box.put(sent.append, b"x" * (BULK + 1))
    assert sent == [b"head", b"x" * (BULK + 1)]


def test_what_is_put_while_it_empties_goes_out_too() -> None:
    turn, box, sent = outbox()
    box.put(lambda _: box.put(sent.append, b"2"), b"1")
    turn.end()
    assert sent == [b"2"]


def test_a_connection_that_has_ended_keeps_nothing_from_the_others() -> None:
    turn, box, sent = outbox()

    def ended(data: bytes) -> None:
        raise RuntimeError("the handler is closed")

    box.put(ended, b"1")
    box.put(sent.append, b"2")
    turn.end()
    assert sent == [b"2"]


def test_what_is_written_last_is_written_by_the_end() -> None:
    turn, box, sent = outbox()
    ended: list[bytes] = []
    write = sent.append
    box.put(write, b"head")
    box.put(write, b"body")
    box.end(write, ended.append)
    turn.end()
    assert (sent, ended) == ([b"head"], [b"body"])
    box.end(write, ended.append)
    turn.end()
    assert (sent, ended) == ([b"head"], [b"body", b""])


def test_an_end_takes_nothing_of_another_connection() -> None:
    turn, box, sent = outbox()
    others: list[bytes] = []
    box.put(sent.append, b"1")
    box.put(others.append, b"2")
    box.end(sent.append, lambda last: sent.append(b"end %b" % last))
    turn.end()
    assert (sent, others) == ([b"1", b"end "], [b"2"])
