"""Where everything of one demo is: ports and paths."""

import re
import socket
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

HTTP: Final = 8080
ADMIN: Final = 9900
_LISTENING: Final = re.compile(r"listening on (http|admin) 127\.0\.0\.1:(\d+)$", re.MULTILINE)


class PlaceError(Exception):
    """A port that cannot be had; the text says which, and why."""


class Places(Struct, frozen=True):
    """Ports on the loopback address, and a folder."""

    http: int
    """0: any that is free."""
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

    def found(self) -> "Places | None":
        """The same with the ports that Headgate has in the end; None: it has not said so yet."""
        ports = {word: int(port) for word, port in _LISTENING.findall(self.log.read_text())}
        return replace(self, **ports) if ports.keys() == {"http", "admin"} else None


def find_places(folder: Path, http: int | None = None, admin: int | None = None) -> Places:
    """These ports, or where none is named the usual ones, or any that are free where those are taken.

    0 is any port that is free. PlaceError: one that is named cannot be had.
    """
    first = _usual(HTTP, besides=admin) if http is None else _named("--port", http)
    second = _usual(ADMIN, besides=first) if admin is None else _named("--admin-port", admin)
    (folder / "manifests").mkdir()
    return Places(first, second, folder)


def _usual(port: int, besides: int | None) -> int:
    return 0 if port == besides or _objection(port) else port


def _named(option: str, port: int) -> int:
    if reason := _objection(port):
        raise PlaceError(f"{option} {port}: cannot listen on 127.0.0.1:{port}: {reason}")
    return port


def _objection(port: int) -> str:
    """Why nobody could listen there; empty: somebody could."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror or str(error)
    return ""
