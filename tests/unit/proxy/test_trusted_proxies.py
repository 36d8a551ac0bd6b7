"""What a proxy in front says of its client is believed where that proxy is trusted, and nowhere else."""

from typing import Any

import pytest

from ingress.acl.grammar import parse_rules
from ingress.model.policy import Policy
from ingress.model.settings import Settings
from ingress.proxy.client import Door
from ingress.proxy.introduction import packed
from tests.unit.proxy.conftest import Backends

TRUSTED = Settings(trusted_proxies=("127.0.0.2",), forwarded=True)
PROXY, STRANGER = "127.0.0.2", "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("10.200.3.4", True),
        ("11.0.0.1", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("fd00:1::2", True),
        ("fe00::1", False),
        # An address of IPv6 is none of IPv4, though it has one in it.
        ("2002:a01:203::1", False),
        ("::10.1.2.3", False),
    ],
)
def test_whoever_comes_from_one_of_the_networks_is_trusted(address: str, trusted: bool) -> None:
    networks = ("10.0.0.0/8", "192.0.2.7", "192.0.2.9/32", "fd00::/8")
    assert Door(Settings(trusted_proxies=networks), 80, tls=False).trusts(packed(address)) == trusted


def test_nobody_is_trusted_where_no_network_is_named() -> None:
    door = Door(Settings(), 80, tls=False)
    assert not door.trusts(packed("127.0.0.1"))
    assert not door.trusts(packed("::1"))


def request(*fields: str) -> bytes:
    """A request as a proxy sends it."""
    lines = ("GET / HTTP/1.1", "Host: www.example.com", "Connection: close", *fields)
    return "\r\n".join((*lines, "", "")).encode()


def told(head: bytes) -> dict[str, str]:
    """The fields that a server got about its client."""
    lines = (line.partition(": ") for line in head.decode().split("\r\n"))
    return {name.lower(): value for name, _, value in lines if name.lower().startswith(("x-forw", "forw"))}


@pytest.mark.parametrize(
    ("fields", "proto", "port"),
    [
        (("X-Forwarded-Proto: https",), "https", "443"),
        (("X-Forwarded-Proto: HTTPS", "X-Forwarded-Port: 8443"), "https", "8443"),
        (("X-Forwarded-Proto: wss", "X-Forwarded-Port: 99999"), "wss", "443"),
        (("X-Forwarded-Proto: http", "X-Forwarded-Port: 8443"), "http", "80"),
        (("X-Forwarded-Proto: gopher",), "http", "80"),
        ((), "http", "80"),
    ],
)
async def test_servers_are_told_the_scheme_and_port_that_the_client_came_to(
    front: Any, backends: Backends, fields: tuple[str, ...], proto: str, port: str
) -> None:
    async with front(TRUSTED) as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        await plane.talk(request(*fields), PROXY)
        await plane.talk(request(*fields), STRANGER)
    believed, stranger = map(told, backends.heads)
    assert (believed["x-forwarded-proto"], believed["x-forwarded-port"]) == (proto, port)
    assert (stranger["x-forwarded-proto"], stranger["x-forwarded-port"]) == ("http", "80")
    assert believed["forwarded"].endswith(f";proto={'https' if proto in {'https', 'wss'} else 'http'}")
    assert stranger["forwarded"].endswith(";proto=http")


async def test_rules_ask_for_the_scheme_and_believe_trusted_proxies_alone(
    front: Any, backends: Backends
) -> None:
    policy = Policy(parse_rules("deny if { scheme https }", {}))
    async with front(TRUSTED) as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy)
        for said, peer, status in (
            ("https", PROXY, b"403"),
            ("WSS", PROXY, b"403"),
            ("http", PROXY, b"200"),
            ("https", STRANGER, b"200"),
        ):
            answer = await plane.talk(request(f"X-Forwarded-Proto: {said}"), peer)
            assert answer.startswith(b"HTTP/1.1 %b " % status)
