"""The options of routes about how many requests somebody may make."""

import re
from ipaddress import ip_network
from typing import Final

from discovery.option import Option, Scope
from discovery.option_values import OptionError
from discovery.persistence_options import read_sample

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)


def parse_limit(text: str) -> int:
    """A number from 1 to 9999999."""
    word = text.strip()
    if not _NUMBER.fullmatch(word):
        raise OptionError(
            f'"{text[:40]}" is not a number from 1 to 9999999; leave the option out for no limit'
        )
    return int(word)


def parse_networks(text: str) -> tuple[str, ...]:
    """Addresses and networks, with blanks or commas between."""
    words = text.replace(",", " ").split()
    if not words:
        raise OptionError("there is no network in it")
    try:
        return tuple(str(ip_network(word, strict=False)) for word in words)
    except ValueError as error:
        raise OptionError(str(error)) from None


def parse_prefix(text: str) -> int:
    """Bits of an IPv6 address."""
    word = text.strip().removeprefix("/")
    if not (_NUMBER.fullmatch(word) and int(word) <= 128):
        raise OptionError(f'"{text[:40]}" is not a number of bits from 1 to 128')
    return int(word)


LIMIT_OPTIONS: Final = (
    Option(
        "limit-connections",
        "limit_connections",
        Scope.INGRESS,
        parse_limit,
        "How many requests a client address may have under way at a time, over all workers; one more is "
        "answered 429. Asked, as the following, before all other rules of http-request.",
        guards=True,
    ),
    Option(
        "limit-rps",
        "limit_rps",
        Scope.INGRESS,
        parse_limit,
        "How many requests a client address may make in a second; more are answered 429 with Retry-After.",
        guards=True,
    ),
    Option(
        "limit-rpm",
        "limit_rpm",
        Scope.INGRESS,
        parse_limit,
        "The same for a minute.",
        guards=True,
    ),
    Option(
        "limit-burst-multiplier",
        "limit_burst",
        Scope.INGRESS,
        parse_limit,
        "How many times that may come at once, after a pause; without it, 5.",
        guards=True,
    ),
    Option(
        "limit-by",
        "limit_by",
        Scope.INGRESS,
        read_sample,
        "What is counted in place of client addresses, such as `hdr(x-api-key)` or `hdr(host)`; requests "
        "without it are counted together.",
        guards=True,
    ),
    Option(
        "limit-ipv6-prefix",
        "limit_prefix",
        Scope.INGRESS,
        parse_prefix,
        "How many bits of an IPv6 address make a client; without it, 64.",
        guards=True,
    ),
    Option(
        "limit-allowlist",
        "limit_allowlist",
        Scope.INGRESS,
        parse_networks,
        "Networks of clients that have no limits.",
        guards=True,
    ),
)
