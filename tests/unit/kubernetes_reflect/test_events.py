"""Events and lists as the API server writes them, and as it would never write them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from discovery.kubernetes.events import (
    Bookmark,
    Decoder,
    Drop,
    GarbageError,
    Put,
    RefusedError,
    Unreadable,
    page_of,
)
from discovery.kubernetes.objects import KINDS

META = {"name": "web", "namespace": "shop", "resourceVersion": "7"}
DECODER = Decoder(KINDS["ingresses"])


def line(verb: str, **obj: Any) -> bytes:
    return json.dumps({"type": verb, "object": {"metadata": META, **obj}}).encode()


@pytest.mark.parametrize("verb", ["ADDED", "MODIFIED"])
def test_a_new_or_changed_object_is_typed(verb: str) -> None:
    event = DECODER.event(line(verb, spec={"ingressClassName": "headgate"}))
    assert isinstance(event, Put)
    assert (event.key, event.version) == (("shop", "web"), "7")
    assert event.obj.spec.ingress_class_name == "headgate"  # type: ignore[attr-defined]


@pytest.mark.parametrize("spec", [{}, {"ingressClassName": 5}])
def test_an_object_that_is_gone_is_known_by_its_key_whatever_its_content(spec: dict[str, Any]) -> None:
    assert DECODER.event(line("DELETED", spec=spec)) == Drop(("shop", "web"), "7")


def test_an_object_of_the_wrong_shape_says_where_it_is_wrong() -> None:
    event = DECODER.event(line("MODIFIED", spec={"ingressClassName": 5}))
    assert isinstance(event, Unreadable)
    assert (event.key, event.version) == (("shop", "web"), "7")
    assert "$.spec.ingressClassName" in event.reason


def test_text_that_is_not_utf_8_spoils_its_object_only() -> None:
    data = b'{"type":"ADDED","object":{"metadata":{"name":"web"},"spec":{"ingressClassName":"\xff"}}}'
    assert isinstance(DECODER.event(data), Unreadable)


@pytest.mark.parametrize(
    ("annotations", "complete"),
    [(None, False), ({}, False), ({"k8s.io/initial-events-end": "true"}, True)],
)
def test_a_bookmark_says_whether_the_initial_events_end(
    annotations: dict[str, str] | None, complete: bool
) -> None:
    data = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9", "annotations": annotations}}}
    assert DECODER.event(json.dumps(data).encode()) == Bookmark("9", complete)


def test_an_error_event_carries_its_code_and_reason() -> None:
    data = {"type": "ERROR", "object": {"kind": "Status", "reason": "Expired", "message": "too old"}}
    with pytest.raises(RefusedError) as caught:
        DECODER.event(json.dumps(data).encode())
    assert (caught.value.refusal.code, caught.value.refusal.message) == (410, "too old")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"<html>",
        b"[]",
        b'{"type":"ADDED"}',
        b'{"type":"ADDED","object":null}',
        b'{"type":"ADDED","object":{"metadata":{}}}',
        b'{"type":"DANCED","object":{"metadata":{"name":"web"}}}',
        b'{"type":"ADDED","object":' + b"[" * 100_000,
    ],
)
def test_what_is_no_event_is_garbage(data: bytes) -> None:
    with pytest.raises(GarbageError):
        DECODER.event(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_event_or_garbage(data: bytes) -> None:
    with pytest.raises(GarbageError):
        DECODER.event(data)


def test_a_list_has_a_version_and_a_token_for_its_next_page() -> None:
    page = page_of(b'{"metadata":{"resourceVersion":"5","continue":"x"},"items":[{"metadata":{"name":"a"}}]}')
    assert (page.version, page.token, len(page.items)) == ("5", "x", 1)
    assert page_of(b'{"metadata":{"resourceVersion":"5"},"items":null}').items == []


@pytest.mark.parametrize("data", [b"", b"{}", b'{"metadata":{},"items":[]}', b"<html>", b'{"items":[]}'])
def test_what_is_no_list_is_garbage_and_never_an_empty_list(data: bytes) -> None:
    with pytest.raises(GarbageError):
        page_of(data)


def test_one_unreadable_item_does_not_spoil_its_list() -> None:
    good, bad = Raw(b'{"metadata":{"name":"a"}}'), Raw(b'{"metadata":{"name":"b"},"spec":7}')
    assert isinstance(DECODER.item(good), Put)
    assert isinstance(DECODER.item(bad), Unreadable)
