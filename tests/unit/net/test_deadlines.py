"""A time limit that is reached is told, and one that is taken back is not."""

import asyncio
from collections.abc import Callable

from ingress.net.deadlines import Deadlines


class Timer:
    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at = at
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """A loop of which only the timers matter."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[Timer] = []
        self.deadlines = Deadlines(self, lambda: self.now)  # type: ignore[arg-type]

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now + seconds, call))
        return self.timers[-1]

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        due = [timer for timer in self.timers if timer.at <= self.now and not timer.cancelled]
        self.timers = [timer for timer in self.timers if timer not in due]
        for timer in due:
            timer.call()


class Waiting:
    def __init__(self) -> None:
        self.over = 0

    def expired(self) -> None:
        self.over += 1


def test_each_is_told_once_in_its_own_time() -> None:
    clock, first, second = Clock(), Waiting(), Waiting()
    clock.deadlines.add(first, 5)
    clock.deadlines.add(second, 2)
    clock.pass_by(1.9)
    assert (first.over, second.over) == (0, 0)
    clock.pass_by(0.2)
    assert (first.over, second.over) == (0, 1)
    clock.pass_by(3)
    clock.pass_by(100)
    assert (first.over, second.over) == (1, 1)


def test_what_is_taken_back_is_not_told() -> None:
    clock, waiting = Clock(), Waiting()
    clock.deadlines.add(waiting, 1)
    clock.deadlines.discard(waiting)
    clock.pass_by(2)
    assert waiting.over == 0


def test_many_that_are_soon_over_need_one_timer() -> None:
    clock = Clock()
    for _ in range(100):
        waiting = Waiting()
        clock.deadlines.add(waiting, 5)
        clock.deadlines.discard(waiting)
        clock.pass_by(0.01)
    assert len(clock.timers) == 1
    clock.pass_by(10)
    assert clock.timers == []


def test_one_may_take_another_back_that_is_due_too() -> None:
    clock, second = Clock(), Waiting()

    class First(Waiting):
        def expired(self) -> None:
            clock.deadlines.discard(second)

    clock.deadlines.add(First(), 1)
    clock.deadlines.add(second, 1)
    clock.pass_by(2)
    assert second.over == 0


async def test_it_works_with_a_real_loop() -> None:
    loop = asyncio.get_running_loop()
    told = loop.create_future()

    class Once:
        def expired(self) -> None:
            told.set_result(None)

    Deadlines(loop, loop.time).add(Once(), 0.005)
    await told
