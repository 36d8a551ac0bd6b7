"""The rules of blocking queries."""

import pytest

from discovery.consul.query import BlockingQuery, Found
from discovery.consul.question import Answer, Head, Subject, Topic
from discovery.consul.timings import Timings

TOPIC = Topic(Subject.HEALTH, "web")


def make(mode: str = "stale", luck: float = 0.0, timings: Timings = Timings()) -> BlockingQuery:  # noqa: B008
    return BlockingQuery(TOPIC, mode, timings, lambda: luck)


def answer(index: int | None, **head: object) -> Answer:
    return Answer(Head(200, True, index, **head))  # type: ignore[arg-type]


def test_the_first_question_is_answered_at_once() -> None:
    question = make().next(0.0)
    assert (question.index, question.wait, question.mode) == (0, 0.0, "stale")


def test_the_next_question_waits_for_another_index() -> None:
    query = make()
    assert query.take(answer(42), 0.0) is Found.WHOLE
    question = query.next(0.0)
    assert (question.index, question.wait) == (42, 55.0)


def test_the_answer_may_take_what_consul_adds_to_the_wait() -> None:
    query = make()
    query.take(answer(42), 0.0)
    assert query.next(0.0).patience == pytest.approx(55.0 * 17 / 16 + 10.0)


def test_waits_differ_lest_all_end_at_once() -> None:
    query = make(luck=1.0)
    query.take(answer(42), 0.0)
    assert query.next(0.0).wait == pytest.approx(44.0)


def test_the_same_index_is_no_change() -> None:
    query = make()
    query.take(answer(42), 0.0)
    assert query.take(answer(42), 1.0) is Found.NOTHING


@pytest.mark.parametrize("index", [0, -5])
def test_an_index_that_is_none_is_taken_for_one(index: int) -> None:
    query = make()
    query.take(answer(index), 0.0)
    assert query.next(0.0).index == 1


def test_after_an_index_that_went_backwards_the_leader_is_asked_and_nothing_is_taken_for_gone() -> None:
    query = make()
    query.take(answer(42), 0.0)
    assert query.take(answer(7), 10.0) is Found.NOTHING
    question = query.next(10.0)
    assert (question.index, question.mode) == (0, "")
    assert query.take(answer(7), 10.0) is Found.PART
    question = query.next(10.0)
    assert (question.index, question.wait, question.mode) == (7, 55.0, "stale")


def test_a_server_that_is_behind_another_is_no_reason_for_doubt() -> None:
    query = make()
    query.take(answer(42), 0.0)
    query.take(answer(40), 10.0)
    assert query.take(answer(43), 10.0) is Found.WHOLE
    assert query.next(10.0).index == 43


@pytest.mark.parametrize("mode", ["", "consistent"])
def test_a_leader_that_has_gone_backwards_need_not_be_asked_twice(mode: str) -> None:
    query = make(mode)
    query.take(answer(42), 0.0)
    assert query.take(answer(7), 10.0) is Found.PART
    assert query.next(10.0).index == 0


def test_when_the_grace_is_over_all_is_asked_anew_and_believed() -> None:
    query = make()
    query.take(answer(42), 0.0)
    query.take(answer(7), 10.0)
    query.take(answer(7), 10.0)
    assert query.next(65.0).wait == pytest.approx(5.0)
    assert query.next(70.0).index == 0
    assert query.take(answer(7), 70.0) is Found.WHOLE


def test_an_index_that_went_backwards_during_an_outage_is_noticed() -> None:
    query = make()
    query.take(answer(42), 0.0)
    query.fail("connection refused", 1.0)
    assert query.next(2.0).index == 0
    assert query.take(answer(7), 2.0) is Found.NOTHING
    assert query.take(answer(7), 2.0) is Found.PART


def after_outage(topic: Topic, body: bytes) -> Found:
    query = BlockingQuery(topic, "stale", Timings(), lambda: 0.0)
    query.take(answer(42), 0.0)
    query.fail("connection refused", 1.0)
    return query.take(Answer(Head(200, True, 43), body), 2.0)


def test_an_instance_that_is_missing_after_an_outage_is_gone() -> None:
    assert after_outage(TOPIC, b"[{}]") is Found.WHOLE


def test_after_an_outage_no_service_is_taken_for_gone_at_once() -> None:
    assert after_outage(TOPIC, b"[]\n") is Found.PART
    assert after_outage(Topic(Subject.SERVICES), b'{"consul":[]}') is Found.PART


def test_what_an_earlier_life_knew_is_not_taken_for_gone_at_once() -> None:
    query = BlockingQuery(Topic(Subject.SERVICES), "stale", Timings(), lambda: 0.0, doubtful=True)
    assert query.take(Answer(Head(200, True, 43), b"{}"), 2.0) is Found.PART
    assert query.take(Answer(Head(200, True, 44), b"{}"), 62.0) is Found.PART
    assert query.next(63.0).index == 0
    assert query.take(Answer(Head(200, True, 44), b"{}"), 63.0) is Found.WHOLE


