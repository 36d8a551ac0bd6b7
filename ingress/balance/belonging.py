"""What a backend is handed that knows to which of its servers a request belongs."""

from typing import Any, Protocol

from ingress.balance.server import ServerState


class Belonging(Protocol):
    """Finds the server of a client again. What a request is, the backend does not know."""

    def choose(self, request: Any, client: Any) -> tuple[ServerState | None, bytes]:
        """The server for a request, and what its cookie says."""

    def read(self, request: Any) -> bytes:
        """What the cookie of a request says that names a server the client may stay on; empty: nothing."""

    def of_address(self, address: bytes) -> ServerState | None:
        """The server for a connection of which nothing is known but the client's address, packed."""

    def answer(self, named: bytes, server: ServerState, request: Any, response: Any) -> None:
        """Have the answer of a server say whose it is, where the request did not know."""
