"""What each converter makes of a sample."""

import pytest

from ingress.acl.converters import CONVERTERS
from ingress.acl.grammar import AclError, parse_rules
from ingress.acl.text import compile_text
from ingress.model.policy import SetHeader
from ingress.model.settings import Limits
from ingress.wire.request import parse_request

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm5hIiwibiI6Mn0.c2ln"
TABLE = [
    ("wt6", "abc", "2483038440"),
    ("wt6(1)", "abc", "266135527"),
    (
        "hmac(sha256,a2V5),hex",
        "abc",
        "9C196E32DC0175F86F4B1CB89289D6619DE6BEE699E4C378E68309ED97A1A6AB",
    ),
    ("hmac(md5,req.none),hex", "abc", ""),
    ("json", 'a"/\\\té', 'a\\"\\/\\\\\\t\\u00c3\\u00a9'),
    ("json(utf8)", 'a"é', 'a\\"\\u00e9'),
    ("json(utf8)", "a😀", ""),
    ("json(utf8s)", "a😀é", "a\\u00e9"),
    ("language(de;en)", "en;q=0.5, de-AT;q=0.8", "de"),
    ("language(de;en)", "en, de;q=0.9", "en"),
    ("language(fr,de)", "en", "de"),
    ("language(fr)", "fr;q=0", ""),
    ("cut_crlf", "abc", "abc"),
    ("length,htonl,hex", "abc", "00000003"),
    ("length,utime(%Y-%m-%d)", "abc", "1970-01-01"),
    ("length,ltime(%d)", "abc", "01"),
    ("set-var(txn.x),concat(-,txn.x)", "a", "a-a"),
    ("set-var(txn.x),length,add(txn.x)", "5", "6"),
    ("set-var(txn.x),unset-var(txn.x),concat(-,txn.x)", "a", "a-"),
    ("set-var(txn.x),secure_memcmp(txn.x)", "a", "1"),
    ("secure_memcmp(txn.none)", "a", ""),
    ("add_item(-,,b)", "a", "a-b"),
    ("add_item(-,txn.none,b)", "a", "a-b"),
    ("add_item(-,txn.none)", "a", "a"),
    ("jwt_header_query($.alg)", TOKEN, "ES256"),
    ("jwt_payload_query($.sub)", TOKEN, "anna"),
    ("jwt_payload_query", TOKEN, '{"sub":"anna","n":2}'),
    ("jwt_payload_query($.sub)", "abc", ""),
    ("field(1,/)", "a/b/c", "a"),
    ("field(-1,/)", "a/b/c", "c"),
    ("field(2,/,0)", "a/b/c", "b/c"),
    ("field(-2,/,2)", "a/b/c", "a/b"),
    ("field(2,/)", "a//c", ""),
    ("field(9,/),base64", "a", ""),
    ("word(2,/)", "//a//b//", "b"),
    ("word(1,/,0)", "//a//b//", "a//b//"),
    ("word(-1,/,0)", "//a//b//", "//a//b"),
    ("word(-2,/,5)", "/a/b", "/a"),
    ("ltrim(/)", "//a/", "a/"),
    ("rtrim(/)", "//a/", "//a"),
    ("bytes(1,2)", "abcd", "bc"),
    ("bytes(9)", "abcd", ""),
    ("length", "abc", "3"),
    ('regsub("([a-z])/([a-z])","\\2-\\1")', "/a/b/c", "/b-a/c"),
    ('regsub("x*",-,g)', "ab", "-a-b-"),
    ("regsub(B,x,gi)", "bab", "xax"),
    ('regsub("$",-,g)', "a", "a--"),
    ("concat(<,req.none,>)", "a", "a<>"),
    ("bool,iif(yes,no)", "7", "yes"),
    ("host_only", "WWW.ex.com:80", "www.ex.com"),
    ("host_only", "[::1]:80", "[::1]"),
    ("port_only", "[::1]:80", "80"),
    ("port_only", "ex.com", "0"),
    ("base64", "abc", "YWJj"),
    ("b64dec", "YWJj", "abc"),
    ("b64dec", "YWJ", ""),
    ("ub64enc", "??>", "Pz8-"),
    ("ub64dec", "Pz8-", "??>"),
    ("ub64dec", "Pz8+", ""),
    ("hex", "abc", "616263"),
    ("hex2i", "ff", "255"),
    ("hex2i", "fg", ""),
    ("url_enc", "a b/~", "a%20b%2F~"),
    ("url_dec", "a%20b+c?d+e", "a b+c?d e"),
    ("url_dec(1)", "a+b", "a b"),
    ("url_dec", "a%4", ""),
    ("json_query($.a.b[1])", '{"a":{"b":[1,2]}}', "2"),
    ("json_query($.a)", '{"a":true}', "1"),
    ("json_query($.a)", '{"a":1.5}', "1.5"),
    ("json_query($.a,int)", '{"a":1.5}', "1"),
    ("json_query($.a)", '{"a":"x"}', "x"),
    ("json_query($.a)", '{"a":{}}', ""),
    ("json_query($.a)", "nonsense", ""),
    ("add(5)", "12x", "17"),
    ("sub(20)", "12", "-8"),
    ("mul(9223372036854775807)", "2", "9223372036854775807"),
    ("div(2),neg", "7", "-3"),
    ("div(0)", "7", "9223372036854775807"),
    ("neg,mod(3)", "7", "-1"),
    ("mod(0)", "7", "0"),
    ("and(6)", "3", "2"),
    ("or(8)", "5", "13"),
    ("xor(1)", "5", "4"),
    ("cpl", "5", "-6"),
    ("odd", "5", "1"),
    ("even", "5", "0"),
    ("not", "0", "1"),
    ("ipmask(24)", "10.1.2.3", "10.1.2.0"),
    ("ipmask(24,32)", "2001:db8::1", "2001:db8::"),
    ("ipmask(24)", "2001:db8::1", ""),
    ("http_date", "1600000000", "Sun, 13 Sep 2020 12:26:40 GMT"),
    ("http_date(0,ms)", "1600000000123", "Sun, 13 Sep 2020 12:26:40.123 GMT"),
    ("http_date", "9223372036854775807", ""),
    ("crc32", "abc", "891568578"),
    ("crc32(1)", "abc", "930845320"),
    ("crc32c", "abc", "910901175"),
    ("djb2", "abc", "193485963"),
    ("sdbm", "abc", "807794786"),
    ("xxh32", "abc", "852579327"),
    ("xxh32(7)", "abc", "1473238068"),
    ("xxh64", "abc", "4952883123889572249"),
    ("sha1,hex", "abc", "A9993E364706816ABA3E25717850C26C9CD0D89D"),
    ("sha2(224),hex,bytes(0,6)", "abc", "23097D"),
    ("digest(md5),hex", "abc", "900150983CD24FB0D6963F7D28E17F72"),
    ("lower,upper", "aB", "AB"),
]

