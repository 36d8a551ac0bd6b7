"""Each deliberate difference from HAProxy is as the page says."""

from collections.abc import Mapping
from typing import Final

import pytest

from ingress.acl.cursor import Family
from ingress.acl.differences import DIFFERENCES
from ingress.acl.error import AclError
from ingress.acl.grammar import parse_acls, parse_rules
from tests.unit.acl.conftest import Ask, Client

REFUSED_TESTS: Final[Mapping[str, tuple[str, ...]]] = {
    "refused here: an empty condition": ("path_dir /", "path ''"),
    "refused here: a suffix beside a converter": ("path_beg,lower /a", "method get", "hdr_cnt(x) -5"),
    "refused here: an operator without a number": ("hdr_cnt(x) gt", "hdr_cnt(x) gt 1:2", "path_beg /a -i"),
    "refused here: abbreviated IPv4 addresses": ("src 10.1", "hdr -m found", "cook x", "urlp x"),
    "refused here: arguments with line ends": ("var(proc.x) -m found", 'path,regsub("a","\\x41")'),
    "regular expressions are RE2": ("path_reg ^(?=a)", "path_reg (a)\\1"),
}
REFUSED_RULES: Final[Mapping[str, tuple[str, ...]]] = {
    "refused here: an empty condition": ("deny if", "deny unless", "deny if or TRUE", "deny if TRUE or"),
    "refused here: redirect options without effect": (
        "redirect prefix /a append-slash",
        "set-header x %{+Q}[path]",
    ),
    "refused here: setting what frames a message": (
        "set-header Content-Length 5",
        "set-header Transfer-Encoding chunked",
        "set-header X-Forwarded-For 10.0.0.1",
    ),
    "files are keys of ConfigMaps": (
        "deny if { path -f /etc/paths }",
        "deny if { path -f configmap:a/b -i }",
    ),
}
REFUSED_FINAL: Final[Mapping[str, tuple[str, ...]]] = {
    "http_auth and req.body in rules about answers": ("set-header x 1 if { req.body -m found }",),
}
HELD: Final[Mapping[str, tuple[tuple[str, str, bool], ...]]] = {
    "`http://host` without a slash": (("path /", "GET http://www.ex.com", True),),
    "the sum of two negative numbers": (("int(-2),add(-3),neg 5", "GET /", True),),
    "`port_only` of a port that is no number": (("str(a:x),port_only 0", "GET /", True),),
    "`json_query` of a text that is no JSON": (("str(nonsense),json_query($.a) -m found", "GET /", False),),
    "`ub64dec`, `b64dec` of a text that is not base64": (("str(**),b64dec -m found", "GET /", False),),
    "arithmetic on a truth": (("ssl_fc,or(2) 2", "GET /", True),),
    "`http_date`, `utime`, `ltime` of times before 1970": (
        ("int(-86400),http_date -m sub 1969", "GET /", True),
        ("int(-86400),utime(%Y) 1969", "GET /", True),
    ),
    "`\\b` in `regsub`": (("str(ab),regsub('\\bb',x,g) ab", "GET /", True),),
}
"""A test, a request line, and whether it holds."""
SHOWN: Final = frozenset(
    {
        "an absolute-form target with a default port",
        "set-header Host beside an absolute-form target",
        "`ssl_fc_sni`",
        "`var()` with `-m bool`",
        "`set-method` changes",
        "`set-query` of `OPTIONS *`",
        "rules about answers may ask about the request",
        "`map_str_ip` and its like",
        "`normalize-uri` under a condition",
        "`set-src` and its like",
        "`capture`",
        "`set-timeout`",
        "userlists",
        "`req.body` and its like",
    }
)
"""What other tests show: of actions, of maps, of requests on their way."""
TABLES: Final = (REFUSED_TESTS, REFUSED_RULES, REFUSED_FINAL, HELD)
LOCALHOST: Final = "LOCALHOST"


def texts(table: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [text for many in table.values() for text in many]


@pytest.mark.parametrize("text", texts(REFUSED_TESTS))
def test_a_test_that_haproxy_takes_is_refused(text: str) -> None:
    with pytest.raises(AclError):
        parse_acls(f"a {text}")


@pytest.mark.parametrize("text", texts(REFUSED_RULES))
def test_a_rule_that_haproxy_takes_is_refused(text: str) -> None:
    with pytest.raises(AclError):
        parse_rules(text, {})


@pytest.mark.parametrize("text", texts(REFUSED_FINAL))
def test_a_rule_about_answers_that_haproxy_takes_is_refused(text: str) -> None:
    with pytest.raises(AclError):
        parse_rules(text, {}, Family.FINAL)


@pytest.mark.parametrize(("test", "line", "wanted"), [each for many in HELD.values() for each in many])
def test_a_test_decides_otherwise_than_in_haproxy(test: str, line: str, wanted: bool, holds: Ask) -> None:
    assert holds(test, line) is wanted


def test_localhost_is_so_over_ipv6_too(holds: Ask, client: type[Client]) -> None:
    here = client(bytes(15) + b"\1")
    assert holds("LOCALHOST", acls="unused path /", client=here)


def test_every_difference_has_a_test() -> None:
    known = [*SHOWN, LOCALHOST, *(key for table in TABLES for key in table)]
    assert [each for each in DIFFERENCES if not any(map(each.startswith, known))] == []
    assert [key for key in known if not any(each.startswith(key) for each in DIFFERENCES)] == []
