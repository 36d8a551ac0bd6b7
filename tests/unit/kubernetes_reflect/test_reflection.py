"""The machine itself: what is asked next after each answer, and how long after it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from discovery.kubernetes.events import GarbageError, Key, RefusedError
from discovery.kubernetes.mirror import Mirror
from discovery.kubernetes.objects import KINDS, KubernetesObject
from discovery.kubernetes.reflection import Features, Reflection
from discovery.kubernetes.refusal import Refusal
from discovery.kubernetes.timings import Timings

DAY = 86400.0


class Told:
    """What the machine has handed on."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.unreadable_names: set[str] = set()

    def put(self, kind: str, obj: KubernetesObject) -> None:
        self.names.add(obj.metadata.name)

    def drop(self, kind: str, namespace: str, name: str) -> None:
        self.names.discard(name)

    def unreadable(self, kind: str, key: Key, reason: str) -> None:
        self.unreadable_names.add(key[1])

    def readable(self, kind: str, key: Key) -> None:
        self.unreadable_names.discard(key[1])


class Driven:
    """A machine, with short words for what happens to it."""

    def __init__(self) -> None:
        self.told = Told()
        mirror = Mirror("ingresses", self.told)
        self.machine = Reflection(KINDS["ingresses"], mirror, Features(), Timings(), lambda: 0.0)

    def say(self, now: float, *events: tuple[str, str, str]) -> None:
        """Open the answer to the next request, and stream events: verb, name and version of each."""
        self.machine.query()
        self.machine.opened(now)
        self.go_on(now, *events)

    def go_on(self, now: float, *events: tuple[str, str, str]) -> None:
        for event in events:
            for _ in self.machine.feed(line(*event), now):
                pass

    def asks(self) -> str:
        query = self.machine.query()
        if "sendInitialEvents" in query:
            return "stream"
        return f"watch {query['resourceVersion']}" if "watch" in query else "list"


def line(verb: str, name: str, version: str) -> bytes:
    meta: dict[str, Any] = {"name": name, "resourceVersion": version}
    if verb == "END":
        verb, meta["annotations"] = "BOOKMARK", {"k8s.io/initial-events-end": "true"}
    return json.dumps({"type": verb, "object": {"metadata": meta}}).encode() + b"\n"


END = ("END", "", "50")


@pytest.fixture
def driven() -> Driven:
    """At its start."""
    return Driven()


@pytest.fixture
def watching() -> Driven:
    """Has one object, and watches from version 50 on."""
    driven = Driven()
    driven.say(0.0, ("ADDED", "web", "900"), END)
    return driven


def test_it_starts_with_a_stream_of_what_is_there(driven: Driven) -> None:
    query = driven.machine.query()
    assert query["sendInitialEvents"] == query["allowWatchBookmarks"] == "true"
    assert query["resourceVersionMatch"] == "NotOlderThan"
    assert "resourceVersion" not in query


@pytest.mark.parametrize(("luck", "seconds"), [(0.0, "300"), (0.5, "450"), (1.0, "600")])
def test_a_watch_is_asked_to_end_at_a_time_of_its_own(luck: float, seconds: str) -> None:
    mirror = Mirror("ingresses", Told())
    machine = Reflection(KINDS["ingresses"], mirror, Features(), Timings(), lambda: luck)
    assert machine.query()["timeoutSeconds"] == seconds


def test_nothing_is_handed_on_before_the_initial_events_are_complete(driven: Driven) -> None:
    driven.say(0.0, ("ADDED", "a", "900"), ("ADDED", "b", "12"))
    assert driven.told.names == set()
    assert not driven.machine.synced
    driven.go_on(0.0, END)
    assert driven.told.names == {"a", "b"}
    assert driven.machine.synced
    assert driven.asks() == "watch 50"


def test_what_came_and_went_among_the_initial_events_is_never_handed_on(driven: Driven) -> None:
    driven.say(0.0, ("ADDED", "a", "1"), ("DELETED", "a", "2"), END)
    assert driven.told.names == set()


