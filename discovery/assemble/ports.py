"""The TCP ports: who asks for each, and who has it."""

from collections.abc import Iterator

from discovery.assemble.conflict import conflict
from discovery.assemble.contest import Bid, Contests, Rank
from discovery.assemble.ledger import Ledger
from ingress.model.listener import TcpListener, TcpRoute
from ingress.model.problem import Problem


class Ports:
    """Who asks for which TCP port."""

    def __init__(self) -> None:
        self.ledger: Ledger[int, TcpListener] = Ledger(self._holder)
        self._contests: Contests[int, TcpListener] = Contests()
        self._for_names: Contests[int, TcpListener] = Contests()
        """What there is of ports that are only for those that name a host."""

    def claim(self, listener: TcpListener, rank: Rank) -> None:
        """An object asks for a port."""
        self._contests.enter(listener.port, Bid(rank, listener))
        self.ledger.touch(listener.port)

    def withdraw(self, listener: TcpListener, rank: Rank) -> None:
        """An object does not ask for a port any more."""
        self._contests.withdraw(listener.port, Bid(rank, listener))
        self.ledger.touch(listener.port)

    def claim_for_name(self, route: TcpRoute, rank: Rank) -> None:
        """An object asks for what of a port names a host."""
        self._for_names.enter(route.port, Bid(rank, TcpListener(route.port, "", route.origin)))
        self.ledger.touch(route.port)

    def withdraw_for_name(self, route: TcpRoute, rank: Rank) -> None:
        """An object does not ask for that any more."""
        self._for_names.withdraw(route.port, Bid(rank, TcpListener(route.port, "", route.origin)))
        self.ledger.touch(route.port)

    def problems(self) -> Iterator[Problem]:
        """One for each port that another object has won."""
        for port, bids in self._contests.contested():
            yield from conflict(f"TCP port {port}", bids)

    def _holder(self, port: int) -> TcpListener | None:
        return self._contests.holder(port) or self._for_names.holder(port)
