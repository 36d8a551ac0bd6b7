"""The two forms of the scan say the same of every head, and neither passes over what means something."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingress.wire import linescan, request, response
from ingress.wire.grammar import CRLF
from ingress.wire.names import FIRSTS, LENGTHS, REQUEST_NAMES, Names
from ingress.wire.refusal import Refusal
from ingress.wire.request_fields import CUT_UNDERSCORED, OF_CERTIFICATES, TAKE, TELLING, meaning
from ingress.wire.scan import scan

Scan = Callable[[bytes, Names[Any]], Any]

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


def said(form: Scan, head: bytes, names: Names[Any]) -> Any:
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