@pytest.mark.parametrize(
    ("event", "version"),
    [
        (("ADDED", "x", "51"), "51"),
        (("MODIFIED", "web", "52"), "52"),
        (("DELETED", "web", "53"), "53"),
        (("BOOKMARK", "", "54"), "54"),
        (("BOOKMARK", "", ""), "50"),
    ],
)
def test_each_live_event_moves_the_position(
    watching: Driven, event: tuple[str, str, str], version: str
) -> None:
    watching.go_on(1.0, event)
    assert watching.machine.over(DAY, "ended") == 0.0
    assert watching.asks() == f"watch {version}"


@pytest.mark.parametrize(
    ("lived", "wait"), [(0.5, 0.8), (1.5, 0.0)], ids=["at once, so it is a failure", "in its time"]
)
def test_after_a_watch_that_ended(watching: Driven, lived: float, wait: float) -> None:
    assert watching.machine.over(lived, "ended") == wait
    assert watching.asks() == "watch 50"


# Status, the wait, and what is asked then, for a watch that had gone well for a day.
ANSWERS_TO_A_WATCH = [
    (Refusal(410), 0.0, "stream"),
    (Refusal(410, in_stream=True), 0.0, "stream"),
    (Refusal(400), 0.8, "stream"),
    (Refusal(401), 0.0, "watch 50"),
    (Refusal(403), 30.0, "stream"),
    (Refusal(404), 30.0, "stream"),
    (Refusal(429), 0.8, "watch 50"),
    (Refusal(429, retry_after=7.0), 7.0, "watch 50"),
    (Refusal(429, retry_after=9e9), 120.0, "watch 50"),
    (Refusal(429, in_stream=True), 0.8, "watch 50"),
    (Refusal(500), 0.8, "watch 50"),
    (Refusal(500, in_stream=True), 0.8, "stream"),
    (Refusal(503, retry_after=5.0), 5.0, "watch 50"),
    (Refusal(504, "Timeout: Too large resource version: 99, current: 5"), 0.8, "stream"),
    (Refusal(302), 0.8, "watch 50"),
]


@pytest.mark.parametrize(("refusal", "wait", "asks"), ANSWERS_TO_A_WATCH, ids=str)
def test_what_a_refusal_of_a_watch_leads_to(
    watching: Driven, refusal: Refusal, wait: float, asks: str
) -> None:
    watching.machine.query()
    assert watching.machine.refuse(refusal, DAY) == wait
    assert watching.asks() == asks
    assert watching.told.names == {"web"}


@pytest.mark.parametrize("code", [400, 422])
def test_a_stream_that_is_refused_as_invalid_is_replaced_by_a_list_for_all_kinds(code: int) -> None:
    features, told = Features(), Told()
    machines = [
        Reflection(KINDS[kind], Mirror(kind, told), features, Timings(), lambda: 0.0)
        for kind in ("ingresses", "services")
    ]
    machines[0].query()
    assert machines[0].refuse(Refusal(code), 0.0) == 0.0
    assert "limit" in machines[0].query()
    assert not features.streams


def test_a_stream_that_is_forbidden_is_tried_as_a_list_before_it_is_given_up(driven: Driven) -> None:
    driven.machine.query()
    assert driven.machine.refuse(Refusal(403, "no"), 0.0) == 0.0
    assert driven.asks() == "list"
    assert driven.machine.refuse(Refusal(403, "no"), 0.0) == 30.0
    assert driven.machine.refused
    assert driven.asks() == "stream"


def test_initial_events_that_do_not_end_in_time_are_given_up_for_a_list(driven: Driven) -> None:
    driven.say(0.0, ("ADDED", "a", "1"))
    assert driven.machine.patience(20.0) == 40.0
    assert driven.machine.silent(60.0, "silent") == 0.0
    assert driven.asks() == "list"
    assert driven.told.names == set()


def test_a_watch_that_has_gone_silent_is_trouble_until_the_next_one_is_answered(watching: Driven) -> None:
    assert watching.machine.patience(10.0) == 150.0
    assert watching.machine.silent(160.0, "silent") == 0.0
    assert watching.machine.trouble == "silent"
    assert watching.asks() == "watch 50"
    watching.machine.opened(161.0)
    assert watching.machine.trouble == ""


