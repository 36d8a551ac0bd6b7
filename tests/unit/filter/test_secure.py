"""Clients come over TLS where they can, and are told to keep coming so."""

from typing import Any

import pytest

from ingress.filter.steps import compile_policy
from ingress.model.policy import Policy
from ingress.model.settings import Limits
from ingress.wire.request import Request, parse_request
from ingress.wire.response import parse_response
from tests.unit.acl.conftest import Client as Plain


class From(Plain):
    """A client, perhaps one that is a proxy we trust."""

    def __init__(self, *, tls: bool = False, trusted: bool = False) -> None:
        super().__init__(tls=tls)
        self.trusted = trusted


def request(target: str = "/a?b=c", host: str = "www.ex.com:8080", proto: str = "") -> Request:
    line = f"X-Forwarded-Proto: {proto}\r\n" if proto else ""
    return parse_request(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{line}\r\n".encode(), Limits())


def location(client: Any, asked: Request) -> bytes | None:
    steps = compile_policy(Policy(), https=True)
    assert steps is not None
    reply = steps.run(asked, client)
    if reply is None:
        return None
    assert reply.status == 308
    return reply.headers


def test_plain_http_goes_to_the_same_address_over_tls() -> None:
    assert location(From(), request()) == b"Location: https://www.ex.com/a?b=c\r\n"
    assert location(From(), request("/", "www.ex.com")) == b"Location: https://www.ex.com/\r\n"
    assert location(From(), request("/", "[2001:db8::1]:80")) == b"Location: https://[2001:db8::1]/\r\n"
    assert location(From(), request("/", "[2001:db8::1]")) == b"Location: https://[2001:db8::1]/\r\n"


@pytest.mark.parametrize(
    ("client", "proto", "goes_on"),
    [
        (From(tls=True), "", True),
        (From(trusted=True), "https", True),
        (From(trusted=True), "http", False),
        (From(), "https", False),
    ],
)
def test_the_scheme_is_that_of_the_client_or_what_a_trusted_proxy_says(
    client: From, proto: str, goes_on: bool
) -> None:
    assert (location(client, request(proto=proto)) is None) is goes_on


@pytest.mark.parametrize(("tls", "said"), [(True, [b"max-age=86400"]), (False, [])])
def test_hsts_is_said_over_tls_alone(tls: bool, said: list[bytes]) -> None:
    steps = compile_policy(Policy(hsts="max-age=86400"))
    assert steps is not None
    response = parse_response(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"GET", Limits())
    assert steps.respond(request(), response, From(tls=tls)) is None
    assert list(response.values(b"strict-transport-security")) == said
