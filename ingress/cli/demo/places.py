"""Where everything of one demo is: ports and paths."""

import socket
from pathlib import Path
from typing import Final

from msgspec import Struct

HTTP: Final = 8080
ADMIN: Final = 9900


class Places(Struct, frozen=True):
    """Ports on the loopback address, and a folder."""

    http: int
    admin: int
    folder: Path

    @property
    def manifests(self) -> Path:
        """What Headgate watches."""
        return self.folder / "manifests"

    @property
    def log(self) -> Path:
        """What Headgate says."""
        return self.folder / "headgate.log"

    @property
    def access_log(self) -> Path:
        """A line for each request."""
        return self.folder / "access.log"

    def options(self) -> list[str]:
        """The options of `headgate run`."""
        return [
            *("--manifests", str(self.manifests)),
            *("--http", f"127.0.0.1:{self.http}"),
            *("--admin", f"127.0.0.1:{self.admin}"),
            *("--access-log", str(self.access_log)),
            *("--workers", "2"),
            *("--drain-timeout", "3"),
        ]


def find_places(folder: Path) -> Places:
    """The usual ports where they are free, others where not."""
    (folder / "manifests").mkdir()
    with socket.socket() as first, socket.socket() as second:
        return Places(_take(first, HTTP), _take(second, ADMIN), folder)


def _take(sock: socket.socket, port: int) -> int:
    """Bind, so that the next one gets another port."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.bind(("127.0.0.1", 0))
    return int(sock.getsockname()[1])