def test_a_stream_that_breaks_before_its_end_leaves_nothing_behind(driven: Driven) -> None:
    driven.say(0.0, ("ADDED", "a", "1"))
    assert driven.machine.over(5.0, "broke") > 0.0
    driven.say(10.0, ("ADDED", "b", "2"), END)
    assert driven.told.names == {"b"}


def test_a_version_that_expires_as_soon_as_it_is_given_is_waited_for(watching: Driven) -> None:
    waits = []
    for now in range(0, 40, 10):
        watching.machine.query()
        waits.append(watching.machine.refuse(Refusal(410), float(now + 100)))
    assert waits[0] == 0.0
    assert waits[1:] == [0.8, 1.6, 3.2]


def test_garbage_twice_at_one_place_leads_to_a_relist(watching: Driven) -> None:
    assert watching.machine.garbled(1.0, "garbage") > 0.0
    assert watching.asks() == "watch 50"
    watching.machine.garbled(2.0, "garbage")
    assert watching.asks() == "stream"
    assert watching.told.names == {"web"}


def test_a_list_goes_on_after_a_refusal_at_the_page_that_failed(driven: Driven) -> None:
    driven.machine.query()
    driven.machine.refuse(Refusal(422), 0.0)
    page = {"metadata": {"resourceVersion": "5", "continue": "two"}, "items": [{"metadata": {"name": "a"}}]}
    feed_page(driven, page)
    driven.machine.refuse(Refusal(429), 0.0)
    assert driven.machine.query()["continue"] == "two"
    feed_page(driven, {"metadata": {"resourceVersion": "5"}, "items": [{"metadata": {"name": "b"}}]})
    assert driven.told.names == {"a", "b"}
    assert driven.asks() == "watch 5"


def test_a_list_whose_next_page_has_expired_starts_again(driven: Driven) -> None:
    driven.machine.query()
    driven.machine.refuse(Refusal(422), 0.0)
    page = {"metadata": {"resourceVersion": "5", "continue": "two"}, "items": [{"metadata": {"name": "a"}}]}
    feed_page(driven, page)
    driven.machine.refuse(Refusal(410), 0.0)
    assert "continue" not in driven.machine.query()
    feed_page(driven, {"metadata": {"resourceVersion": "9"}, "items": []})
    assert driven.told.names == set()


def feed_page(driven: Driven, page: dict[str, Any]) -> None:
    driven.machine.opened(0.0)
    for _ in driven.machine.page(json.dumps(page).encode(), 0.0):
        pass


HAPPENINGS: list[Callable[[Driven, float], object]] = [
    lambda driven, now: driven.machine.over(now, "broke"),
    lambda driven, now: driven.machine.silent(now, "silent"),
    lambda driven, now: driven.machine.garbled(now, "garbage"),
    *[
        lambda driven, now, code=code: driven.machine.refuse(Refusal(code), now)
        for code in (400, 401, 403, 404, 410, 422, 429, 500, 503)
    ],
]


@given(st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.floats(0.0, 100.0))))
def test_no_failure_drops_an_object_and_no_two_free_attempts_follow_for_long(
    happenings: list[tuple[Callable[[Driven, float], object], float]],
) -> None:
    driven, now, free = Driven(), 0.0, 0
    driven.say(0.0, ("ADDED", "web", "900"), END)
    for happens, later in happenings:
        now += later
        driven.machine.query()
        free = free + 1 if happens(driven, now) == 0.0 else 0
        assert free <= 4
        assert driven.told.names == {"web"}


def test_an_error_in_the_stream_ends_it_and_garbage_does_too(watching: Driven) -> None:
    error = b'{"type":"ERROR","object":{"code":410}}\n'
    with pytest.raises(RefusedError):
        list(watching.machine.feed(error, 1.0))
    with pytest.raises(GarbageError):
        list(watching.machine.feed(b"<html>\n", 1.0))
    assert watching.told.names == {"web"}
