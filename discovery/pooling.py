"""What an object wishes for its pool, from the values of its options."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, cast

from msgspec import Struct

from discovery.pool import CLUSTER, Pool, ServiceOfCluster
from discovery.shift.ramp import Ramp
from ingress.model.problem import Problem
from ingress.model.route import Origin

FIELDS: Final = frozenset(
    {
        "consul_service",
        "consul_datacenter",
        "consul_weight",
        "consul_enable",
        "kubernetes_service",
        "kubernetes_weight",
        "failover",
        "failover_minimum",
        "prefer_zone",
        "shift",
    }
)
"""The fields of the options of pools."""
_OF_TWO: Final = {
    "consul_datacenter": "consul-datacenter",
    "consul_weight": "consul-weight",
    "kubernetes_weight": "kubernetes-weight",
    "failover": "failover",
    "shift": "shift",
}
"""Those that make no sense without a second place."""


class Partner(Struct, frozen=True, omit_defaults=True):
    """The source on the other side."""

    source: str = ""
    """Its name; empty: there is none."""
    datacentres: tuple[str, ...] = ()
    """Of Consul, those that are watched; none: nobody knows."""


class Side(Struct, frozen=True):
    """Where the object is that wishes a pool."""

    place: str
    """One of PLACES."""
    partner: Partner
    prefix: str
    """What comes before the names of options there."""


class Fault(NamedTuple):
    """What is wrong: the name of the option as it is written, and why."""

    option: str
    reason: str


class Wish(NamedTuple):
    """A pool, and what of it cannot be had."""

    pool: Pool | None = None
    faults: tuple[Fault, ...] = ()


NOTHING: Final = Wish()


def read_pool(values: Mapping[str, object], problems: Iterable[Problem], origin: Origin, side: Side) -> Wish:
    """The pool that these values wish for; none, if there are problems with one of its options."""
    place, partner, prefix = side.place, side.partner, side.prefix
    unread = {problem.option.removeprefix(prefix).replace("-", "_") for problem in problems}
    if FIELDS.isdisjoint(values) or not FIELDS.isdisjoint(unread):
        return NOTHING
    option = "consul-service" if place == CLUSTER else "kubernetes-service"
    named = values.get(option.replace("-", "_"))
    faults = list(_contradictions(values, option, has_other=named is not None))
    other = "" if named is None else _other(named, values, partner)
    if isinstance(other, Fault):
        faults.append(other)
    if faults or isinstance(other, Fault):
        return Wish(None, tuple(faults))
    prefer_zone = cast(bool, values.get("prefer_zone", False))
    if not other and not prefer_zone:
        return NOTHING
    return Wish(
        Pool(
            origin,
            prefix + option,
            place,
            other=other,
            share=cast(int | None, values.get("consul_weight", values.get("kubernetes_weight"))),
            first=cast(str, values.get("failover", "")),
            enough=cast(int, values.get("failover_minimum", 1)),
            prefer_zone=prefer_zone,
            ramp=cast(Ramp | None, values.get("shift")),
        )
    )


def _contradictions(values: Mapping[str, object], option: str, *, has_other: bool) -> Iterator[Fault]:
    if not has_other:
        for field, name in _OF_TWO.items():
            if field in values:
                yield Fault(name, f"has no effect without {option}")
    weight = "consul-weight" if option == "consul-service" else "kubernetes-weight"
    rivals = [name for name in ("shift", "failover", weight) if name.replace("-", "_") in values]
    for name in rivals[1:]:
        yield Fault(name, f"cannot be together with {rivals[0]}; remove one of them")
    if "failover_minimum" in values and not {"failover", "prefer_zone"} & values.keys():
        yield Fault("failover-minimum", "has no effect without failover or prefer-zone")


def _other(named: object, values: Mapping[str, object], partner: Partner) -> str | Fault:
    """The name of the other backend, or why there cannot be one."""
    if isinstance(named, ServiceOfCluster):
        if not partner.source:
            reason = "there is no source of Services; give --kubernetes, --kubeconfig or --manifests"
            return Fault("kubernetes-service", reason)
        return f"{partner.source}:{named.text}"
    if not partner.source:
        return Fault("consul-service", "there is no Consul to take servers from; give --consul URL")
    name = f"{partner.source}:{named}"
    datacentre = values.get("consul_datacenter")
    if datacentre is None or not partner.datacentres:
        return name
    if datacentre not in partner.datacentres:
        reason = f"datacentre {datacentre} is not watched; give --consul-datacentre {datacentre}"
        return Fault("consul-datacenter", reason)
    return name if len(partner.datacentres) == 1 else of_datacentre(name, str(datacentre))


def of_datacentre(backend: str, datacentre: str) -> str:
    """The name of the backend of the instances in one of several datacentres."""
    return f"{backend}@{datacentre}"
