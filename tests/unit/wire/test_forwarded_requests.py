"""What goes on to a server: everything but what is for this hop, and what the proxy says itself."""

import pytest

from ingress.model.settings import Limits
from ingress.wire.request import Request, parse_request

LIMITS = Limits()
START = b"GET / HTTP/1.1\r\nHost: a.example\r\n"


def request(*lines: bytes, start: bytes = START) -> Request:
    return parse_request(start + b"".join(line + b"\r\n" for line in lines) + b"\r\n", LIMITS)


def sent(*lines: bytes) -> bytes:
    return START + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


CUT = (
    b"Connection: keep-alive",
    b"connection: close",
    b"Keep-Alive: timeout=5",
    b"Proxy-Connection: keep-alive",
    b"TE: gzip",
    b"Upgrade: websocket",
    b"Forwarded: for=10.0.0.1",
    b"X-Real-IP: 10.0.0.1",
    b"X-Forwarded-For: 10.0.0.1",
    b"X-Forwarded-Proto: https",
    b"X-Forwarded-Host: b.example",
    b"X-Forwarded-Port: 443",
    b"X-Forwarded-Anything: 1",
    b"x_forwarded_for: 10.0.0.1",
    b"X_Forwarded-For: 10.0.0.1",
    b"X_Real_IP: 10.0.0.1",
    b"Transfer_Encoding: chunked",
    b"content_length: 5",
    b"X-Request-ID: 1",
)


@pytest.mark.parametrize("line", CUT)
def test_what_is_for_this_hop_or_said_anew_is_cut(line: bytes) -> None:
    assert request(b"X-A: 1", line, b"X-B: 2").forward(b"") == sent(b"X-A: 1", b"X-B: 2")
    assert request(line, b"X-A: 1", line).forward(b"X-C: 3\r\n") == sent(b"X-A: 1", b"X-C: 3")


def test_all_that_is_cut_goes_at_once() -> None:
    assert request(*CUT, b"X-A: 1", *CUT).forward(b"X-B: 2\r\n") == sent(b"X-A: 1", b"X-B: 2")


def test_what_the_proxy_says_comes_last() -> None:
    assert request(b"X-A: 1").forward(b"X-B: 2\r\nX-C: 3\r\n") == sent(b"X-A: 1", b"X-B: 2", b"X-C: 3")


def test_what_connection_names_is_cut_wherever_it_stands() -> None:
    got = request(b"x-a: 1", b"Connection: X-A, close,x-b", b"X-B: 2", b"X-A: 3", b"X-C: 4").forward(b"")
    assert got == sent(b"X-C: 4")


@pytest.mark.parametrize(
    "line", [b"Content-Length: 3", b"Transfer-Encoding: chunked", b"Content-Type: a/b", b"Cache-Control: a"]
)
def test_what_connection_names_of_the_message_itself_is_kept(line: bytes) -> None:
    name = line.partition(b":")[0]
    asked = request(b"Connection: Host, X-A, " + name, line, b"X-A: 1")
    assert asked.forward(b"") == sent(line)
    assert asked.host == b"a.example"


def test_a_field_that_is_cut_twice_over_is_cut_once() -> None:
    got = request(b"Connection: connection, x-forwarded-for, te", b"X-Forwarded-For: 1", b"TE: gzip")
    assert got.forward(b"") == sent()


def test_what_a_proxy_in_front_said_is_known() -> None:
    asked = request(
        b"X-Forwarded-For: 10.0.0.1, 10.0.0.2",
        b"X-Forwarded-For: 10.0.0.3",
        b"X-Forwarded-Proto: https",
        b"X-Forwarded-Host: b.example",
        b"x-request-id:  abc ",
        b"TE: gzip;q=0.5, trailers",
    )
    assert asked.forwarded_for == [b"10.0.0.1, 10.0.0.2", b"10.0.0.3"]
    assert asked.forwarded_proto == b"https"
    assert asked.forwarded_host == b"b.example"
    assert asked.request_id == b"abc"
    assert asked.te_trailers


def test_nothing_is_known_where_nothing_was_said() -> None:
    asked = request()
    assert asked.forwarded_for == []
    assert asked.forwarded_proto == asked.forwarded_host == asked.request_id == asked.upgrade == b""
    assert not asked.te_trailers
    assert not asked.expect_continue


def test_an_upgrade_that_connection_names_is_asked_for_again() -> None:
    asked = request(b"Connection: keep-alive, Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13")
    assert asked.upgrade == b"websocket"
    assert asked.forward(b"") == sent(
        b"Sec-WebSocket-Version: 13", b"Upgrade: websocket", b"Connection: upgrade"
    )


