"""Where an agent is: `http://127.0.0.1:8500`, `https://consul.example.com`, `unix:///run/consul.sock`."""

from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

_PORTS: Final = {"http": 8500, "https": 8501}


class Address(Struct, frozen=True):
    """An agent's address in its parts."""

    base: str
    """The URL of its root, without a slash at the end."""
    socket: str = ""
    """The path of a Unix socket; empty: TCP."""

    @property
    def is_secure(self) -> bool:
        """Whether TLS is spoken there."""
        return self.base.startswith("https:")

    @property
    def host(self) -> str:
        """The name or address of the machine."""
        return urlsplit(self.base).hostname or ""

    @property
    def port(self) -> int:
        """The port there."""
        parts = urlsplit(self.base)
        return parts.port or _PORTS[parts.scheme]

    def __str__(self) -> str:
        """As people write it."""
        return f"unix://{self.socket}" if self.socket else self.base


def parse_agent(text: str) -> Address:
    """The address in a URL; without a scheme it is HTTP, without a port that of Consul. ValueError."""
    if text.startswith("unix:"):
        path = text.removeprefix("unix:").removeprefix("//")
        if not path.startswith("/"):
            raise ValueError(f'"{text}" has no absolute path; write unix:///PATH')
        return Address("http://localhost", path)
    try:
        return _parse_url(text)
    except ValueError as error:
        raise ValueError(f'"{text}" is not http[s]://HOST[:PORT] or unix:///PATH: {error}') from None


def _parse_url(text: str) -> Address:
    parts = urlsplit(text if "://" in text else f"http://{text}")
    if parts.scheme not in _PORTS:
        raise ValueError(f'unknown scheme "{parts.scheme}"')
    if not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        raise ValueError("it takes a host, and nothing beside port and path")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port or _PORTS[parts.scheme]
    return Address(f"{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}")
