"""Lines come out whole, wherever the stream was cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.kubernetes.lines import Lines, LineTooLongError

STREAM = b'{"a":1}\n\n{"b":"\xc3\xa4"}\r\n{"c":[]}\n'
WHOLE = [b'{"a":1}', b'{"b":"\xc3\xa4"}\r', b'{"c":[]}']


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_lines_are_the_same_wherever_the_stream_is_cut(cut: int) -> None:
    lines = Lines()
    assert [*lines.feed(STREAM[:cut]), *lines.feed(STREAM[cut:])] == WHOLE


@given(st.lists(st.binary(max_size=8)))
def test_pieces_of_any_size_give_the_lines_of_their_sum(pieces: list[bytes]) -> None:
    lines = Lines()
    got = [line for piece in pieces for line in lines.feed(piece)]
    *whole, _ = b"".join(pieces).split(b"\n")
    assert got == [line for line in whole if line.strip()]


def test_an_unfinished_line_is_not_given() -> None:
    assert Lines().feed(b'{"half":') == []


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    lines = Lines(limit=10)
    lines.feed(b"12345")
    with pytest.raises(LineTooLongError):
        lines.feed(b"678901")


def test_many_lines_in_one_piece_may_be_longer_than_the_limit_of_one() -> None:
    assert len(Lines(limit=10).feed(b"12345\n" * 10)) == 10