def test_trailers_that_a_client_takes_are_asked_for_again() -> None:
    asked = request(b"TE: gzip, Trailers;q=1", b"Connection: te", b"X-A: 1")
    assert asked.forward(b"X-B: 2\r\n") == sent(b"X-A: 1", b"TE: trailers", b"Connection: te", b"X-B: 2")
    both = request(b"TE: trailers", b"Connection: te, upgrade", b"Upgrade: websocket")
    assert both.forward(b"") == sent(b"TE: trailers", b"Upgrade: websocket", b"Connection: te, upgrade")


@pytest.mark.parametrize("protocol", [b"h2c", b"H2C", b"h2c, websocket", b"HTTP/2.0", b"", b"a b"])
def test_an_upgrade_behind_which_requests_would_go_unseen_is_not_heard(protocol: bytes) -> None:
    asked = request(b"Connection: upgrade, http2-settings", b"Upgrade: " + protocol, b"HTTP2-Settings: AAM")
    assert asked.upgrade == b""
    assert asked.forward(b"") == sent()


def test_an_upgrade_in_two_fields_or_in_http_1_0_is_not_heard() -> None:
    assert request(b"Connection: upgrade", b"Upgrade: a", b"Upgrade: b").upgrade == b""
    old = request(b"Connection: upgrade", b"Upgrade: websocket", start=b"GET / HTTP/1.0\r\n")
    assert old.upgrade == b""


def test_an_expectation_is_known_and_passed_on_but_not_in_http_1_0() -> None:
    asked = request(b"Expect: 100-Continue", b"Content-Length: 1")
    assert asked.expect_continue
    assert asked.forward(b"") == sent(b"Expect: 100-Continue", b"Content-Length: 1")
    old = request(b"Expect: 100-continue", b"Content-Length: 1", start=b"GET / HTTP/1.0\r\n")
    assert not old.expect_continue
    assert b"Expect" not in old.forward(b"")


def test_a_field_that_is_set_is_the_only_one_of_its_name() -> None:
    asked = request(b"x-a: 1", b"X-B: 2", b"X-A: 3", b"Connection: close")
    asked.set_field(b"X-A", b"new")
    asked.set_field(b"X-New", b"")
    assert asked.values(b"x-a") == [b"new"]
    assert asked.forward(b"X-C: 4\r\n") == sent(b"X-B: 2", b"X-A: new", b"X-New: ", b"X-C: 4")


def test_a_field_that_is_deleted_is_gone_and_can_be_set_again() -> None:
    asked = request(b"X-A: 1", b"X-B: 2", b"X-A: 3")
    asked.del_field(b"x-A")
    assert asked.values(b"x-a") == []
    assert asked.forward(b"") == sent(b"X-B: 2")
    asked.set_field(b"X-A", b"4")
    assert asked.forward(b"") == sent(b"X-B: 2", b"X-A: 4")


def test_the_host_can_be_set_for_the_server() -> None:
    asked = request(start=b"GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n")
    asked.set_field(b"Host", b"c.example")
    assert asked.forward(b"") == b"GET / HTTP/1.1\r\nHost: c.example\r\n\r\n"
    assert asked.host == b"b.example"


@pytest.mark.parametrize(
    "name", [b"Content-Length", b"transfer-encoding", b"Connection", b"Upgrade", b"", b"X A", b"X:"]
)
def test_framing_and_what_is_no_name_cannot_be_edited(name: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be edited"):
        request().set_field(name, b"1")
    with pytest.raises(ValueError, match="cannot be edited"):
        request().del_field(name)


def test_no_edit_can_end_a_line_or_take_the_host_away() -> None:
    with pytest.raises(ValueError, match="control byte"):
        request().set_field(b"X-A", b"1\r\nX-B: 2")
    with pytest.raises(ValueError, match="Host"):
        request().del_field(b"host")


def test_values_are_those_of_the_name_alone_in_order_and_trimmed() -> None:
    asked = request(b"X-A: 1", b"x-a:\t2, 3 ", b"X-AB: 4", b"X: 5", b"X-A:", b"Y: X-A: 6")
    assert asked.values(b"x-a") == [b"1", b"2, 3", b""]
    assert asked.values(b"x") == [b"5"]
    assert asked.values(b"host") == [b"a.example"]
    assert asked.values(b"missing") == []
