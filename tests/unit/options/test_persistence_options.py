"""What is written of persistence, in HAProxy's words."""

import pytest

from discovery.option_values import OptionError
from discovery.persistence_options import parse_balance, parse_cookie, parse_cookie_key, parse_hash_type
from ingress.model.backend import Balance
from ingress.model.condition import Call, Expression
from ingress.model.persistence import Cookie, CookieMode, Hashed, HashType


@pytest.mark.parametrize("balance", Balance)
def test_every_algorithm_is_known_by_its_name(balance: Balance) -> None:
    assert parse_balance(f" {balance} ") is balance


def test_an_unknown_algorithm_is_refused_with_those_there_are() -> None:
    with pytest.raises(OptionError, match='"quickest"; there are roundrobin, leastconn, random, source, uri'):
        parse_balance("quickest")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("source", Expression(Call("src"))),
        ("uri", Expression(Call("path"))),
        ("uri path-only", Expression(Call("path"))),
        ("uri whole", Expression(Call("pathq"))),
        ("uri depth 2", Expression(Call("path"), (Call("field", ("1", "/", "3")),))),
        ("uri len 9", Expression(Call("path"), (Call("bytes", ("0", "9")),))),
        ("hdr(X-User)", Expression(Call("hdr", ("X-User", "1")))),
        ("url_param userid", Expression(Call("urlp", ("userid",)))),
        ("url_param(userid)", Expression(Call("urlp", ("userid",)))),
        ("hash req.cook(s),lower", Expression(Call("cook", ("s",)), (Call("lower"),))),
    ],
)
def test_what_of_a_request_decides_is_said_as_in_haproxy(text: str, key: Expression) -> None:
    assert parse_balance(f" {text} ") == Hashed(text, key)
    assert str(parse_balance(text)) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("first", "unknown algorithm"),
        ("source extra", '"extra" is not expected behind source'),
        ("uri depth", "depth needs a number from 1 to 9999"),
        ("uri depth 0", "depth needs a number"),
        ("uri deep", '"deep" is not expected behind uri; there are whole, depth N, len N'),
        ("hdr", r"hdr\(NAME\) is expected"),
        ("hdr(host) use_domain_only", r"write hash hdr\(host\),field\(-2,.\)"),
        ("hdr(a b)", "unknown algorithm"),
        ("url_param", "url_param NAME is expected"),
        ("url_param u check_post", "check_post is not served"),
        ("hash", "hash EXPRESSION is expected"),
        ("hash srcc", 'unknown fetch "srcc"; did you mean "src"'),
        ("hash res.hdr(x)", "asks about the answer"),
        ("hash src]", "has to be a sample"),
        ("hash " + "a" * 600, "longer than 500"),
    ],
)
def test_what_cannot_be_read_of_it_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(OptionError, match=why):
        parse_balance(text)


def test_a_hash_is_consistent_or_based_on_a_map() -> None:
    assert parse_hash_type("consistent") is HashType.CONSISTENT
    assert parse_hash_type(" map-based ") is HashType.MAP_BASED
    with pytest.raises(OptionError, match='"consistant" is none of consistent, map-based'):
        parse_hash_type("consistant")
    with pytest.raises(OptionError, match="sdbm: the function of the hash is not for choosing"):
        parse_hash_type("consistent sdbm avalanche")


def test_a_cookie_is_said_as_in_haproxy() -> None:
    text = "SRV insert indirect nocache postonly httponly secure domain .a.com domain b.com attr SameSite=Lax"
    assert parse_cookie(f"  {text}  dynamic") == Cookie(
        f"{text} dynamic",
        "SRV",
        CookieMode.INSERT,
        indirect=True,
        nocache=True,
        postonly=True,
        httponly=True,
        secure=True,
        domains=(".a.com", "b.com"),
        attributes=("SameSite=Lax",),
    )
    assert parse_cookie("JSESSIONID prefix").mode is CookieMode.PREFIX
    assert parse_cookie("JSESSIONID rewrite nocache").mode is CookieMode.REWRITE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("a;b insert", "a cookie has a name"),
        ("SRV", "insert, rewrite or prefix is missing"),
        ("insert", "insert, rewrite or prefix is missing"),
        ("SRV insert prefix", "prefix cannot be together with insert"),
        ("SRV insert indirekt", "did you mean indirect"),
        ("SRV insert domain", "domain needs a domain such as .example.com"),
        ("SRV insert attr a;b", "attr needs an attribute"),
        ("SRV insert maxidle 10m", "maxidle is not served; .* attr Max-Age=SECONDS"),
        ("SRV prefix indirect", "indirect needs insert: prefix changes what the server sets"),
        ("SRV insert attr é=1", "attr needs an attribute"),
    ],
)
def test_a_cookie_that_cannot_be_read_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(OptionError, match=why):
        parse_cookie(text)


def test_the_key_of_a_cookie_is_not_one_that_is_soon_guessed() -> None:
    assert parse_cookie_key(" correct horse battery ") == "correct horse battery"
    with pytest.raises(OptionError, match="16 characters"):
        parse_cookie_key("secret")
