"""Host names as they are written in a Host field or a request target (RFC 3986, 3.2.2)."""

from ipaddress import AddressValueError, IPv6Address
from typing import Final

from ingress.wire.grammar import HEX
from ingress.wire.refusal import malformed

# Of RFC 3986 the unreserved characters alone: percent-encoding and sub-delims (the comma above all)
# are read in different ways by different servers, and no host name needs them.
NAME: Final = b"0123456789abcdefghijklmnopqrstuvwxyz-._~"

LOWER: Final = bytes(byte if byte in NAME else 0 for byte in bytes(range(256)).lower())
"""Small letters for capital ones, NUL for what is in no name."""


REMEMBERED: Final = 4096
LONGEST: Final = 100
"""Bounds on what is remembered: the peer chooses the names."""

_hosts: dict[bytes, bytes] = {}
"""By authority, as it is written: a memory of answers and no more."""


def host_of(authority: bytes) -> bytes:
    """The host of an authority: lower-case, without port and trailing dot; empty if that is empty."""
    host = _hosts.get(authority)
    if host is None:
        host = _read(authority)
        if len(authority) <= LONGEST:
            if len(_hosts) >= REMEMBERED:
                _hosts.clear()
            _hosts[authority] = host
    return host


def _read(authority: bytes) -> bytes:
    host = authority.translate(LOWER)
    # Of the ways to ask, these are the cheap ones (`b".." in host` takes four times as long).
    if 0 in host or host.find(b"..") >= 0 or host.strip(b".") != host:
        return _odd_host(authority.lower())
    return host


def _odd_host(authority: bytes) -> bytes:
    if authority.startswith(b"["):
        host, bracket, port = authority.partition(b"]")
        _check_literal(host[1:], bracket)
        host += bracket
    else:
        name, colon, port = authority.partition(b":")
        host = name.removesuffix(b".")
        _check_name(host)
        port = colon + port
    _check_port(port)
    return host


def _check_literal(address: bytes, bracket: bytes) -> None:
    # IPv6Address would take a zone ("%eth0"), which means nothing to anyone but the sender.
    if address.translate(None, HEX + b":.") or not bracket:
        raise malformed("the host is not a name or an address")
    try:
        IPv6Address(address.decode("ascii"))
    except AddressValueError:
        raise malformed("the host is not a name or an address") from None


def _check_name(name: bytes) -> None:
    labels = name.split(b".")
    if name.translate(None, NAME) or not all(labels):
        raise malformed("the host is not a name or an address")


def _check_port(port: bytes) -> None:
    """Refuse what follows a host unless it is nothing, or a colon and a port (which may be empty)."""
    digits = port[1:]
    if port[:1] not in (b"", b":") or (digits and not digits.isdigit()):
        raise malformed("the port is not a number")
    if len(digits) > 5 or int(digits or b"0") > 65535:
        raise malformed("the port is above 65535")