REFUSED = [
    ("field(0,/)", "an index from 1 on"),
    ("field(1)", "2 to 3 arguments expected, not 1"),
    ("regsub((,x)", "not one of RE2"),
    ("regsub(a,'\\x41')", "a backslash stands before the number of a group"),
    ("regsub(a,b,x)", "is not of the flags g and i"),
    ("add(x)", 'column 30: add: "x" is no variable'),
    ("add(txn.a b)", "is no variable"),
    ("concat(a,sess.b)", "scopes are txn, req and res"),
    ("sha2(1)", "is not 224, 256, 384 or 512"),
    ("digest(crc)", "is not one of md5"),
    ("ipmask(33)", '"/33" is no mask'),
    ("json_query(a)", "is no path"),
    ("http_date(0,h)", "is no unit"),
    ("lower(1)", "no argument is expected"),
    ("url_dec(x)", "is neither 0 nor 1"),
    ("crc32(2)", "is no number from 0 to 1"),
    ("hmac(sha256,a)", "the key is expected in base64"),
    ("hmac(crc,a2V5)", "is not one of md5"),
    ("json(latin1)", "is not one of ascii, utf8"),
    ("language(;)", "languages are expected"),
    ("add_item(-,)", "a variable or a text is expected"),
    ("jwt_verify(HS256,x)", "keys are not for rules"),
    ("lower", 'a "]" is missing'),
]


def made(expression: str, value: str) -> str:
    """What a header with that value becomes."""
    word = f"%[req.fhdr(x-v),{expression}]".replace("\\", "\\\\").replace('"', '\\"')
    (rule,) = parse_rules(f'set-header a "{word}"', {})
    assert isinstance(rule.action, SetHeader)
    head = f"GET / HTTP/1.1\r\nHost: h\r\nX-V: {value}\r\n\r\n".encode()
    return compile_text(rule.action.value)(parse_request(head, Limits()), None).decode()  # type: ignore[arg-type]


@pytest.mark.parametrize(("expression", "value", "text"), TABLE)
def test_a_sample_is_converted_as_haproxy_does(expression: str, value: str, text: str) -> None:
    assert made(expression, value) == text


def test_every_converter_is_in_the_table() -> None:
    tried = " ".join(f",{expression}" for expression, _, _ in TABLE)
    assert [name for name in CONVERTERS if f",{name}" not in tried and not _tried_elsewhere(name)] == []


def _tried_elsewhere(name: str) -> bool:
    return name == "strcmp" or name.startswith("map")


@pytest.mark.parametrize(("expression", "message"), REFUSED)
def test_arguments_that_do_not_fit_are_refused(expression: str, message: str) -> None:
    bracket = "" if message.endswith("missing") else "]"
    with pytest.raises(AclError, match="line 1") as refused:
        parse_rules(f'set-header a "%[req.fhdr(x-v),{expression}{bracket}"'.replace("\\", "\\\\"), {})
    assert message in str(refused.value)


def test_what_is_found_is_replaced_a_bounded_number_of_times() -> None:
    assert made("regsub(a,b,g)", "a" * 900) == "b" * 900
    assert made("regsub(a,b,g)", "a" * 5000) == ""
