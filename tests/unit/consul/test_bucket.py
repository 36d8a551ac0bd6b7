"""The pace of a loop."""

import pytest

from discovery.consul.bucket import Bucket


def test_a_burst_is_free_and_then_each_token_takes_its_time() -> None:
    bucket = Bucket(3, (1.0, 8.0))
    assert [bucket.take(0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    now = 0.0
    for _ in range(5):
        wait = bucket.take(now)
        assert wait == pytest.approx(1.0)
        now += wait


def test_tokens_come_back_with_time_and_no_more_than_the_burst() -> None:
    bucket = Bucket(2, (1.0, 8.0))
    for _ in range(2):
        bucket.take(0.0)
    assert [bucket.take(1000.0) for _ in range(3)] == [0.0, 0.0, 1.0]


def test_useless_requests_become_rare_and_useful_ones_frequent_again() -> None:
    bucket = Bucket(1, (1.0, 8.0))
    now, waits = 0.0, []
    for _ in range(8):
        bucket.note(news=False)
        waits.append(bucket.take(now))
        now += waits[-1]
    assert waits[-1] == pytest.approx(8.0)
    bucket.note(news=True)
    assert bucket.take(now) <= 1.0


def test_a_rare_useless_request_is_no_reason_to_slow_down() -> None:
    bucket = Bucket(3, (1.0, 8.0))
    for minute in range(50):
        bucket.note(news=False)
        assert bucket.take(minute * 60.0) == 0.0
