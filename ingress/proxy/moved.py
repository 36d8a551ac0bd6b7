"""A client that rules take for one from elsewhere, for as long as one request of it is under way."""

from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingress.proxy.client import ClientConnection


class Moved:
    """What rules say of a connection, and what it was before."""

    __slots__ = (
        "_address",
        "_fields",
        "_log_part",
        "_text",
        "destination",
        "destination_port",
        "source_port",
    )

    def __init__(self, client: "ClientConnection") -> None:
        self._address = client.address
        self._text = client.address_text
        self._fields = client.fields
        self._log_part = client.log_part
        self.source_port: int | None = None
        self.destination: bytes | None = None
        self.destination_port: int | None = None

    def take(self, client: "ClientConnection", place: str, address: bytes | None, port: int | None) -> None:
        """Take an address or a port for the `source` or the `destination`."""
        if place == "destination":
            self.destination = address or self.destination
            self.destination_port = self.destination_port if port is None else port
        elif address is None:
            self.source_port = port
        else:
            client.settle(address, str(ip_address(address)))

    def local(self, address: bytes, port: int) -> tuple[bytes, int]:
        """Where the client came to, which is this as far as rules say nothing else."""
        return (
            address if self.destination is None else self.destination,
            port if self.destination_port is None else self.destination_port,
        )

    def put_back(self, client: "ClientConnection") -> None:
        """The connection is again what it is."""
        client.address = self._address
        client.address_text = self._text
        client.fields = self._fields
        client.log_part = self._log_part
        client.moved = None
