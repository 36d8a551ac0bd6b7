"""The TCP ports that are published at run time, as far as they can be."""

from collections.abc import Iterable

from msgspec import Struct

from ingress.ipc.messages import Protocol
from ingress.supervisor.binding import BindError, Binding


class Verdicts(Struct):
    """What has changed: ports that are new, ports that are not wanted any more, and why others fail."""

    opened: list[Binding]
    closed: list[Binding]
    problems: dict[int, str]
    """A reason for each port that has just begun to fail; empty: it does not fail any more."""


class Ports:
    """The bindings of the wanted ports, and the reasons of those that could not be had."""

    def __init__(self, address: str, copies: int, reserved: Iterable[int]) -> None:
        self._address = address
        self._copies = copies
        self._reserved = frozenset(reserved)
        self._wanted: tuple[int, ...] = ()
        self.bindings: dict[int, Binding] = {}
        self.problems: dict[int, str] = {}

    def want(self, ports: Iterable[int]) -> Verdicts:
        """Publish these ports and no others."""
        self._wanted = tuple(ports)
        closed = [self.bindings.pop(port) for port in self.bindings.keys() - set(self._wanted)]
        for port in self.problems.keys() - set(self._wanted):
            del self.problems[port]
        verdicts = self.retry()
        verdicts.closed = closed
        return verdicts

    def retry(self) -> Verdicts:
        """Try those ports again that could not be had."""
        verdicts = Verdicts([], [], {})
        for port in self._wanted:
            if port not in self.bindings:
                self._try(port, verdicts)
        return verdicts

    def _try(self, port: int, verdicts: Verdicts) -> None:
        reason = ""
        try:
            self.bindings[port] = self._bind(port)
            verdicts.opened.append(self.bindings[port])
        except BindError as error:
            reason = str(error)
        if reason != self.problems.pop(port, ""):
            verdicts.problems[port] = reason
        if reason:
            self.problems[port] = reason

    def _bind(self, port: int) -> Binding:
        if port in self._reserved:
            raise BindError(f"port {port} is Headgate's own, for HTTP, HTTPS or the admin pages")
        if not 0 < port < 65536:
            raise BindError(f"{port} is not a port")
        return Binding(Protocol.TCP, self._address, port, self._copies)

    def close(self) -> None:
        """Publish nothing any more."""
        for binding in self.bindings.values():
            binding.close()
        self.bindings.clear()
        self._wanted = ()
