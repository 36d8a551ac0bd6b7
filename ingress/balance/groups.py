"""Groups of servers: how those of a backend that come from several places share its requests."""

from collections.abc import Callable, Sequence

from ingress.balance.hashing import Share
from ingress.balance.pick import Pick, Ring, turns_by, turns_of
from ingress.balance.server import ServerState
from ingress.model.backend import Group


class Lane:
    """The usable servers of one group, as an algorithm sees them."""

    __slots__ = ("dice", "load", "position", "turns", "usable")

    def __init__(self, load: Callable[[ServerState], int], dice: Callable[[], float]) -> None:
        self.load = load
        self.dice = dice
        self.turns: Sequence[ServerState] = ()
        self.usable: Sequence[ServerState] = ()
        self.position = 0


class Lanes:
    """Gives each group its share, and picks a server of the group whose turn it is.

    Positions, in each group and among the groups, outlive the facts. A group without usable servers
    leaves its share to the others.
    """

    __slots__ = ("_dice", "_groups", "_lanes", "_load", "_pick", "_position", "_turns", "shares")

    def __init__(self, load: Callable[[ServerState], int], dice: Callable[[], float]) -> None:
        self._load = load
        self._dice = dice
        self._groups: Sequence[Group] = ()
        self._lanes: dict[str, Lane] = {}
        self._turns: Sequence[Lane] = ()
        self._position = 0
        self._pick: Pick
        self.shares: Sequence[Share] = ()
        """The usable servers of each group, with its share."""

    def put(self, groups: Sequence[Group], pick: Pick) -> None:
        """Take these groups, and the algorithm by which each of them picks a server."""
        self._groups = groups
        self._pick = pick

    def has_share(self, server: ServerState) -> bool:
        """Whether new requests may go to a server of its group at all."""
        group = server.fact.group
        return group < len(self._groups) and self._groups[group].share > 0

    def refresh(self, usable: Sequence[ServerState], enough: int) -> Sequence[ServerState]:
        """Take the servers that are usable; those of them that get requests now."""
        lanes: list[Lane] = []
        shares: list[int] = []
        chosen: list[ServerState] = []
        for place, group in enumerate(self._groups):
            servers = nearest([server for server in usable if server.fact.group == place], enough)
            if servers:
                lanes.append(self._lane(group.name, servers))
                shares.append(group.share)
                chosen += servers
        self._turns = [lanes[index] for index in turns_by(shares)] if lanes else []
        self.shares = [(share, lane.usable) for share, lane in zip(shares, lanes, strict=True)]
        return chosen

    def welcome(self, newcomer: ServerState) -> None:
        """Within its group, go on with a server that has just come; the shares of groups are as they were."""
        for lane in self._lanes.values():
            if newcomer in lane.turns:
                lane.position = lane.turns.index(newcomer)

    def pick(self, _: Ring) -> ServerState:
        """The next server."""
        position = self._position
        if position >= len(self._turns):
            position = 0
        self._position = position + 1
        return self._pick(self._turns[position])

    def _lane(self, name: str, servers: Sequence[ServerState]) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = Lane(self._load, self._dice)
        lane.usable, lane.turns = servers, turns_of(servers)
        return lane


def nearest(servers: Sequence[ServerState], enough: int) -> Sequence[ServerState]:
    """The servers of the lowest tier, and of those behind it until there are enough."""
    tiers = sorted({server.fact.tier for server in servers})
    for tier in tiers[:-1]:
        near = [server for server in servers if server.fact.tier <= tier]
        if len(near) >= enough:
            return near
    return servers
