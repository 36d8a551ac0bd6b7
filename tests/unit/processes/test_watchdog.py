"""Who does not move is hung; who could not be looked at is not."""

from itertools import count

from ingress.supervisor.watchdog import START, Watchdog

PID = 4711


def looks(dog: Watchdog, beats: list[int], began: float = 100.0, step: float = 3.0) -> list[list[int]]:
    """What each look finds, one every step."""
    return [dog.look(began + step * number, {PID: beat}) for number, beat in enumerate(beats)]


def test_a_process_that_moves_never_hangs() -> None:
    assert looks(Watchdog(15.0), list(range(100))) == [[]] * 100


def test_a_process_that_stands_still_is_found_when_patience_is_over() -> None:
    found = looks(Watchdog(15.0), [1, 2, *[3] * 7])
    assert found == [[]] * 8 + [[PID]]


def test_one_that_has_never_moved_is_given_time_to_start() -> None:
    found = looks(Watchdog(15.0), [7] * 40)
    assert found.index([PID]) == START / 3 + 1


def test_a_successor_is_not_judged_by_its_predecessors_heartbeat() -> None:
    dog = Watchdog(15.0)
    looks(dog, [1, 2, 3, 3, 3, 3, 3])
    assert dog.look(130.0, {PID + 1: 3}) == []
    assert dog.look(133.0, {PID + 1: 3}) == []


def test_time_in_which_nobody_looked_does_not_count() -> None:
    dog = Watchdog(15.0)
    looks(dog, [1, 2])
    assert dog.look(100_000.0, {PID: 2}) == []
    assert dog.look(100_003.0, {PID: 3}) == []


def test_it_says_when_it_wants_to_look_again() -> None:
    dog = Watchdog(15.0)
    dog.look(100.0, {})
    assert dog.due == 103.0
    assert Watchdog(0.0).due == float("inf")


def test_a_short_patience_looks_more_often() -> None:
    dog = Watchdog(1.0)
    times = count(100)
    assert not any(dog.look(next(times) * 0.2, {PID: beat}) for beat in (1, 2, 2, 2, 2, 2, 2))
    assert dog.look(next(times) * 0.2, {PID: 2}) == [PID]
