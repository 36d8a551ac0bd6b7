"""What each fetch finds in a request."""

from collections.abc import Callable

import pytest

from ingress.acl.converters import CONVERTERS
from ingress.acl.fetches import FETCHES
from ingress.acl.grammar import parse_acls

Ask = Callable[..., bool]

HEADERS = [
    ("hdr(x) b", ["X: a, b"], True),
    ("hdr(x) b", ["X: a", "x: b"], True),
    ("hdr(x) b", ['X: "a,b"'], False),
    ("hdr(x) -m found", ["X:"], True),
    ("hdr(x) -m len 0", ["X: a,"], True),
    ("hdr(x) -m found", [], False),
    ("hdr(x,1) a", ["X: a,b"], True),
    ("hdr(x,-1) a", ["X: a,b"], False),
    ("hdr(x,3) -m found", ["X: a,b"], False),
    ("req.fhdr(x) 'a, b'", ["X: a, b"], True),
    ("hdr_cnt(x) 3", ["X: a,b", "X: c"], True),
    ("hdr_cnt(x) 0", [], True),
    ("req.fhdr_cnt(x) 2", ["X: a,b", "X: c"], True),
    ("hdr_val(x) 12", ["X: 12abc"], True),
    ("hdr_val(x) 1", ["X: 4294967297"], True),
    ("hdr(x) -m int 12", ["X: 12abc"], True),
    ("hdr_ip(x) 1.2.3.4", ["X: nonsense, 1.2.3.4:80"], True),
    ("hdr_ip(x) 1.2.3.4", ["X: 1.2.3.4:70000"], False),
    ("hdr_ip(x) 10.1.2.3", ["X: 010.1.2.3"], True),
    ("hdr(host) www.ex.com", ["Host: www.ex.com:8080"], False),
    ("hdr_dom(host) ex.com", ["Host: www.ex.com:8080"], True),
    ("hdr(host) -i www.ex.com", ["Host: WWW.ex.com"], True),
    ("hdr(x),add(1) 6", ["X: 5"], True),
    ("hdr(x),add(1) 6", ["X: 4, 5"], True),
    ("hdr(x),add(1) 6", ["X: , 5"], False),
    ("hdr(x) -m int 5", ["X: , 5"], True),
    ("hdr_sub(x) -i A1 b2 c3 d4 e5", ["X: xa1"], True),
    ("hdr_sub(x) -i a1 b2 c3 d4 Á", ["X: あ"], False),
    ("hdr_sub(x) . [ ( * \\\\ +", ["X: a"], False),
    ("hdr(x),sha1 -m bin 86f7e437faa5a7fce15d1ddcb9eaeaea377667b8", ["X: a"], True),
    ("cook(a) 2", ["Cookie: b=1; a=2"], True),
    ("cook(a) y", ["Cookie: a=x; a=y"], True),
    ("cook(a) -m found", ["Cookie: a="], False),
    ("cook(a) -m found", ["Cookie: a=; b=1"], True),
    ("cook(a) 1", ["Cookie: a=1,2"], True),
    ("cook(a) '\"1;2\"'", ['Cookie: a="1;2"; b=3'], True),
    ("cook(a) -m found", ["Cookie: A=1"], False),
    ("cook_cnt(a) 2", ["Cookie: a=1", "Cookie: a=2"], True),
    ("cook_val(a) ge 3", ["Cookie: a=12"], True),
]

TARGETS = [
    ("capture.req.uri /a?b=1", "/a?b=1", True),
    ("capture.req.method GET", "/", True),
    ("capture.req.ver HTTP/1.1", "/", True),
    ("base32,sub(txn.none) -m found", "/", False),
    ("url32,hex -m len 16", "/?a=1", True),
    ("base32+src,length 8", "/", True),
    ("bin(616263) -m str abc", "/", True),
    ("ipv6(fd00::1) fd00::/8", "/", True),
    ("ipv4(10.1.2.3) 10.0.0.0/8", "/", True),
    ("unique-id 0001", "/", True),
    ("stopping", "/", False),
    ("fc_http_major 1", "/", True),
    ("urlp(a) 1", "/?a=1", True),
    ("urlp(a) 7", "/?a=&a=7", True),
    ("urlp(a) 3", "/?x?a=3", True),
    ("urlp(a) 1", "/?aa=1;b=1", False),
    ("urlp(b) 1", "/?aa=1;b=1", True),
    ("urlp(a) -m found", "/?a", False),
    ("url_param(a) -m len 0", "/?a=", True),
    ("urlp(a,|) 1", "/x|a=1&b=2", True),
    ("urlp_val(a) gt 5", "/?a=12", True),
    ("query -m found", "/?", True),
    ("query -m found", "/", False),
    ("query a=1", "/?a=1", True),
    ("url /a?b", "/a?b", True),
    ("url_end b", "/a?b", True),
    ("path_end b", "/a?b", False),
    ("pathq /a?b", "/a?b", True),
    ("path /a", "http://h.org/a?b", True),
    ("url_beg http://h.org", "http://h.org/a", True),
    ("hdr(host) h.org", "http://h.org/a", True),
    ("base www.ex.com/a", "/a?b", True),
    ("base_beg www.", "/a?b", True),
    ("baseq www.ex.com/a?b", "/a?b", True),
    ("always_true", "/", True),
    ("always_false", "/", False),
    ("req.ver 1.1", "/", True),
    ("path,lower /a", "/A", True),
    ("path,upper /A", "/a", True),
    ("path,length 2", "/a", True),
    ("path,lower -m beg /a", "/ABC", True),
]

EXAMPLES = [*(row.example for row in FETCHES.values()), *(row.example for row in CONVERTERS.values())]


@pytest.mark.parametrize(("test", "fields", "expected"), HEADERS)
def test_headers_are_read_as_haproxy_reads_them(
    test: str, fields: list[str], expected: bool, holds: Ask
) -> None:
    assert holds(test, "GET /", *fields) is expected


@pytest.mark.parametrize(("test", "target", "expected"), TARGETS)
def test_targets_are_read_as_haproxy_reads_them(test: str, target: str, expected: bool, holds: Ask) -> None:
    assert holds(test, f"GET {target}") is expected


def test_a_request_for_the_server_itself_has_no_path(holds: Ask) -> None:
    assert not holds("path -m found", "OPTIONS *")
    assert not holds("path *", "OPTIONS *")
    assert not holds("path_beg *", "OPTIONS *")
    assert holds("url *", "OPTIONS *")
    assert holds("!no", "OPTIONS *", acls="no path_beg /")


def test_tls_is_known_from_the_connection(holds: Ask, client: Callable[..., object]) -> None:
    assert holds("ssl_fc", client=client(tls=True))
    assert not holds("ssl_fc")


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_example_of_every_row_is_taken(example: str) -> None:
    assert parse_acls(f"a {example}")
