"""Whatever has happened in a real Consul: the table is that of a fresh start."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.real.conftest import StartOnConsul
from tests.real.harness.browser import eventually
from tests.real.harness.consul import Consul, node
from tests.real.harness.headgate import Headgate

SERVICES = 1_000
PLACES = 2
CHANGES = 10_000
STEP = 250
"""Changes between two moments of rest, in which all of them may be seen."""
LISTINGS = ("routes", "backends", "servers", "problems")
Member = tuple[int, int]
"""A service, and the place of an instance in it."""


class State(Struct, frozen=True):
    """What is recorded of an instance."""

    turn: int = 0
    """Of the last change; it is what the check has put out."""
    there: bool = True
    health: str = "passing"
    port: int = 80
    weight: int = 1
    tag: str = "headgate.enable=true"
    path: str = "/"


CHANGE: Mapping[str, Callable[[State, random.Random], State]] = {
    "health": lambda state, dice: replace(state, health=dice.choice(["passing", "warning", "critical"])),
    "port": lambda state, dice: replace(state, port=dice.choice([80, 81, 0])),
    "weight": lambda state, dice: replace(state, weight=dice.choice([1, 5, 9])),
    "path": lambda state, dice: replace(state, path=dice.choice(["/", "/blog"])),
    "enabled": lambda state, dice: replace(state, tag=f"headgate.enable={dice.choice(['true', 'false'])}"),
    "there": lambda state, dice: replace(State(), there=not state.there),
}
"""What becomes of an instance that is there; one that is not comes back."""


@pytest.fixture(params=[(200, 20), (200, 400), (2_000, 20)], ids=["nodes", "checks", "services"])
def consul(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Consul]:
    """With 200 connections, as Consul comes, most services have no query of their own: nodes are watched, or
    the checks of all services, where there are too many nodes for that."""
    connections, nodes = request.param
    with Consul(tmp_path, more={"limits": {"http_max_conns_per_client": connections}}) as consul:
        consul.record([node(f"far-{number}") for number in range(nodes)])
        yield consul


def test_1000_services_in_random_order_and_10000_changes_end_as_a_fresh_start(
    consul: Consul, on_consul: StartOnConsul, figure: Callable[[str], None]
) -> None:
    dice = random.Random(4)
    states = {(number, place): State() for number in range(SERVICES) for place in range(PLACES)}
    headgate = on_consul("--workers", "1", "--consul-flap-hold", "0")
    order = list(states)
    dice.shuffle(order)
    began = time.monotonic()
    write(consul, states, order)
    for turn in range(0, CHANGES, STEP):
        chosen = dice.sample(order, STEP)
        states.update((member, changed(states[member], turn + 1, dice)) for member in chosen)
        write(consul, states, chosen)
    spent = time.monotonic() - began
    wanted = sorted(server for member, state in states.items() for server in served(member, state))
    waited = eventually(lambda: servers(headgate) == wanted, 30.0, what="the last state")
    figure(f"{SERVICES} services, {CHANGES} changes in {spent:.0f} s, in force {waited:.1f} s after the last")
    found = settled(headgate)
    assert headgate.stop() == 0
    fresh = on_consul("--workers", "1", "--consul-flap-hold", "0")
    assert settled(fresh) == found
    assert servers(fresh) == wanted
    assert len(wanted) > SERVICES / 2


def changed(state: State, turn: int, dice: random.Random) -> State:
    """One change of an instance."""
    fate = dice.choice([*CHANGE]) if state.there else "there"
    return replace(CHANGE[fate](state, dice), turn=turn)


def write(consul: Consul, states: Mapping[Member, State], members: Iterable[Member]) -> None:
    """Let Consul know how these instances are."""
    consul.record([one for member in members for one in operations(member, states[member])])


def operations(member: Member, state: State) -> Iterator[dict[str, Any]]:
    """Those that record an instance with its check, or its end."""
    name, far = f"i{member[0]}-{member[1]}", f"far-{(member[0] + 7 * member[1]) % 20}"
    if not state.there:
        gone = {"ID": name, "Service": f"s{member[0]}"}
        yield {"Service": {"Verb": "delete", "Node": far, "Service": gone}}
        return
    facts = {"ID": name, "Service": f"s{member[0]}", "Address": address(member), "Port": state.port}
    weights = {"Passing": state.weight, "Warning": 1}
    tags = [state.tag, f"headgate.host=h{member[0]}.example.com", f"headgate.path={state.path}"]
    yield {"Service": {"Verb": "set", "Node": far, "Service": {**facts, "Tags": tags, "Weights": weights}}}
    check = {"Node": far, "CheckID": f"c{name}", "Name": "c", "ServiceID": name, "Output": str(state.turn)}
    yield {"Check": {"Verb": "set", "Check": {**check, "Status": state.health}}}


def served(member: Member, state: State) -> Iterator[tuple[str, int]]:
    """The server that an instance is, with its weight; none, if it gets no requests."""
    weight = {"passing": state.weight, "warning": 1, "critical": 0}[state.health] if state.there else 0
    if weight and state.port and state.tag.endswith("true"):
        yield f"{address(member)}:{state.port}", weight


def address(member: Member) -> str:
    """Where an instance would be."""
    return f"10.{100 + member[1]}.{member[0] // 250}.{1 + member[0] % 250}"


def servers(headgate: Headgate) -> list[tuple[str, int]]:
    """Those that get requests, with their weights."""
    items = listing(headgate, "servers")
    return sorted((str(item["address"]), int(item["weight"])) for item in items)


def settled(headgate: Headgate) -> dict[str, list[str]]:
    """The same at two looks one second apart: problems are told a moment after what they are about."""
    looks = [everything(headgate)]

    def stays() -> bool:
        time.sleep(1.0)
        looks.append(everything(headgate))
        return looks[-1] == looks[-2]

    eventually(stays, 30.0, what="a table that stays as it is")
    return looks[-1]


def everything(headgate: Headgate) -> dict[str, list[str]]:
    """All that the table says, without what is learned about it."""
    return {name: sorted(map(told, listing(headgate, name))) for name in LISTINGS}


def listing(headgate: Headgate, name: str) -> list[dict[str, Any]]:
    """All of a listing."""
    return headgate.items(f"{name}?limit=10000")


def told(item: Mapping[str, Any]) -> str:
    """An item as text."""
    return str(sorted(item.items()))
