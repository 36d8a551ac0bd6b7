"""The table of options, and how their values are read."""

import pytest
from msgspec.structs import fields

from discovery import server_tls
from discovery.auth_options import AUTH_OPTIONS
from discovery.limit_options import LIMIT_OPTIONS
from discovery.option import Scope
from discovery.option_values import (
    OptionError,
    TcpPort,
    parse_duration,
    parse_send_proxy,
    parse_size,
    parse_tcp,
    parse_text,
    parse_timeout,
    parse_tries,
)
from discovery.options import OPTIONS
from discovery.pooling import FIELDS
from ingress.model.backend import BackendSettings, ProxyHeader


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("5s", 5.0),
        (" 2m ", 120.0),
        ("1h", 3600.0),
        ("1d", 86400.0),
        ("500us", 0.0005),
        ("0", 0.0),
    ],
)
def test_a_duration_is_a_number_and_its_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "5", "-1s", "1.5s", "5 s", "5S", "5sec", "2d", "1m30s", "s", "٥s", "99999999999999999999s", "inf"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(OptionError):
        parse_duration(text)


def test_a_number_without_unit_is_refused_with_both_readings() -> None:
    with pytest.raises(OptionError, match="write 60s for seconds or 60ms for milliseconds"):
        parse_duration("60")


@pytest.mark.parametrize("text", ["0", "0s"])
def test_a_timeout_is_never_zero(text: str) -> None:
    with pytest.raises(OptionError, match="zero"):
        parse_timeout(text)


@pytest.mark.parametrize(("text", "tries"), [("1", 1), (" 3 ", 3), ("100", 100)])
def test_tries_are_a_whole_number(text: str, tries: int) -> None:
    assert parse_tries(text) == tries


@pytest.mark.parametrize("text", ["0", "101", "-1", "1.0", "", "x", "٣", "1" * 5000])
def test_what_is_no_number_of_tries_is_refused(text: str) -> None:
    with pytest.raises(OptionError):
        parse_tries(text)


def test_tcp_names_ports_and_their_targets() -> None:
    assert parse_tcp("3306") == (TcpPort(3306),)
    assert parse_tcp("db.example.com:3306, *.Example.com:3306:mysql") == (
        TcpPort(3306, host="db.example.com"),
        TcpPort(3306, "mysql", "*.example.com"),
    )
    assert parse_tcp("3306:mysql, 5432:5433") == (TcpPort(3306, "mysql"), TcpPort(5432, "5433"))


@pytest.mark.parametrize("text", ["", "0", "65536", "a", "3306:", "3306,", "3306:MY_SQL", "1:2:3", "db:80"])
def test_what_is_no_tcp_port_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="PORT:SERVICE-PORT"):
        parse_tcp(text)


@pytest.mark.parametrize("text", ["10.0.0.1:80", "a..b:80", "*.:80", "a.*.b:80"])
def test_a_port_is_for_no_host_that_is_none(text: str) -> None:
    with pytest.raises(OptionError, match="host name"):
        parse_tcp(text)


def test_options_of_a_service_set_what_backends_have() -> None:
    settable = {option.field for option in OPTIONS.values() if option.scope is Scope.SERVICE}
    settable -= {"tcp"} | FIELDS | server_tls.FIELDS
    assert settable == {field.name for field in fields(BackendSettings)} - {"tls"}


def test_every_option_is_found_by_its_own_name_and_says_what_it_does() -> None:
    assert all(name == option.name for name, option in OPTIONS.items())
    assert all(option.sentence.endswith(".") for option in OPTIONS.values())
    assert {name for name, option in OPTIONS.items() if option.rules} == {
        name for name, option in OPTIONS.items() if option.parse is parse_text
    }
    assert {name for name, option in OPTIONS.items() if option.guards} == {
        "acl",
        *(option.name for option in (*AUTH_OPTIONS, *LIMIT_OPTIONS)),
        "auth-realm",
        "auth-secret",
        "auth-tls-secret",
        "auth-tls-verify",
        "http-request",
        "http-response",
        "redirect",
        "tcp-request",
    }


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("unlimited", 0), ("100", 100), ("8k", 8192), (" 10M ", 10 << 20), ("2g", 2 << 30)],
)
def test_a_size_is_a_number_and_its_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "m", "-1", "1.5m", "10 m", "10mb", "10t", "٥m", "99999999999999"])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(OptionError, match="is not a size such as 512k, 10m or 1g"):
        parse_size(text)


def test_only_versions_of_the_proxy_protocol_are_sent() -> None:
    assert [parse_send_proxy(text) for text in ("off", "v1", " v2 ")] == list(ProxyHeader)
    with pytest.raises(OptionError, match='"v3" is none of off, v1, v2'):
        parse_send_proxy("v3")
