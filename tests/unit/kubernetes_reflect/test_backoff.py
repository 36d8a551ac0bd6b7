"""Waits grow with each failure, within bounds, and are forgotten in time."""

import pytest

from discovery.backoff import Backoff


@pytest.mark.parametrize("luck", [0.0, 0.5, 1.0])
def test_waits_double_from_the_first_to_the_longest(luck: float) -> None:
    backoff = Backoff((0.8, 30.0), 120.0, lambda: luck)
    waits = [backoff.failed(float(second)) / (1 + luck) for second in range(8)]
    assert waits == pytest.approx([0.8, 1.6, 3.2, 6.4, 12.8, 15.0, 15.0, 15.0])


def test_no_wait_is_longer_than_the_longest_whatever_the_dice() -> None:
    backoff = Backoff((0.8, 30.0), 120.0, lambda: 1.0)
    assert max(backoff.failed(0.0) for _ in range(20)) == 30.0


def test_after_two_healthy_minutes_waits_start_small_again() -> None:
    backoff = Backoff((0.8, 30.0), 120.0, lambda: 0.0)
    for _ in range(6):
        backoff.failed(0.0)
    assert backoff.failed(119.0) == 15.0
    assert backoff.failed(119.0 + 121.0) == 0.8
