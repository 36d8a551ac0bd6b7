"""Where agents are."""

import pytest

from discovery.consul.address import Address, parse_agent


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("http://127.0.0.1:8500", "http://127.0.0.1:8500"),
        ("http://consul.example.com", "http://consul.example.com:8500"),
        ("https://consul.example.com/", "https://consul.example.com:8501"),
        ("127.0.0.1:8500", "http://127.0.0.1:8500"),
        ("localhost", "http://localhost:8500"),
        ("http://[::1]:8500", "http://[::1]:8500"),
        ("https://[fd00::1]", "https://[fd00::1]:8501"),
        ("https://example.com:443/consul/", "https://example.com:443/consul"),
    ],
)
def test_an_agent_is_at_a_url(text: str, base: str) -> None:
    assert parse_agent(text) == Address(base)


@pytest.mark.parametrize("text", ["unix:///run/consul.sock", "unix:/run/consul.sock"])
def test_an_agent_may_be_at_a_unix_socket(text: str) -> None:
    assert parse_agent(text).socket == "/run/consul.sock"
    assert str(parse_agent(text)) == "unix:///run/consul.sock"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://x",
        "http://",
        "http://user:secret@x",
        "http://x:99999",
        "http://x?dc=1",
        "unix://run",
        "http://[::1",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="unix:///PATH"):
        parse_agent(text)
