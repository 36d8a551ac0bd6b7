"""What is a request passes, and passes unchanged."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingress.model.settings import Limits
from ingress.wire.message import CHUNKED
from ingress.wire.partial import check_partial
from ingress.wire.request import Request, parse_request

Receive = Callable[..., Request | None]

LIMITS = Limits()
HOST = b"Host: a.example\r\n"


def line(request_line: bytes) -> bytes:
    return request_line + b"\r\n" + HOST + b"\r\n"


def field(*lines: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\n" + HOST + b"".join(item + b"\r\n" for item in lines) + b"\r\n"


UNCHANGED: dict[str, bytes] = {
    "a path with empty elements": line(b"GET //a//b HTTP/1.1"),
    "an encoded slash": line(b"GET /a%2Fb%2f HTTP/1.1"),
    "dots": line(b"GET /a/../b/./c HTTP/1.1"),
    "parameters": line(b"GET /a;p=1;q HTTP/1.1"),
    "an empty query": line(b"GET /? HTTP/1.1"),
    "a query of anything visible": line(b"GET /?\"<>\\^`{|}[]'!$&()*+,;=:@/?~ HTTP/1.1"),
    "what clients send in paths": line(b'GET /{a}|b^[c]"<d>` HTTP/1.1'),
    "a percent sign alone": line(b"GET /100% HTTP/1.1"),
    "an invented method": line(b"M-SEARCH / HTTP/1.1"),
    "a method of odd characters": line(b"!#$%&'*+-.^_`|~09azAZ / HTTP/1.1"),
    "a method in small letters": line(b"get / HTTP/1.1"),
    "OPTIONS of all": line(b"OPTIONS * HTTP/1.1"),
    "a name of odd characters": field(b"!#$%&'*+-.^_`|~09azAZ: 1"),
    "names in any case": field(b"cOnTeNt-TyPe: a", b"X-UPPER: b", b"x-lower: c"),
    "obs-text": field(b"X-A: \x80\xc3\xa4\xff"),
    "a tab in a value": field(b"X-A: 1\t2"),
    "blanks around a value": field(b"X-A: \t 1 \t", b"X-B:2", b"X-C:"),
    "colons in a value": field(b"X-A: a:b: c"),
    "an empty value": field(b"X-A:", b"X-B: "),
    "one name many times": field(*[b"Cookie: a=1"] * 5),
    "a hundred small fields": field(*[b"X-%d: %d" % (number, number) for number in range(100)]),
    "a length": field(b"Content-Length: 5"),
    "a length with zeros in front": field(b"Content-Length: 0005"),
    "a length with blanks": field(b"Content-Length:  5\t"),
    "chunks": field(b"Transfer-Encoding: chunked"),
    "chunks in any case": field(b"transfer-encoding: CHUNKed"),
    "an expectation": field(b"Content-Length: 5", b"Expect: 100-continue"),
    "another expectation": field(b"Expect: something"),
    "the trailers to come": field(b"Transfer-Encoding: chunked", b"Trailer: X-Sum"),
    "a host with a port": b"GET / HTTP/1.1\r\nHost: A.Example:8080\r\n\r\n",
    "a host with an empty port": b"GET / HTTP/1.1\r\nHost: a.example:\r\n\r\n",
    "an empty host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "an address": b"GET / HTTP/1.1\r\nHost: [2001:DB8::1]:80\r\n\r\n",
    "a host behind other fields": b"GET / HTTP/1.1\r\nX-A: 1\r\nhost: a.example\r\n\r\n",
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_a_valid_request_passes_byte_for_byte(name: str) -> None:
    head = UNCHANGED[name]
    assert parse_request(head, LIMITS).forward(b"") == head


@pytest.mark.parametrize("name", UNCHANGED)
def test_a_request_is_the_same_wherever_the_packets_split(name: str, receive: Receive) -> None:
    head = UNCHANGED[name]
    for cut in range(len(head)):
        for empty_line in (b"", b"\r\n"):
            request = receive(*[empty_line + head[:cut], head[cut:]])
            assert request is not None
            assert request.forward(b"") == head


def test_a_request_may_come_byte_by_byte(receive: Receive) -> None:
    head = b"\r\n" + field(b"X-A: 1", b"Content-Length: 5")
    request = receive(*[bytes([byte]) for byte in head])
    assert request is not None
    assert request.body == 5


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/", b"/", None),
        (b"/a/b", b"/a/b", None),
        (b"/a?", b"/a", b""),
        (b"/a?b=c?d", b"/a", b"b=c?d"),
        (b"//a", b"//a", None),
        (b"http://a.example", b"/", None),
        (b"HTTPS://a.example/x?y", b"/x", b"y"),
        (b"http://a.example?y", b"/", b"y"),
    ],
)
def test_a_target_is_a_path_and_a_query(target: bytes, path: bytes, query: bytes | None) -> None:
    request = parse_request(line(b"GET %b HTTP/1.1" % target), LIMITS)
    assert (request.target, request.path, request.query) == (target, path, query)


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        (b"www.example.com", b"www.example.com"),
        (b"WWW.Example.COM:8080", b"www.example.com"),
        (b"www.example.com.", b"www.example.com"),
        (b"www.example.com.:80", b"www.example.com"),
        (b"under_score.example", b"under_score.example"),
        (b"10.0.0.1:80", b"10.0.0.1"),
        (b"[::1]", b"[::1]"),
        (b"[2001:DB8::1]:443", b"[2001:db8::1]"),
        (b"[::ffff:10.0.0.1]", b"[::ffff:10.0.0.1]"),
        (b"localhost:", b"localhost"),
        (b"localhost:65535", b"localhost"),
        (b"", b""),
    ],
)
def test_a_host_is_compared_without_case_port_and_last_dot(authority: bytes, host: bytes) -> None:
    request = parse_request(b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % authority, LIMITS)
    assert (request.authority, request.host) == (authority, host)


def test_the_host_of_an_absolute_target_takes_the_place_of_the_field() -> None:
    request = parse_request(
        b"GET http://B.example:81/x?y HTTP/1.1\r\nX-A: 1\r\nHost: a.example\r\n\r\n", LIMITS
    )
    assert (request.host, request.authority) == (b"b.example", b"B.example:81")
    assert request.forward(b"") == b"GET /x?y HTTP/1.1\r\nHost: B.example:81\r\nX-A: 1\r\n\r\n"


def test_options_of_an_absolute_target_without_path_asks_for_the_server() -> None:
    request = parse_request(line(b"OPTIONS http://a.example HTTP/1.1"), LIMITS)
    assert request.path == b"*"
    assert request.forward(b"").startswith(b"OPTIONS * HTTP/1.1\r\nHost: a.example\r\n")


def test_http_1_0_is_asked_again_as_http_1_1() -> None:
    request = parse_request(b"GET /x HTTP/1.0\r\nX-A: 1\r\n\r\n", LIMITS)
    assert (request.minor, request.host, request.keep_alive) == (0, b"", False)
    assert request.forward(b"") == b"GET /x HTTP/1.1\r\nHost:\r\nX-A: 1\r\n\r\n"
    request = parse_request(b"GET http://b.example/x HTTP/1.0\r\n\r\n", LIMITS)
    assert request.forward(b"") == b"GET /x HTTP/1.1\r\nHost: b.example\r\n\r\n"
    request = parse_request(b"GET /x HTTP/1.0\r\nHost: a.example\r\n\r\n", LIMITS)
    assert request.forward(b"") == b"GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ([], 0),
        ([b"Content-Length: 0"], 0),
        ([b"Content-Length: 7"], 7),
        ([b"Content-Length: 999999999999999999"], 999999999999999999),
        ([b"Transfer-Encoding: chunked"], CHUNKED),
    ],
)
def test_the_body_is_as_long_as_the_fields_say(lines: list[bytes], body: int) -> None:
    assert parse_request(field(*lines), LIMITS).body == body


@pytest.mark.parametrize(
    ("version", "connection", "keeps"),
    [
        (b"HTTP/1.1", None, True),
        (b"HTTP/1.1", b"keep-alive", True),
        (b"HTTP/1.1", b"close", False),
        (b"HTTP/1.1", b"Keep-Alive, CLOSE", False),
        (b"HTTP/1.1", b", ,", True),
        (b"HTTP/1.0", None, False),
        (b"HTTP/1.0", b"Keep-Alive", True),
        (b"HTTP/1.0", b"keep-alive, close", False),
    ],
)
def test_the_connection_stays_as_its_field_says(
    version: bytes, connection: bytes | None, keeps: bool
) -> None:
    said = b"" if connection is None else b"Connection: %b\r\n" % connection
    head = b"GET / %b\r\n%bHost: a.example\r\n\r\n" % (version, said)
    assert parse_request(head, LIMITS).keep_alive is keeps


def test_what_stands_exactly_at_a_limit_passes() -> None:
    limits = Limits(request_line=20, head=64, fields=3)
    start = b"GET /%b HTTP/1.1" % (b"a" * 6)
    head = start + b"\r\n" + HOST + b"X-A: 1\r\n" + b"X-B: %b\r\n\r\n" % (b"b" * 8)
    assert (len(start), len(head)) == (20, 64)
    assert parse_request(head, limits).path == b"/aaaaaa"
    for cut in range(len(head)):
        check_partial(head[:cut], limits)


token = st.text("!#$%&'*+-.^_`|~0123456789abcXYZ", min_size=1, max_size=12).map(str.encode)
value = st.binary(max_size=20).map(
    lambda data: data.translate(None, bytes((*range(0x20), 0x7F))).strip(b" \t")
)


@settings(max_examples=200, deadline=None, database=None)
@given(st.lists(st.tuples(token.map(lambda name: b"X-" + name), value), max_size=12))
def test_any_token_and_any_text_pass_unchanged(pairs: list[tuple[bytes, bytes]]) -> None:
    pairs = [pair for pair in pairs if not pair[0].lower().replace(b"_", b"-").startswith(b"x-re")]
    head = field(*[b"%b: %b" % pair for pair in pairs])
    request = parse_request(head, LIMITS)
    assert request.forward(b"") == head
    for name, _ in pairs:
        expected = [said for other, said in pairs if other.lower() == name.lower()]
        assert request.values(name.lower()) == expected
