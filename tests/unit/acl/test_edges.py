"""Texts that begin or end with one of many are told from all others."""

from hypothesis import given
from hypothesis import strategies as st

from ingress.acl.edges import Edges

words = st.text("ab", min_size=1, max_size=12).map(str.encode)


@given(st.lists(words, max_size=4), st.lists(words, max_size=4), st.text("ab", max_size=14).map(str.encode))
def test_a_text_has_an_edge_if_it_begins_or_ends_with_one(
    beginnings: list[bytes], endings: list[bytes], text: bytes
) -> None:
    wanted = any(map(text.startswith, beginnings)) or any(map(text.endswith, endings))
    assert Edges(beginnings, endings).of(text) is wanted


@given(words, words)
def test_what_an_edge_is_part_of_is_found(edge: bytes, rest: bytes) -> None:
    assert Edges([edge], []).of(edge + rest)
    assert Edges([], [edge]).of(rest + edge)
