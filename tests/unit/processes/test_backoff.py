"""How long to wait before something is started again."""

from ingress.backoff import Backoff


def test_the_first_restart_is_at_once_and_each_later_one_waits_twice_as_long() -> None:
    backoff = Backoff(first=0.05, longest=0.3, good=10)
    assert [backoff.after(1.0) for _ in range(6)] == [0.0, 0.05, 0.1, 0.2, 0.3, 0.3]


def test_a_good_life_makes_up_for_the_short_ones() -> None:
    backoff = Backoff(first=0.05, longest=5.0, good=10)
    for _ in range(5):
        backoff.after(0.0)
    assert backoff.after(10.0) == 0.0
    assert backoff.after(0.0) == 0.05
