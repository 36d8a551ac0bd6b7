"""The two forms of the scan say the same of every head, and neither passes over what means something."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingress.wire import linescan, request, response
from ingress.wire.grammar import CRLF, TEXT
from ingress.wire.names import FIRSTS, LENGTHS, REQUEST_NAMES, Names
from ingress.wire.refusal import Refusal
from ingress.wire.request_fields import CUT_UNDERSCORED, OF_CERTIFICATES, TAKE, TELLING, meaning
from ingress.wire.scan import after_head, scan, without

Scan = Callable[[bytes, Names], Any]

BEGINNINGS: Final = (*TAKE, *CUT_UNDERSCORED, *OF_CERTIFICATES, b"x-forwarded-", b"x-", b"accept", b"a" * 70)
CASES: Final = (bytes.lower, bytes.upper, bytes.title, lambda name: name.replace(b"-", b"_"))

fields = st.builds(
    lambda beginning, end, spelled: spelled(beginning + end),
    st.sampled_from(BEGINNINGS),
    st.sampled_from((b"", b"s", b"-x", b"_", b"-" * 60)),
    st.sampled_from(CASES),
)
lines = st.builds(
    lambda name, colon, value: name + colon + value, fields, st.just(b":"), st.binary(max_size=9)
)
pieces = st.one_of(
    lines.map(lambda line: line + CRLF),
    st.sampled_from((b"\r", b"\n", b"\r\n", b":", b"\0", b"\t", b"\x7f", b"\xff", b" ", b"a")),
    st.binary(max_size=5),
)

NAMES: Final = Names(meaning, REQUEST_NAMES, TELLING)
"""Those of requests, none of which is noted for rules."""


def said(form: Scan, head: bytes, names: Names) -> Any:
    try:
        return form(head, names)
    except Refusal as refusal:
        return refusal.status, refusal.reason, refusal.detail


@given(st.lists(pieces, max_size=9).map(b"".join), st.sampled_from((b"", CRLF, CRLF * 2)))
def test_both_forms_say_the_same(middle: bytes, end: bytes) -> None:
    byte_form = pytest.importorskip("ingress.wire.bytescan")
    for names in (request.NAMES, response.NAMES):
        for head in (middle + end, b"GET / HTTP/1.1\r\n" + middle + end):
            assert said(byte_form.scan, head, names) == said(linescan.scan, head, names)


@given(st.lists(pieces, max_size=9).map(b"".join))
def test_both_forms_find_the_same_end_of_a_head(data: bytes) -> None:
    byte_form = pytest.importorskip("ingress.wire.bytescan")
    for given_data in (data, data + CRLF + b"body" + CRLF * 2):
        assert byte_form.after_head(given_data) == linescan.after_head(given_data)


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"", 0),
        (b"\n\r\n", 0),
        (b"\r\n\r", 0),
        (b"\r\n\r\n", 4),
        (b"GET / HTTP/1.1\r\n\r\n", 18),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n", 27),
        (b"GET / HTTP/1.1\r\nHost: a\n\r\n", 0),
    ],
)
def test_a_head_ends_with_its_first_empty_line(data: bytes, end: int) -> None:
    assert after_head(data) == end


@given(st.lists(lines, max_size=9), st.data())
def test_both_forms_leave_the_same_of_a_head(said_lines: list[bytes], data: st.DataObject) -> None:
    byte_form = pytest.importorskip("ingress.wire.bytescan")
    sound = [line for line in said_lines if not line.translate(None, TEXT)]
    head = CRLF.join((b"GET / HTTP/1.1", *sound, CRLF))
    cut = data.draw(st.lists(st.sampled_from([*sound, b"Other: x"]), max_size=4))
    for blob in (b"", b"Ours: y\r\n"):
        assert byte_form.without(head, cut, blob) == linescan.without(head, cut, blob)


def test_lines_are_cut_whole_and_in_their_order() -> None:
    head = b"GET / HTTP/1.1\r\nA: 1\r\nNot-A: 1\r\nB: 2\r\nA: 1\r\n\r\n"
    left = b"GET / HTTP/1.1\r\nNot-A: 1\r\nA: 1\r\nOurs: y\r\n\r\n"
    assert without(head, [b"A: 1", b"B: 2"], b"Ours: y\r\n") == left
    assert without(head, [b"B: 2", b"Not-A: 1"], b"") is None
    assert without(head, [b"A"], b"") is None
    assert without(head, [b"A: 1", b"Not-A: 1", b"B: 2", b"A: 1", b"A: 1"], b"") is None


@given(fields)
def test_no_field_that_means_something_is_passed_over(name: bytes) -> None:
    line = name + b": x"
    _, number, marks = scan(b"GET / HTTP/1.1\r\n" + line + b"\r\nAccept: y\r\n\r\n", NAMES)
    take = meaning(name.lower())
    assert marks == ([] if take is None else [(take, line, b"x")])
    assert number == 2


@given(fields)
def test_a_name_that_means_something_looks_like_one_that_may(name: bytes) -> None:
    if b"_" not in name and meaning(name.lower()) is not None:
        assert NAMES.asked[min(len(name), LENGTHS - 1) * FIRSTS + name[0] % FIRSTS]
