"""Texts with samples in them."""

import pytest

from ingress.acl.grammar import AclError, parse_rules
from ingress.acl.text import LONGEST, compile_text
from ingress.model.condition import Call, Expression
from ingress.model.policy import SetHeader
from ingress.model.settings import Limits
from ingress.wire.request import parse_request


class Client:
    """A client on a port."""

    address = bytes((10, 1, 2, 3))
    tls = True
    session = None
    port = 40000
    local = (bytes((10, 0, 0, 1)), 443)


def text_of(written: str, head: str = "") -> bytes:
    """What a text becomes for a request."""
    (rule,) = parse_rules(f"set-header a '{written}'", {})
    assert isinstance(rule.action, SetHeader)
    request = parse_request(f"GET /a?b=1&b=2 HTTP/1.1\r\nHost: h\r\n{head}\r\n".encode(), Limits())
    return compile_text(rule.action.value)(request, Client())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("plain  50%%", b"plain  50%"),
        ("%[path]", b"/a"),
        ("<%[src]:%[src_port]>", b"<10.1.2.3:40000>"),
        ("%ci:%cp %fi:%fp", b"10.1.2.3:40000 10.0.0.1:443"),
        ("%r", b"GET /a?b=1&b=2 HTTP/1.1"),
        ("%HM%HP%HU%HV", b"GET/a/a?b=1&b=2HTTP/1.1"),
        ("%[hdr(x)]", b"c"),
        ("%[hdr(x,1)]", b"a"),
        ("%[req.fhdr(x)]", b"b,c"),
        ("<%[hdr_ip(x-forwarded-for)]>", b"<>"),
        ("%[urlp(b)]", b"1"),
        ("%[hdr(none)]x", b"x"),
        ("%[ssl_fc]%[hdr_cnt(x)]", b"13"),
        ("%[path,length,add(1)]", b"3"),
        ('%[hdr(x),regsub("[a-c]","]")]', b"]"),
        ("%[int(-5)]%[bool(true)]%[str(x)]", b"-51x"),
    ],
)
def test_samples_stand_where_they_are_written(written: str, text: bytes) -> None:
    assert text_of(written, "X: a\r\nX: b,c\r\nX-Forwarded-For: 1.2.3.4, none\r\n") == text


def test_no_sample_can_end_a_line() -> None:
    assert text_of("%[urlp(b),concat(%0d%0aX-Evil: 1),url_dec]") == b"1%0D%0AX-Evil: 1"


def test_a_text_has_a_longest_length() -> None:
    assert len(text_of("%[hdr(x)]%[hdr(x)]", f"X: {'y' * LONGEST}\r\n")) == LONGEST


def test_samples_are_parts_of_the_tree() -> None:
    (rule,) = parse_rules("set-header a '1%[hdr(x),lower]2'", {})
    assert rule.action == SetHeader("a", ("1", Expression(Call("hdr", ("x",)), (Call("lower"),)), "2"))


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("%", 'column 14: a "%" begins a sample'),
        ("a%20b", 'column 15: a "%" begins a sample'),
        ("%xy", 'unknown alias; "%%" is a percent sign'),
        ("%[pth]", 'column 16: unknown fetch "pth"; did you mean "path"?'),
        ("%[path", 'a "]" is missing'),
        ("%[path lower]", 'a "]" is missing'),
        ("%[path,lwer]", 'column 21: unknown converter "lwer"; did you mean "lower"?'),
        ("%[path_beg]", 'unknown fetch "path_beg"'),
        ("%[status]", '"status" asks about the answer'),
        ("%[env(HOME)]", 'fetch "env" of HAProxy is not supported here'),
        ("%[hdr(x", "is not of the form"),
        ("%ci" * 70, "at most 64"),
    ],
)
def test_a_text_that_is_wrong_is_refused_by_name(written: str, message: str) -> None:
    with pytest.raises(AclError) as refused:
        text_of(written)
    assert message in str(refused.value)
