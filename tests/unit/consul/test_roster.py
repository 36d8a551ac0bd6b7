"""What is gone, and what only an answer has left out."""

from discovery.consul.roster import Roster


def test_what_a_whole_answer_misses_is_gone() -> None:
    roster: Roster[str, int] = Roster()
    assert roster.take({"a": 1, "b": 2}, whole=True)
    assert roster.take({"b": 2}, whole=True)
    assert roster.members == {"b": 2}


def test_what_a_part_misses_is_kept_and_what_it_has_is_new() -> None:
    roster: Roster[str, int] = Roster()
    roster.take({"a": 1, "b": 2}, whole=True)
    assert roster.take({"b": 3, "c": 4}, whole=False)
    assert roster.members == {"a": 1, "b": 3, "c": 4}
    assert roster.kept == {"a"}
    roster.take({"b": 3, "c": 4}, whole=True)
    assert (roster.members, roster.kept) == ({"b": 3, "c": 4}, frozenset())


def test_an_equal_answer_is_no_change() -> None:
    roster: Roster[str, int] = Roster()
    roster.take({"a": 1, "b": 2}, whole=True)
    assert not roster.take({"b": 2, "a": 1}, whole=True)
    assert not roster.take({}, whole=False)


def test_what_was_kept_can_be_forgotten() -> None:
    roster: Roster[str, int] = Roster()
    roster.take({"a": 1}, whole=True)
    roster.take({}, whole=False)
    assert roster.forget("a")
    assert not roster.forget("a")
    assert (roster.members, roster.kept) == ({}, frozenset())
