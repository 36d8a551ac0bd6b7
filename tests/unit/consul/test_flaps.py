"""Instances that fail again and again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from discovery.consul.checks import Health
from discovery.consul.flaps import Damped, Damping, Flaps
from discovery.consul.instance import Instance
from tests.unit.consul.conftest import Book, instance

WELL = replace(instance(), weight=10)
ILL = replace(WELL, weight=0, health=Health.CRITICAL)
MAINTAINED = replace(WELL, weight=0, health=Health.MAINTENANCE)


class Story:
    """What one instance goes through."""

    def __init__(self, damping: Damping = Damping()) -> None:  # noqa: B008
        self.flaps = Flaps(damping)
        self.now = 1000.0

    def show(self, *instances: Instance, after: float = 1.0) -> Damped:
        self.now += after
        return self.flaps.damp({each.key: each for each in instances}, self.now)

    def weight(self, each: Instance, after: float = 1.0) -> int:
        return self.show(each, after=after).instances[each.key].weight

    def flap(self, times: int) -> None:
        self.show(WELL)
        for _ in range(times):
            self.show(ILL)
            self.show(WELL)


def test_a_few_failures_are_followed_by_no_wait() -> None:
    story = Story()
    for _ in range(3):
        assert story.weight(WELL) == 10
        assert story.weight(ILL) == 0
    assert story.weight(WELL) == 10


def test_who_gets_requests_while_its_checks_fail_is_not_held_back_when_they_pass() -> None:
    story = Story()
    for _ in range(6):
        assert story.weight(replace(ILL, weight=2)) == 2
        assert story.weight(WELL) == 10


def test_waits_double_up_to_a_bound() -> None:
    waits = []
    for times in range(3, 9):
        story = Story()
        story.flap(times)
        damped = story.show(WELL, after=0.0)
        waits.append(damped.again - story.now if damped.again else 0.0)
    assert waits == [0.0, 5.0, 10.0, 20.0, 30.0, 30.0]


def test_who_is_held_back_is_let_in_in_time_and_says_why_it_is_not() -> None:
    story = Story()
    story.flap(4)
    held = story.show(WELL, after=0.0).instances[WELL.key]
    assert (held.weight, held.held) == (0, 10)
    assert held.reason == "flaps: it has failed 4 times; held back until it has been well for 5 s"
    assert story.weight(WELL, after=4.9) == 0
    assert story.weight(WELL, after=0.1) == 10


def test_a_failure_is_never_held_back() -> None:
    story = Story()
    story.flap(9)
    assert story.weight(WELL, after=40.0) == 10
    assert story.weight(ILL, after=0.0) == 0


def test_failures_are_forgotten_after_a_while_of_calm() -> None:
    story = Story()
    story.flap(9)
    assert story.weight(WELL, after=130.0) == 10
    assert story.weight(ILL) == 0
    assert story.weight(WELL) == 10


def test_leaving_and_coming_back_is_no_way_around() -> None:
    story = Story()
    story.flap(4)
    story.show()
    assert story.weight(WELL) == 0


def test_maintenance_is_no_failure() -> None:
    story = Story()
    for _ in range(10):
        assert story.weight(WELL) == 10
        assert story.weight(MAINTAINED) == 0


def test_it_can_be_turned_off() -> None:
    story = Story(Damping(longest=0.0))
    story.flap(20)
    assert story.weight(WELL) == 10


def test_who_is_gone_for_long_takes_no_memory() -> None:
    story = Story()
    for number in range(100):
        each = replace(ILL, key=ILL.key._replace(id=f"i{number}"))
        story.show(each)
    story.show(after=200.0)
    assert story.flaps._pasts == {}


@given(st.lists(st.tuples(st.sampled_from([WELL, ILL, MAINTAINED]), st.floats(0.1, 50.0)), max_size=60))
def test_no_wait_is_longer_than_its_bound(steps: list[tuple[Instance, float]]) -> None:
    story = Story()
    for each, after in steps:
        damped = story.show(each, after=after)
        assert damped.again <= story.now + 30.0
    story.show(WELL)
    assert story.weight(WELL, after=30.0) == 10


def test_one_that_may_fail_is_better_than_none(book: Book) -> None:
    flapping = replace(instance("web-1"), weight=0, held=3, reason="flaps: it has failed 4 times")
    book.put("web", flapping, instance("web-2", at="10.0.0.2"))
    assert book.servers == {"consul:web": ["10.0.0.1:80 x3 in tier 1", "10.0.0.2:80 x1"]}
    book.put("web", flapping)
    assert book.servers == {"consul:web": ["10.0.0.1:80 x3 in tier 1"]}


@pytest.mark.parametrize("others", [(), ("web-2",)])
def test_who_flaps_is_seen(book: Book, others: tuple[str, ...]) -> None:
    flapping = replace(instance("web-1"), weight=0, held=1, reason="flaps: it has failed 4 times")
    book.put("web", flapping, *map(instance, others))
    [problem] = book.problems
    assert "web-1 on node n1 flaps: it has failed 4 times" in problem
