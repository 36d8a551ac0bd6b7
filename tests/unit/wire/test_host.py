"""Hosts are read once for each way they are written, within bounds that the peer cannot stretch."""

import pytest

from ingress.wire.host import LONGEST, REMEMBERED, host_of
from ingress.wire.refusal import Refusal


@pytest.mark.parametrize(
    ("authority", "name"),
    [
        (b"www.example.com", b"www.example.com"),
        (b"WWW.Example.com.:8443", b"www.example.com"),
        (b"[2001:DB8::1]:80", b"[2001:db8::1]"),
        (b"", b""),
    ],
)
def test_a_host_is_the_same_however_often_it_is_asked_for(authority: bytes, name: bytes) -> None:
    assert [host_of(authority) for _ in range(3)] == [name] * 3


def test_what_is_no_host_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(Refusal):
            host_of(b"a b")


def test_a_flood_of_names_is_not_remembered_beyond_a_bound() -> None:
    """What is remembered is the same object each time; what is read anew is not."""
    first, long = b"First.example.com", b"A" * (LONGEST + 1)
    assert host_of(first) is host_of(first)
    assert host_of(long) is not host_of(long)
    before = host_of(first)
    for number in range(REMEMBERED + 10):
        assert host_of(b"www-%d.example.com" % number) == b"www-%d.example.com" % number
    assert host_of(first) is not before
