"""Answers of servers are judged as strictly as requests, and passed on as they came."""

import pytest

from ingress.model.reason import Reason
from ingress.model.settings import Limits
from ingress.wire.message import CHUNKED, UNTIL_CLOSE
from ingress.wire.partial import check_partial_response
from ingress.wire.refusal import Refusal
from ingress.wire.response import Response, parse_response

LIMITS = Limits(head=512, fields=8)
OK = b"HTTP/1.1 200 OK"


def head(*lines: bytes, start: bytes = OK) -> bytes:
    return b"".join(line + b"\r\n" for line in (start, *lines)) + b"\r\n"


def response(*lines: bytes, start: bytes = OK, method: bytes = b"GET") -> Response:
    return parse_response(head(*lines, start=start), method, LIMITS)


BAD: dict[str, bytes] = {
    "no HTTP": b"220 mail.example ESMTP\r\n\r\n",
    "a page without a head": b"<html>\r\n\r\n",
    "HTTP/2": head(start=b"HTTP/2 200 OK"),
    "HTTP/2.0": head(start=b"HTTP/2.0 200 OK"),
    "HTTP/1.2": head(start=b"HTTP/1.2 200 OK"),
    "a version in small letters": head(start=b"http/1.1 200 OK"),
    "two blanks before the status": head(start=b"HTTP/1.1  200 OK"),
    "a tab before the status": head(start=b"HTTP/1.1\t200 OK"),
    "a tab behind the status": head(start=b"HTTP/1.1 200\tOK"),
    "a blank in front": head(start=b" HTTP/1.1 200 OK"),
    "no status": head(start=b"HTTP/1.1 OK"),
    "a status of two digits": head(start=b"HTTP/1.1 20 OK"),
    "a status of four digits": head(start=b"HTTP/1.1 2000 OK"),
    "a status below 100": head(start=b"HTTP/1.1 099 OK"),
    "a status above 599": head(start=b"HTTP/1.1 600 OK"),
    "a control byte in the reason": head(start=b"HTTP/1.1 200 O\x00K"),
    "a bare LF": OK + b"\nX-A: 1\r\n\r\n",
    "a blank before the colon": head(b"X-A : 1"),
    "a folded line": head(b"X-A: 1", b" 2"),
    "no colon": head(b"X-A"),
    "no name": head(b": 1"),
    "a NUL": head(b"X-A: \x00"),
    "two framings": head(b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "two lengths": head(b"Content-Length: 5", b"Content-Length: 6"),
    "a length twice": head(b"Content-Length: 5", b"Content-Length: 5"),
    "a list of lengths": head(b"Content-Length: 5, 5"),
    "a length with a sign": head(b"Content-Length: +5"),
    "an empty length": head(b"Content-Length:"),
    "a length that overflows": head(b"Content-Length: 18446744073709551621"),
    "another coding": head(b"Transfer-Encoding: gzip, chunked"),
    "identity": head(b"Transfer-Encoding: identity"),
    "chunked twice": head(b"Transfer-Encoding: chunked, chunked"),
    "chunked in two fields": head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "an empty coding": head(b"Transfer-Encoding:"),
    "chunks in HTTP/1.0": head(b"Transfer-Encoding: chunked", start=b"HTTP/1.0 200 OK"),
    "chunks on 204": head(b"Transfer-Encoding: chunked", start=b"HTTP/1.1 204 No Content"),
    "a length on 204": head(b"Content-Length: 5", start=b"HTTP/1.1 204 No Content"),
    "a length on 100": head(b"Content-Length: 5", start=b"HTTP/1.1 100 Continue"),
    "chunks on 103": head(b"Transfer-Encoding: chunked", start=b"HTTP/1.1 103 Early Hints"),
    "101 without a protocol": head(b"Connection: upgrade", start=b"HTTP/1.1 101 Switching Protocols"),
    "101 whose protocol Connection does not name": head(b"Upgrade: a", start=b"HTTP/1.1 101 Switching"),
    "many fields": head(*[b"X-A: 1"] * 9),
    "a long head": head(b"X-A: " + b"a" * 512),
    "a connection option that is no token": head(b"Connection: a b"),
    "no empty line": OK + b"\r\nX-A: 1\r\n",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_answer_is_a_bad_response(name: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_response(BAD[name], b"GET", LIMITS)
    assert (caught.value.status, caught.value.reason) == (502, Reason.BAD_RESPONSE)


@pytest.mark.parametrize(
    "begun",
    [
        b"x",
        b"HTTP/2",
        b"\r\n",
        b"HTTP/1.1 200 OK\n",
        b"HTTP/1.1 200 OK\r\nX: \x00",
        b"HTTP/1." + b"a" * 512,
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 9,
    ],
)
def test_an_answer_that_cannot_become_good_is_refused_before_its_head_is_whole(begun: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        check_partial_response(begun, LIMITS)
    assert caught.value.reason is Reason.BAD_RESPONSE


def test_no_beginning_of_a_good_answer_is_refused() -> None:
    good = head(b"Content-Length: 5", b"X-A: \xff\t")
    for cut in range(len(good)):
        check_partial_response(good[:cut], LIMITS)


UNCHANGED = {
    "an answer": head(b"Content-Length: 5", b"Content-Type: text/plain"),
    "no reason": head(b"Content-Length: 0", start=b"HTTP/1.1 200 "),
    "no reason, and no blank": head(b"Content-Length: 0", start=b"HTTP/1.1 200"),
    "a reason of anything": head(b"Content-Length: 0", start=b"HTTP/1.1 200 \tg\xfct  (so)"),
    "cookies": head(b"Set-Cookie: a=1", b"set-cookie: b=2", b"Content-Length: 0"),
    "chunks": head(b"transfer-encoding: Chunked"),
    "obs-text and blanks": head(b"X-A: \xff", b"X-B:", b"X-C:  1\t", b"Content-Length: 1"),
    "until the connection's end": head(b"X-A: 1"),
    "nothing": head(start=b"HTTP/1.1 204 No Content"),
    "a length of nothing on nothing": head(b"Content-Length: 0", start=b"HTTP/1.1 204 No Content"),
    "a hint": head(b"Link: </a>; rel=preload", start=b"HTTP/1.1 103 Early Hints"),
    "not modified": head(b"ETag: \"a\"", b"Content-Length: 5", start=b"HTTP/1.1 304 Not Modified"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNCHANGED)
def test_a_valid_answer_passes_byte_for_byte(name: str) -> None:
    assert parse_response(UNCHANGED[name], b"GET", LIMITS).forward(b"", chunked_ok=True) == UNCHANGED[name]


@pytest.mark.parametrize(
    ("start", "method", "lines", "body"),
    [
        (OK, b"GET", [b"Content-Length: 5"], 5),
        (OK, b"GET", [b"Content-Length: 0"], 0),
        (OK, b"GET", [b"Transfer-Encoding: chunked"], CHUNKED),
        (OK, b"GET", [], UNTIL_CLOSE),
        (b"HTTP/1.0 200 OK", b"GET", [], UNTIL_CLOSE),
        (OK, b"HEAD", [b"Content-Length: 5"], 0),
        (OK, b"HEAD", [b"Transfer-Encoding: chunked"], 0),
        (OK, b"HEAD", [], 0),
        (b"HTTP/1.1 404 Not Found", b"HEAD", [b"Content-Length: 5"], 0),
        (b"HTTP/1.1 304 Not Modified", b"GET", [b"Content-Length: 5"], 0),
        (b"HTTP/1.1 304 Not Modified", b"GET", [b"Transfer-Encoding: chunked"], 0),
        (b"HTTP/1.1 204 No Content", b"GET", [], 0),
        (b"HTTP/1.1 205 Reset Content", b"GET", [b"Content-Length: 0"], 0),
        (b"HTTP/1.1 100 Continue", b"POST", [], 0),
    ],
)
def test_the_body_is_as_long_as_status_method_and_fields_say(
    start: bytes, method: bytes, lines: list[bytes], body: int
) -> None:
    assert response(*lines, start=start, method=method).body == body


@pytest.mark.parametrize(
    ("start", "lines", "keeps"),
    [
        (OK, [b"Content-Length: 0"], True),
        (OK, [b"Content-Length: 0", b"Connection: close"], False),
        (OK, [], False),
        (b"HTTP/1.0 200 OK", [b"Content-Length: 0"], False),
        (b"HTTP/1.0 200 OK", [b"Content-Length: 0", b"Connection: Keep-Alive"], True),
        (b"HTTP/1.0 200 OK", [b"Connection: Keep-Alive"], False),
        (b"HTTP/1.1 204 No Content", [], True),
    ],
)
def test_the_servers_connection_stays_as_its_answer_says(
    start: bytes, lines: list[bytes], keeps: bool
) -> None:
    assert response(*lines, start=start).keep_alive is keeps


def test_what_is_for_the_servers_hop_is_cut() -> None:
    got = response(
        b"Connection: keep-alive, X-Hop",
        b"Keep-Alive: timeout=5",
        b"Proxy-Connection: keep-alive",
        b"Upgrade: h2c",
        b"x-hop: 1",
        b"Content-Length: 1",
    )
    expected = head(b"Content-Length: 1", b"Via: 1.1 headgate")
    assert got.forward(b"Via: 1.1 headgate\r\n", chunked_ok=True) == expected


def test_what_all_on_the_way_need_is_kept_whatever_connection_names() -> None:
    lines = (b"Set-Cookie: a=1", b"Cache-Control: private", b"Content-Type: a/b", b"Content-Length: 1")
    got = response(b"Connection: set-cookie, cache-control, content-type, content-length", *lines)
    assert got.forward(b"", chunked_ok=True) == head(*lines)


def test_chunks_are_not_announced_to_a_client_that_cannot_read_them() -> None:
    got = response(b"X-A: 1", b"Transfer-Encoding: chunked", b"X-B: 2")
    assert got.forward(b"Connection: close\r\n", chunked_ok=False) == head(
        b"X-A: 1", b"X-B: 2", b"Connection: close"
    )
    bodiless = response(b"Transfer-Encoding: chunked", method=b"HEAD")
    assert bodiless.forward(b"", chunked_ok=False) == head()


def test_an_answer_in_http_1_0_is_passed_on_in_http_1_1() -> None:
    got = response(b"Content-Length: 1", start=b"HTTP/1.0 404 Not Found")
    assert got.forward(b"", chunked_ok=True) == head(b"Content-Length: 1", start=b"HTTP/1.1 404 Not Found")


@pytest.mark.parametrize("start", [b"HTTP/1.1 101 Switching Protocols", b"HTTP/1.1 426 Upgrade Required"])
def test_the_protocol_that_a_server_changes_to_is_passed_on(start: bytes) -> None:
    lines = (b"Upgrade: websocket", b"Connection: Upgrade", b"Content-Length: 0")
    got = response(*lines, start=start)
    assert got.upgrade == b"websocket"
    assert got.forward(b"", chunked_ok=True) == head(
        b"Content-Length: 0", b"Upgrade: websocket", b"Connection: upgrade", start=start
    )


def test_the_values_of_a_field_can_be_asked_for() -> None:
    assert response(b"Vary: a", b"vary:b").values(b"vary") == [b"a", b"b"]