def test_the_agents_cache_is_used_for_what_it_has_and_not_when_it_is_cut_off() -> None:
    query = make("cached")
    assert query.next(0.0).mode == "cached"
    assert BlockingQuery(Topic(Subject.SERVICES), "cached", Timings(), lambda: 0.0).next(0.0).mode == "stale"
    query.take(answer(42), 0.0)
    assert query.take(answer(43, age=11.0), 1.0) is Found.FAILURE
    assert "cut off" in query.trouble
    assert query.next(1.0).mode == ""


def test_an_outage_before_the_first_answer_is_no_reason_for_doubt() -> None:
    query = make()
    query.fail("connection refused", 1.0)
    assert query.take(answer(43), 2.0) is Found.WHOLE


def test_a_filtered_answer_is_never_whole_and_says_so() -> None:
    query = make()
    assert query.take(answer(42, filtered=True), 0.0) is Found.PART
    assert "filtered" in query.trouble
    assert query.answered
    assert not query.whole
    assert query.take(answer(43), 0.0) is Found.WHOLE
    assert query.trouble == ""


@pytest.mark.parametrize("head", [{"last_contact": 11.0}, {"known_leader": False}])
def test_an_answer_of_a_server_that_is_behind_is_not_taken_and_the_leader_is_asked(
    head: dict[str, object],
) -> None:
    query = make()
    query.take(answer(42), 0.0)
    assert query.take(answer(43, **head), 1.0) is Found.FAILURE
    assert query.trouble
    question = query.next(1.0)
    assert (question.index, question.mode) == (0, "")
    assert query.take(Answer(Head(200, True, 44), b"[{}]"), 1.0) is Found.WHOLE
    assert query.next(1.0).mode == "stale"


def test_a_server_without_leader_is_not_asked_in_a_hurry() -> None:
    query = make()
    query.take(answer(43, known_leader=False), 1.0)
    assert query.pause(1.0) == 0.0
    query.take(answer(43, known_leader=False), 1.0)
    assert query.pause(1.0) > 0.0


@pytest.mark.parametrize("head", [Head(200, False, 42), Head(200, True, None)])
def test_what_is_not_consuls_is_no_answer(head: Head) -> None:
    query = make()
    assert query.take(Answer(head, b"<html>"), 0.0) is Found.FAILURE
    assert "Consul" in query.trouble


def test_a_refusal_says_why_in_one_line() -> None:
    query = make()
    query.take(Answer(Head(403), b"Permission denied:\n token lacks x"), 0.0)
    assert query.trouble == "403: Permission denied: token lacks x"
    query.take(Answer(Head(502), b"<html>Bad gateway</html>"), 0.0)
    assert query.trouble == "502"


def test_retry_after_is_honoured_within_bounds() -> None:
    query = make()
    query.take(Answer(Head(429, retry_after=7.0)), 0.0)
    assert query.pause(0.0) == 7.0
    query.take(Answer(Head(429, retry_after=1e9)), 0.0)
    assert query.pause(0.0) == 60.0


def test_waits_after_failures_grow_up_to_a_bound() -> None:
    query = make()
    waits = []
    for second in range(10):
        query.fail("no", float(second))
        waits.append(query.pause(float(second) * 100.0))
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(0.2)
    assert waits[-1] == pytest.approx(7.5)


def test_news_come_fast_and_what_is_no_news_slowly() -> None:
    query = make()
    now, news, noise = 0.0, [], []
    for index in range(30):
        query.take(answer(100 + index), now)
        query.note(news=True)
        news.append(query.pause(now))
        now += news[-1]
    for index in range(30):
        query.take(answer(200 + index), now)
        query.note(news=False)
        noise.append(query.pause(now))
        now += noise[-1]
    assert news[:5] == [0.0] * 5
    assert max(news) == pytest.approx(0.2)
    assert noise[-1] == pytest.approx(5.0)
    query.note(news=True)
    assert query.pause(now) <= 0.2


def test_where_instances_change_all_the_time_names_are_asked_for_once_a_second_and_one_by_one_at_once() -> (
    None
):
    query = BlockingQuery(Topic(Subject.SERVICES), "stale", Timings(), lambda: 0.0)
    now, pauses = 0.0, []
    for index in range(60):
        query.take(answer(100 + index), now)
        query.note(news=False)
        pauses.append(query.pause(now))
        now += max(pauses[-1], 0.1)
    assert pauses[:5] == [0.0] * 5
    assert pauses[-1] == pytest.approx(1.0)
    query.take(answer(300), now + 10.0)
    query.note(news=True)
    assert query.pause(now + 10.0) == 0.0
