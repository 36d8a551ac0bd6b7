"""What is no request, or could be read as two different ones, is refused with its own status and reason."""

from collections.abc import Callable

import pytest

from ingress.model.reason import Reason
from ingress.model.settings import Limits
from ingress.wire.partial import check_partial
from ingress.wire.refusal import Refusal
from ingress.wire.request import Request, parse_request

Receive = Callable[..., Request | None]

HOST = b"Host: a.example\r\n"
LIMITS = Limits(request_line=64, head=512, fields=8)


def line(request_line: bytes) -> bytes:
    return request_line + b"\r\n" + HOST + b"\r\n"


def field(*lines: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return b"POST / %b\r\n" % version + HOST + b"".join(item + b"\r\n" for item in lines) + b"\r\n"


def host(value: bytes) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % value


BAD: dict[str, bytes] = {
    "an empty method": line(b" / HTTP/1.1"),
    "a method that is no token": line(b"G(T / HTTP/1.1"),
    "a tab after the method": line(b"GET\t/ HTTP/1.1"),
    "two blanks after the method": line(b"GET  / HTTP/1.1"),
    "two blanks before the version": line(b"GET /  HTTP/1.1"),
    "a tab before the version": line(b"GET /\tHTTP/1.1"),
    "a blank before the method": line(b" GET / HTTP/1.1"),
    "a blank after the version": line(b"GET / HTTP/1.1 "),
    "a blank in the target": line(b"GET /a b HTTP/1.1"),
    "no version": line(b"GET /"),
    "only a method": line(b"GET"),
    "another protocol": line(b"GET / ICAP/1.0"),
    "a version in small letters": line(b"GET / http/1.1"),
    "a version with a letter": line(b"GET / HTTP/1.x"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a NUL in front": b"\x00" + line(b"GET / HTTP/1.1"),
    "an empty target": line(b"GET  HTTP/1.1"),
    "a target without a slash": line(b"GET index.html HTTP/1.1"),
    "a fragment": line(b"GET /a#b HTTP/1.1"),
    "a backslash in the path": line(b"GET /a\\..\\b HTTP/1.1"),
    "a control byte in the target": line(b"GET /\x01 HTTP/1.1"),
    "a DEL in the target": line(b"GET /\x7f HTTP/1.1"),
    "a byte beyond ASCII in the target": line(b"GET /\xc3\xa4 HTTP/1.1"),
    "a star for another method than OPTIONS": line(b"GET * HTTP/1.1"),
    "authority-form": line(b"GET a.example:80 HTTP/1.1"),
    "user information": line(b"GET http://root@a.example/ HTTP/1.1"),
    "another scheme": line(b"GET ftp://a.example/ HTTP/1.1"),
    "a target without a host": line(b"GET http:///x HTTP/1.1"),
    "a target with a port and no host": line(b"GET http://:80/x HTTP/1.1"),
    "a target with a bad host": line(b"GET http://a,b/x HTTP/1.1"),
    "a good target beside a bad host": b"GET http://a.example/ HTTP/1.1\r\nHost: a b\r\n\r\n",
    "an absolute target and no Host in 1.1": b"GET http://a.example/ HTTP/1.1\r\n\r\n",
    "no Host in 1.1": b"GET / HTTP/1.1\r\n\r\n",
    "Host twice": field(b"Host: b.example"),
    "Host twice, the same": field(b"Host: a.example"),
    "Host twice in 1.0": field(b"host: a.example", version=b"HTTP/1.0"),
    "a host with a blank": host(b"a b"),
    "a host with a comma": host(b"a.example, b.example"),
    "a host with user information": host(b"root@a.example"),
    "a host with a slash": host(b"a.example/b"),
    "a host that is percent-encoded": host(b"a%2eexample"),
    "a host with a byte beyond ASCII": host(b"\xc3\xa4.example"),
    "a host with an empty label": host(b"a..example"),
    "a host that begins with a dot": host(b".example"),
    "a host that is a dot": host(b"."),
    "a host with two dots at its end": host(b"a.example.."),
    "a port without a host": host(b":80"),
    "a port that is a word": host(b"a.example:http"),
    "a port with a sign": host(b"a.example:+80"),
    "a port above 65535": host(b"a.example:65536"),
    "two ports": host(b"a.example:80:80"),
    "an address that is none": host(b"[::1::]"),
    "an address without its bracket": host(b"[::1"),
    "an address with a zone": host(b"[fe80::1%25eth0]"),
    "junk behind an address": host(b"[::1]a"),
    "a blank before the colon": field(b"X-A : 1"),
    "a tab before the colon": field(b"X-A\t: 1"),
    "a blank before the colon of Content-Length": field(b"Content-Length : 5"),
    "an empty name": field(b": 1"),
    "a name that is no token": field(b"X(A: 1"),
    "a name beyond ASCII": field(b"X-\xc3\xa4: 1"),
    "no colon": field(b"X-A"),
    "a known name without its colon": field(b"Cookie"),
    "a meaningful name without its colon": field(b"Connection"),
    "a folded line": field(b"X-A: 1", b" 2"),
    "a folded line, with a tab": field(b"X-A: 1", b"\tTransfer-Encoding: chunked"),
    "a blank line at once": b"GET / HTTP/1.1\r\n " + HOST + b"\r\n",
    "a bare LF in the request line": b"GET / HTTP/1.1\n" + HOST + b"\r\n",
    "a bare LF between fields": field(b"X-A: 1\nX-B: 2"),
    "a bare CR in a value": field(b"X-A: 1\rX-B: 2"),
    "a bare CR and a bare LF": field(b"X-A: 1\rX-B: 2\nX-C: 3"),
    "CR CR LF": field(b"X-A: 1\r"),
    "LF CR": field(b"X-A: 1\n\rX-B: 2"),
    "a bare LF and a control byte": field(b"X-A: \x00\nX-B: 2"),
    "a NUL in a value": field(b"X-A: 1\x002"),
    "a control byte in a value": field(b"X-A: \x1b[0m"),
    "a DEL in a value": field(b"X-A: \x7f"),
    "a vertical tab around a value": field(b"Transfer-Encoding: \x0bchunked"),
    "an empty Content-Length": field(b"Content-Length:"),
    "a Content-Length with a sign": field(b"Content-Length: +5"),
    "a negative Content-Length": field(b"Content-Length: -5"),
    "a Content-Length in hexadecimal": field(b"Content-Length: 0x5"),
    "a Content-Length with an underscore": field(b"Content-Length: 1_0"),
    "a Content-Length with a blank": field(b"Content-Length: 1 0"),
    "a Content-Length with a fraction": field(b"Content-Length: 5.0"),
    "a Content-Length in other digits": field("Content-Length: \u0665".encode()),
    "a Content-Length that overflows": field(b"Content-Length: 18446744073709551621"),
    "a list of lengths": field(b"Content-Length: 5, 5"),
    "Content-Length twice": field(b"Content-Length: 5", b"Content-Length: 6"),
    "Content-Length twice, the same": field(b"Content-Length: 5", b"content-length: 5"),
    "Content-Length beside chunked": field(b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "chunked beside Content-Length": field(b"Transfer-Encoding: chunked", b"Content-Length: 0"),
    "chunked twice": field(b"Transfer-Encoding: chunked, chunked"),
    "chunked in two fields": field(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "chunked not at the end": field(b"Transfer-Encoding: chunked, identity"),
    "chunked behind an empty element": field(b"Transfer-Encoding: , chunked"),
    "chunked before an empty element": field(b"Transfer-Encoding: chunked,"),
    "chunked with a parameter": field(b"Transfer-Encoding: chunked;q=1"),
    "chunked in quotes": field(b'Transfer-Encoding: "chunked"'),
    "an empty Transfer-Encoding": field(b"Transfer-Encoding:"),
    "chunked in 1.0": field(b"Transfer-Encoding: chunked", version=b"HTTP/1.0"),
    "a connection option that is no token": field(b"Connection: close, a b"),
}

OTHERS: dict[str, tuple[bytes, int, Reason]] = {
    "HTTP/2.0": (line(b"GET / HTTP/2.0"), 505, Reason.BAD_VERSION),
    "HTTP/0.9": (line(b"GET / HTTP/0.9"), 505, Reason.BAD_VERSION),
    "HTTP/1.2": (line(b"GET / HTTP/1.2"), 505, Reason.BAD_VERSION),
    "HTTP/1.10": (line(b"GET / HTTP/1.10"), 505, Reason.BAD_VERSION),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\n", 505, Reason.BAD_VERSION),
    "CONNECT": (line(b"CONNECT a.example:443 HTTP/1.1"), 501, Reason.NOT_IMPLEMENTED),
    "CONNECT to a path": (line(b"CONNECT / HTTP/1.1"), 501, Reason.NOT_IMPLEMENTED),
    "gzip": (field(b"Transfer-Encoding: gzip"), 501, Reason.NOT_IMPLEMENTED),
    "gzip, chunked": (field(b"Transfer-Encoding: gzip, chunked"), 501, Reason.NOT_IMPLEMENTED),
    "identity": (field(b"Transfer-Encoding: identity"), 501, Reason.NOT_IMPLEMENTED),
    "xchunked": (field(b"Transfer-Encoding: xchunked"), 501, Reason.NOT_IMPLEMENTED),
    "a long target": (line(b"GET /%b HTTP/1.1" % (b"a" * 51)), 414, Reason.TARGET_TOO_LONG),
    "a long head": (field(*[b"X-A: %b" % (b"a" * 93)] * 5), 431, Reason.HEAD_TOO_LARGE),
    "many fields": (field(*[b"X-A: 1"] * 8), 431, Reason.TOO_MANY_FIELDS),
}

CASES = {
    **{name: (head, 400, Reason.BAD_REQUEST) for name, head in BAD.items()},
    **OTHERS,
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_no_request_is_refused(name: str) -> None:
    head, status, reason = CASES[name]
    with pytest.raises(Refusal) as caught:
        parse_request(head, LIMITS)
    assert (caught.value.status, caught.value.reason) == (status, reason)
    assert caught.value.detail == str(caught.value)


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_is_the_same_wherever_the_packets_split(name: str, receive: Receive) -> None:
    head, status, reason = CASES[name]
    for cut in range(1, len(head)):
        with pytest.raises(Refusal) as caught:
            receive(head[:cut], head[cut:], limits=LIMITS)
        assert (caught.value.status, caught.value.reason) == (status, reason), cut


@pytest.mark.parametrize(
    ("begun", "status"),
    [
        (b"\x16\x03\x01", 400),
        (b" ", 400),
        (b"GET / HTTP/1.1\n", 400),
        (b"GET /\rx", 400),
        (b"GET /\t", 400),
        (b"GET /\r\n", 400),
        (b"GET / HTTP/2.0\r\n", 505),
        (b"GET / HTTP/1.1\r\nX-A: \x00", 400),
        (b"\r\n\x01", 400),
        (b"a" * 65, 414),
        (b"GET / HTTP/1.1\r\n" + b"X-A: 1\r\n" * 9, 431),
        (b"GET / HTTP/1.1\r\nX-A: " + b"a" * 512, 431),
    ],
)
def test_a_head_that_cannot_become_good_is_refused_before_it_is_whole(begun: bytes, status: int) -> None:
    with pytest.raises(Refusal) as caught:
        check_partial(begun, LIMITS)
    assert caught.value.status == status


def test_a_head_without_its_empty_line_is_refused() -> None:
    for head in (b"", b"GET / HTTP/1.1", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n"):
        with pytest.raises(Refusal):
            parse_request(head, LIMITS)


def test_invented_names_are_remembered_within_bounds_and_judged_alike_after() -> None:
    limits = Limits(fields=5000, head=1 << 20)
    flood = [b"X-%d: 1" % number for number in range(4000)]
    for _ in range(2):
        assert len(parse_request(field(*flood), limits).fields) == 4001
        with pytest.raises(Refusal):
            parse_request(field(*flood, b"X-1 : 1"), limits)
        with pytest.raises(Refusal):
            parse_request(field(b"CONTENT-LENGTH: 1", *flood, b"CoNtEnT-lEnGtH: 1"), limits)
