"""Backends whose servers both proxies know, in every state that one can ask about."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ingress.balance.backend import BackendState
from ingress.model.backend import Backend, Server
from ingress.proxy.meters import Meters


class Planned(NamedTuple):
    """A server: its state, and how it shares the work."""

    name: str
    up: bool = True
    weight: int = 1
    backup: bool = False


FARMS: Final[Mapping[str, tuple[Planned, ...]]] = {
    "full": (Planned("s1"), Planned("s2", weight=3), Planned("s3", up=False), Planned("s4", weight=0)),
    "out": (Planned("s1", up=False), Planned("s2", up=False)),
    "saved": (Planned("s1", up=False), Planned("s2", backup=True), Planned("s3", up=False)),
    "spare": (Planned("s1"), Planned("s2"), Planned("s3", backup=True)),
    "empty": (),
}
SERVERS: Final = tuple(f"{farm}/{server.name}" for farm, servers in FARMS.items() for server in servers)


def farm_lines() -> Iterator[str]:
    """The same as HAProxy's configuration."""
    for farm, servers in FARMS.items():
        yield f"backend {farm}"
        for number, server in enumerate(servers):
            words = f"server {server.name} 127.0.0.1:{number + 1} weight {server.weight}"
            yield words + " backup" * server.backup + " disabled" * (not server.up)


def farm_states() -> dict[str, BackendState]:
    """The same as ours."""
    states = {}
    for farm, servers in FARMS.items():
        facts = [
            Server("127.0.0.1", number + 1, server.weight, name=server.name, tier=int(server.backup))
            for number, server in enumerate(servers)
        ]
        state = states[farm] = BackendState(farm, lambda *_: 0, lambda _: 0, lambda: 0.0)
        state.put(Backend(farm, tuple(facts)), ())
        for made, server in zip(state.servers, servers, strict=True):
            made.up = server.up
        state.refresh()
    return states


class OneClient(Meters):
    """The counters while one client is there, whose requests go to no server."""

    def __init__(self) -> None:
        super().__init__(lambda _: 0, lambda: 0.0)

    def connections(self) -> int:
        return 1
