"""Names are remembered as they are spelled, within bounds that the peer cannot stretch."""

import pytest

from ingress.wire.grammar import is_token
from ingress.wire.names import LONGEST, REMEMBERED, Names
from ingress.wire.refusal import Refusal


def names() -> Names:
    return Names({b"known": "meaning"}.get, (b"known", b"x-common"))


def test_a_name_means_the_same_in_any_case_and_however_often_it_comes() -> None:
    made = names()
    for _ in range(2):
        assert made.learn(b"kNoWn") == made.spelled[b"kNoWn"] == "meaning"
        assert made.learn(b"unknown") is made.spelled[b"unknown"] is None


def test_common_names_are_known_from_the_start() -> None:
    assert names().spelled == {b"known": "meaning", b"Known": "meaning", b"x-common": None, b"X-Common": None}


def test_no_more_is_remembered_than_the_bounds_allow() -> None:
    made = names()
    made.learn(b"x" * (LONGEST + 1))
    assert len(made.spelled) == 4
    for number in range(REMEMBERED * 2):
        made.learn(b"x-%d" % number)
    assert len(made.spelled) == REMEMBERED
    assert made.learn(b"KNOWN") == "meaning"
    assert b"KNOWN" not in made.spelled


def test_a_word_that_is_no_name_is_refused_and_not_remembered() -> None:
    made = names()
    for word in (b"", b"a b", b"a:", b"\xff", b"a\t"):
        with pytest.raises(Refusal):
            made.learn(word)
        assert word not in made.spelled


def test_no_byte_but_those_of_a_token_makes_a_token() -> None:
    allowed = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    assert bytes(byte for byte in range(256) if is_token(bytes((byte,)))) == bytes(sorted(allowed))
    assert not is_token(b"G\x00T")


def test_a_name_may_mean_something_else_later_however_it_was_spelled_before() -> None:
    made = names()
    for spelling in (b"X-Common", b"x-cOMMON"):
        made.learn(spelling)
    assert made.read(b"X-Common: a") is None
    made.mean(b"x-common", "else")
    assert made.read(b"X-Common: a") == ("else", b"X-Common: a", b"a")
    assert made.learn(b"x-cOMMON") == made.spelled[b"x-cOMMON"] == made.learn(b"X-COMMON") == "else"
    assert made.learn(b"known") == "meaning"
