"""The TCP ports the supervisor is asked for, and what it could not do."""

from collections.abc import Callable, Mapping

from ingress.ipc.messages import PortProblem, WantPorts
from ingress.model.change import PutListener
from ingress.model.problem import Problem


class Ports:
    """Asks for ports when they differ, and keeps the supervisor's verdicts."""

    def __init__(self, ask: Callable[[WantPorts], None]) -> None:
        self._ask = ask
        self._asked: tuple[int, ...] | None = None
        self._reasons: dict[int, str] = {}

    def want(self, listeners: Mapping[int, PutListener]) -> None:
        """These ports and no others."""
        ports = tuple(sorted(listeners))
        if ports != self._asked:
            self._asked = ports
            self._ask(WantPorts(ports))

    def heard(self, verdict: PortProblem) -> None:
        """A port could not be had, or could be had at last."""
        self._reasons.pop(verdict.port, None)
        if verdict.reason:
            self._reasons[verdict.port] = verdict.reason

    def problems(self, listeners: Mapping[int, PutListener]) -> list[Problem]:
        """The ports that could not be had, as problems of the objects that ask for them."""
        return [
            Problem(listeners[port].listener.origin, "headgate.dev/tcp", reason, str(port))
            for port, reason in self._reasons.items()
            if port in listeners
        ]
