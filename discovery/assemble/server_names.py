"""The TCP routes by server name: who asks for each, and who has it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from discovery.assemble.changes import NameKey
from discovery.assemble.conflict import conflict
from discovery.assemble.contest import Bid, Contests, Rank
from discovery.assemble.hosts import Hosts
from discovery.assemble.ledger import Ledger
from discovery.assemble.ports import Ports
from ingress.model.listener import TcpRoute
from ingress.model.problem import Problem
from ingress.model.route import Route


class Shared(NamedTuple):
    """What TCP routes share the HTTPS listeners with."""

    hosts: Hosts
    serves: Callable[[str], bool]
    """Whether there is a certificate for a host: without one its HTTP routes are not for TLS."""
    guard: Callable[[TcpRoute], str]
    """The rules that may keep requests out of its backend, which nobody could ask of what is relayed; empty:
    there are none."""


class ServerNames:
    """Who asks for which name. On the HTTPS listeners a host belongs to TCP or to HTTP: to the object with
    the better right."""

    def __init__(self, ports: Ports, shared: Shared) -> None:
        self.ledger: Ledger[NameKey, TcpRoute] = Ledger(self._holder)
        self._ports = ports
        self._shared = shared
        self._contests: Contests[NameKey, TcpRoute] = Contests()
        self._of_https: dict[str, int] = {}
        """How many ask for each host on the HTTPS listeners."""

    def claim(self, route: TcpRoute, rank: Rank) -> None:
        """An object asks for a name."""
        self._contests.enter((route.port, route.host), Bid(rank, route))
        self.ledger.touch((route.port, route.host))
        if route.port:
            self._ports.claim_for_name(route, rank)
        else:
            self._of_https[route.host] = self._of_https.get(route.host, 0) + 1

    def withdraw(self, route: TcpRoute, rank: Rank) -> None:
        """An object does not ask for a name any more."""
        self._contests.withdraw((route.port, route.host), Bid(rank, route))
        self.ledger.touch((route.port, route.host))
        if route.port:
            self._ports.withdraw_for_name(route, rank)
            return
        left = self._of_https.pop(route.host) - 1
        if left:
            self._of_https[route.host] = left

    def host_changed(self, host: str) -> None:
        """The HTTP routes of a host are others."""
        if host in self._of_https:
            self.ledger.touch((0, host))

    def certificate_changed(self, name: str) -> None:
        """A host, or all those that a wildcard stands for, may have a certificate now, or none."""
        if not name or name.startswith("*."):
            for host in self._of_https:
                if host.endswith(name[1:]):
                    self.ledger.touch((0, host))
        else:
            self.host_changed(name)

    def guards_changed(self) -> None:
        """Rules for all requests, or those of a backend, may keep others out than before."""
        for host in self._of_https:
            self.ledger.touch((0, host))

    def problems(self) -> Iterator[Problem]:
        """One for each name that another object has won, and for each that cannot be relayed."""
        for (port, host), bids in self._contests.contested():
            yield from conflict(_spoken(port, host), bids)
        for host in self._of_https:
            bid = self._contests.best((0, host))
            if bid is None:
                continue
            if guard := self._shared.guard(bid.value):
                reason = f"{_spoken(0, host)} is not relayed: {guard} could not be asked"
                yield Problem(bid.value.origin, "", reason)
            elif (rival := self._rival(host, bid)) is not None:
                what = f"{_spoken(0, host)}, by TCP or by HTTP,"
                pair: list[Bid[TcpRoute | Route]] = [
                    Bid(bid.rank, bid.value),
                    Bid(rival.rank, rival.value),
                ]
                yield from conflict(what, sorted(pair, key=lambda each: each.rank))

    def _rival(self, host: str, bid: Bid[TcpRoute]) -> Bid[Route] | None:
        if not self._shared.serves(host):
            return None
        return self._shared.hosts.rival(host, bid.value.origin)

    def _holder(self, key: NameKey) -> TcpRoute | None:
        bid = self._contests.best(key)
        port, host = key
        if bid is None or port:
            return None if bid is None else bid.value
        if self._shared.guard(bid.value):
            return None
        rival = self._rival(host, bid)
        return None if rival is not None and rival.rank < bid.rank else bid.value


def _spoken(port: int, host: str) -> str:
    where = f"TCP port {port}" if port else "the HTTPS listeners"
    return f"{f'host {host}' if host else 'any host'} on {where}"
