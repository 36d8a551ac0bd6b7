"""Overrides: what rules ask for one exchange that is not said in its head."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, Protocol, cast

from ingress.acl.sample import Client as AskedClient
from ingress.observe.access_log import escaped

MOST_CAPTURED: Final = 8 * 1024
"""Bytes of one exchange that rules may add to its line in the log."""


class Patience(Protocol):
    """For how many whole seconds a server may be silent."""

    @property
    def server_ticks(self) -> int:
        """Before its answer."""

    @property
    def stream_ticks(self) -> int:
        """Within it."""


class Limit(NamedTuple):
    """A patience that a rule asks for."""

    server_ticks: int
    stream_ticks: int


class Overrides:
    """All of it; what is not asked for is as the settings say."""

    __slots__ = ("_room", "at_end", "captured", "hints", "level", "patience", "retries", "tunnel_ticks")

    def __init__(self) -> None:
        self.captured: dict[bytes, bytes] = {}
        """For the log, by the name that it has there."""
        self._room = MOST_CAPTURED
        self.hints: list[bytes] = []
        """Ready lines of a 103 that is being put together."""
        self.at_end: list[Callable[[], None]] = []
        """To be called when the exchange is over."""
        self.level = ""
        """Of the line in the log; `silent`: there is none."""
        self.retries = True
        """A request that a server may have begun with is given to another one, where that is safe."""
        self.patience: Limit | None = None
        """None: as the backend says."""
        self.tunnel_ticks = 0
        """Seconds for which nothing may move in a tunnel; 0: as the settings say."""

    def capture(self, name: bytes, value: bytes) -> None:
        """Keep a value for the log, as long as there is room."""
        if len(value) <= self._room:
            self._room -= len(value)
            self.captured[name] = value

    def end(self) -> None:
        """The exchange is over."""
        for call in self.at_end:
            call()

    def log_part(self) -> bytes:
        """What is added to the line in the log."""
        level = b',"level":"%b"' % self.level.encode() if self.level else b""
        if not self.captured:
            return level
        pairs = (b'"%b":"%b"' % (name, escaped(value)) for name, value in self.captured.items())
        return b'%b,"captured":{%b}' % (level, b",".join(pairs))

    def told(self) -> Iterator[tuple[str, str]]:
        """Each override by its name, for those who ask what rules do."""
        for name, value in self.captured.items():
            yield f"captured {name.decode()}", value.decode("utf-8", "backslashreplace")
        if self.level:
            yield "log level", self.level
        if not self.retries:
            yield "retries", "none"
        if self.patience is not None:
            yield "timeout server", f"{self.patience.server_ticks} s"
        if self.tunnel_ticks:
            yield "timeout tunnel", f"{self.tunnel_ticks} s"


class Overridden(Protocol):
    """A request with overrides."""

    overrides: Overrides | None


def overrides_of(request: object) -> Overrides:
    """Those of a request, empty ones where there were none."""
    asked = cast(Overridden, request)
    if asked.overrides is None:
        asked.overrides = Overrides()
    return asked.overrides


class Client(AskedClient, Protocol):
    """A connection that rules may take for one from elsewhere, and write to before its answer."""

    @property
    def trusted(self) -> bool:
        """What it says of others is believed."""

    def write(self, data: bytes) -> None:
        """Send bytes to the client."""

    def take_for(self, place: str, address: bytes | None, port: int | None) -> None:
        """For the request under way, take this for its `source` or its `destination`; None: as it is."""
