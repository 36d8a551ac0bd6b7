"""What each way of comparing says, with and without `-i`."""

from collections.abc import Callable

import pytest

from ingress.acl.grammar import parse_acls
from ingress.acl.matches import DEFAULT_MATCH, MATCHES
from ingress.acl.sample import Type
from ingress.model.condition import Match

Ask = Callable[..., bool]

TABLE = [
    ("path /a", "/a", "/a/ /A /ab"),
    ("path -i /a", "/a /A", "/a/ /ab"),
    ("path /a /b", "/a /b", "/c"),
    ("path_beg /blog", "/blog /blogx /blog/x", "/ /Blog /x/blog"),
    ("path_beg -i /blog /x", "/BLOG/1 /X", "/ /y"),
    ("path_end .php .css", "/a.php /.css", "/a.php/ /a.PHP"),
    ("path_end -i .php", "/a.PHP", "/php"),
    ("path_sub og", "/blog", "/OG /lo"),
    ("path_sub -i og", "/bLOG", "/lo"),
    ("path_dir blog", "/blog //blog /x/../blog /blog/a", "/blogx /xblog /Blog /blog%2Fa"),
    ("path_dir a/b", "/x/a/b/c /a/b", "/a//b /xa/b"),
    ("path_dir /a/", "/a /x/a/y", "/ab"),
    ("path_dir -i BLOG", "/blog/x", "/blogs"),
    ("path_dom ex.com", "/www.ex.com /ex.com:80 /ex.com.evil.org", "/evilex.com"),
    ("path_len 3", "/ab", "/a /abc"),
    ("path_len gt 2 lt 2", "/ /ab", "/a"),
    ("path_len 2:3", "/a /ab", "/ /abc"),
    (r"path_reg ^/[0-9]+$", "/1 /12", "/ /1a /x/1"),
    ("path_reg -i ^/A", "/a /A", "/b"),
    ("path -m found", "/ /x", ""),
    ("path -m beg /x", "/xy", "/y"),
    ("path_end -m beg /x", "/xy", "/yx"),
]


@pytest.mark.parametrize(("test", "yes", "no"), TABLE)
def test_a_path_is_compared_as_haproxy_does(test: str, yes: str, no: str, holds: Ask) -> None:
    assert [path for path in yes.split() if not holds(test, f"GET {path}")] == []
    assert [path for path in no.split() if holds(test, f"GET {path}")] == []


@pytest.mark.parametrize(
    ("test", "methods"),
    [
        ("method GET", "GET"),
        ("method GET HEAD", "GET HEAD"),
        ("method -i foo", "FOO foo Foo"),
        ("method -i GET foo", "GET foo FOO Foo"),
        ("method foo", "foo"),
        ("method -m beg G", "GET"),
    ],
)
def test_only_methods_that_are_not_well_known_may_differ_in_case(test: str, methods: str, holds: Ask) -> None:
    tried = "GET get HEAD foo FOO Foo POST"
    assert [method for method in tried.split() if holds(test, f"{method} /")] == [
        method for method in tried.split() if method in methods.split()
    ]


@pytest.mark.parametrize(
    ("networks", "yes", "no"),
    [
        ("10.0.0.0/8", "10.1.2.3 ::ffff:10.1.2.3 ::10.1.2.3 2002:a01:203::", "11.0.0.1 fd00::1"),
        ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
        ("10.1.2.3/255.0.255.0", "10.9.2.9", "10.9.3.9"),
        ("fd00::/8", "fd12::1", "fe80::1 10.0.0.1"),
        ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"),
        ("0.0.0.0/0", "1.2.3.4", "fd00::1"),
        ("10.0.0.0/8 192.168.0.0/16", "10.0.0.1 192.168.255.1", "192.169.0.1"),
        ("::/0", "1.2.3.4 fd00::1", ""),
    ],
)
def test_an_address_is_in_a_network_of_either_version(networks: str, yes: str, no: str, holds: Ask) -> None:
    test = f"hdr_ip(x) {networks}"
    assert [address for address in yes.split() if not holds(test, "GET /", f"X: {address}")] == []
    assert [address for address in no.split() if holds(test, "GET /", f"X: {address}")] == []


def test_the_source_is_the_address_of_the_client(holds: Ask, client: Callable[..., object]) -> None:
    assert holds("src 10.0.0.0/8")
    assert not holds("src 10.0.0.0/8", client=client(address=bytes((11, 0, 0, 1))))
    assert holds("src 2002::/16", client=client(address=bytes.fromhex("2002") + bytes(14)))


def test_a_source_can_be_compared_as_text(holds: Ask) -> None:
    assert holds("src -m beg 10.1.")


@pytest.mark.parametrize("match", MATCHES)
def test_the_example_of_every_match_compares_by_it(match: Match) -> None:
    (criterion,) = parse_acls(f"a {MATCHES[match].example}")["a"]
    assert criterion.match is match


def test_every_match_has_a_row_and_every_type_but_two_a_default() -> None:
    assert MATCHES.keys() == set(Match)
    assert set(Type) - DEFAULT_MATCH.keys() == {Type.BIN, Type.ANY}
