"""Which wishes are in force where the instances of a service do not all say the same."""

from collections.abc import Iterable

from msgspec import Struct

from discovery.consul.instance import Instance
from discovery.dialects.tags import Wishes

_NAMED = 3


class Outcome(Struct, frozen=True):
    """What is in force, and who says something else."""

    wishes: Wishes
    agreeing: int
    dissent: tuple[Instance, ...] = ()


def elect(instances: Iterable[Instance]) -> Outcome:
    """The wishes of most instances; of those that as many have, the ones that are there longer."""
    parties: dict[Wishes, list[Instance]] = {}
    for instance in instances:
        parties.setdefault(instance.wishes, []).append(instance)
    winner = max(parties, key=lambda wishes: _strength(wishes, parties[wishes]))
    dissent = [each for wishes, party in parties.items() if wishes != winner for each in party]
    return Outcome(winner, len(parties[winner]), tuple(sorted(dissent, key=_key)))


def describe(outcome: Outcome, instance: Instance) -> tuple[str, str]:
    """An option on which an instance differs, and what is in force instead of what it says."""
    own, common = dict(instance.wishes), dict(outcome.wishes)
    name = min(name for name in own.keys() | common.keys() if own.get(name) != common.get(name))
    said = f'says "{own[name]}"' if name in own else "does not say so"
    force = f'"{common[name]}"' if name in common else "without it"
    return name, f"{instance.key} {said}; in force is what most say: {force}"


def _strength(wishes: Wishes, party: list[Instance]) -> tuple[int, int, Wishes]:
    return len(party), -min(instance.created for instance in party), wishes


def _key(instance: Instance) -> tuple[str, str]:
    return instance.key
