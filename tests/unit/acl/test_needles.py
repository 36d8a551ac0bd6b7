"""A needle is looked for by the byte of it that is least common, and found wherever it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingress.acl.needle import Needle

few = st.text("ay-", max_size=30).map(str.encode)


@pytest.mark.parametrize(
    ("text", "byte"),
    [(b"yes", b"y"), (b"test-", b"-"), (b"debug=", b"g"), (b"a\xc3\xa9", b"\xc3")],
)
def test_the_byte_is_of_the_text_and_no_commoner_than_the_others(text: bytes, byte: bytes) -> None:
    needle = Needle(text)
    assert (needle.byte, needle.text) == (byte[0], text)


@given(few.filter(bool), few, few)
def test_a_needle_is_within_a_text_that_holds_it(text: bytes, before: bytes, behind: bytes) -> None:
    assert Needle(text).within(before + text + behind)
    assert Needle(text).within(before + behind) is (text in before + behind)


@pytest.mark.parametrize("count", range(30))
def test_a_needle_is_told_from_what_only_has_its_byte(count: int) -> None:
    assert not Needle(b"aya").within(b"y" * count + b"ay")
    assert Needle(b"aya").within(b"y" * count + b"aya")
