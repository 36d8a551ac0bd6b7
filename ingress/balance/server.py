"""What is learned about a server: load, health, idle connections. Outlives the facts that named it."""

from typing import Final, Protocol

from ingress.model.backend import Server

STRIKES: Final = 3
"""Failures in a row after which a server that accepts connections is left alone for a while."""
FIRST_REST: Final = 0.5
LONGEST_REST: Final = 10.0
"""Seconds for which a bad server is left alone: doubled each time, up to the longest."""


class IdleConnection(Protocol):
    """An upstream connection that waits in the pool of its server."""

    def close_idle(self) -> None:
        """Close it: nobody will claim it any more."""


class ServerState:
    """One server of one backend as this worker knows it."""

    __slots__ = (
        "_rest",
        "cell",
        "fact",
        "idle",
        "in_flight",
        "leaving",
        "log_part",
        "on_trial",
        "rest_until",
        "strikes",
        "up",
    )

    def __init__(self, fact: Server, cell: int) -> None:
        self.fact = fact
        self.cell = cell
        """Index of its first cell in this worker's column of the shared page."""
        self.log_part = fact.address.encode("ascii")
        self.in_flight = 0
        self.idle: list[IdleConnection] = []
        self.leaving = fact.drain
        """The facts drain it, or name it no more: its connections are not kept."""
        self.up = True
        self.on_trial = False
        """Back after a rest: it gets one request at a time until it has answered one well."""
        self.strikes = 0
        self.rest_until = 0.0
        self._rest = FIRST_REST

    def claim(self) -> IdleConnection | None:
        """Hand over the idle connection used last; from here on it is the caller's alone."""
        return self.idle.pop() if self.idle else None

    def succeeded(self) -> None:
        """Take a good answer into account."""
        self.strikes = 0
        self.on_trial = False
        self._rest = FIRST_REST

    def failed(self, now: float, *, unreachable: bool) -> bool:
        """Take a failure into account; True if the server has just been taken out.

        Unreachable (nobody accepts, no byte is acknowledged) counts at once, for whoever comes next
        would only wait too. A connection reset or a bad answer counts after some in a row.
        """
        self.strikes += 1
        if not self.up:
            return False
        if not unreachable and self.strikes < STRIKES:
            return False
        self.up = False
        self.rest(now)
        return True

    def rest(self, now: float) -> None:
        """Leave the server alone for a while, each time longer until an answer is good."""
        self.rest_until = now + self._rest
        self._rest = min(self._rest * 2, LONGEST_REST)

    def revive(self) -> None:
        """It accepts connections again: back in on trial, and out again at the first failure."""
        self.up = True
        self.on_trial = True
        self.strikes = STRIKES - 1

    def close_idle(self) -> None:
        """Close the connections that nobody uses."""
        idle, self.idle = self.idle, []
        for connection in idle:
            connection.close_idle()
