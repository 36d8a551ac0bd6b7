"""What is asked: a request as people describe it, with a URL, and as it would come over a connection."""

import re
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from msgspec import Struct

DEFAULT_CLIENT: Final = "127.0.0.1"
_PORTS: Final = {"http": 80, "https": 443}
_SAFE: Final = "".join(map(chr, range(0x21, 0x7F)))
_FIELD: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([^\r\n\0]*)")
_METHOD: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}")


class Asked(Struct, frozen=True):
    """A request to be explained."""

    head: bytes
    """The head of the request, with its empty line."""
    host: str
    """Lower-case, without port: whose routes are needed."""
    client: str = DEFAULT_CLIENT
    """The address it is to come from."""
    tls: bool = False
    port: int = 80
    body: bytes = b""


def read_asked(
    url: str, method: str = "GET", fields: Sequence[str] = (), client: str = "", data: str = ""
) -> Asked:
    """The request of a URL such as `https://shop.example.com/a?b` (http:// may be left out), header
    lines such as `Cookie: a=b`, and a body. Raises ValueError."""
    parts, port = _parts(url)
    if not _METHOD.fullmatch(method):
        raise ValueError(f'"{method[:60]}" is no method')
    address = _address(client or DEFAULT_CLIENT)
    target = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_SAFE)
    own = [_field(field) for field in fields]
    body = data.encode()
    own += [("Content-Length", str(len(body)))] if body else []
    named = [value for name, value in own if name.lower() == "host"]
    host = named[0] if named else parts.netloc.rpartition("@")[2]
    lines = [f"{method} {target} HTTP/1.1", *(() if named else (f"Host: {host}",))]
    head = "\r\n".join((*lines, *(f"{name}: {value}" for name, value in own), "\r\n"))
    return Asked(head.encode(), _name(host), address, parts.scheme == "https", port, body)


def _parts(url: str) -> tuple[SplitResult, int]:
    """The parts of a URL of HTTP, and its port."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme in _PORTS and parts.hostname:
            return parts, parts.port or _PORTS[parts.scheme]
    except ValueError:
        pass
    raise ValueError(f'"{url[:200]}" is no URL such as https://shop.example.com/path')


def _address(client: str) -> str:
    try:
        return str(ip_address(client))
    except ValueError:
        raise ValueError(f'client "{client[:60]}" is no IP address') from None


def _field(line: str) -> tuple[str, str]:
    found = _FIELD.fullmatch(line)
    if found is None:
        raise ValueError(f'"{line[:60]}" is no header line such as "Cookie: a=b"')
    return found[1], found[2]


def _name(host: str) -> str:
    """The host without its port and the dot at its end."""
    return (urlsplit(f"//{host}").hostname or "").rstrip(".")
