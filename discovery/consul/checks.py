"""What the checks of an instance come to: whether it gets requests, and what share."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from discovery.consul.entry import Check, Weights

NODE_MAINTENANCE: Final = "_node_maintenance"
SERVICE_MAINTENANCE: Final = "_service_maintenance:"


class Health(StrEnum):
    """What the checks of an instance and of its node come to."""

    PASSING = "passing"
    WARNING = "warning"
    CRITICAL = "critical"
    MAINTENANCE = "maintenance"


USUAL: Final = frozenset({Health.PASSING, Health.WARNING})
"""The states in which an instance gets requests, unless somebody wants it otherwise."""


class Verdict(NamedTuple):
    """The weight of an instance; 0 is out of service, and then `reason` says why."""

    weight: int
    reason: str = ""
    health: Health = Health.PASSING


def judge(
    checks: Iterable[Check], service: str, weights: Weights, accepted: frozenset[Health] = USUAL
) -> Verdict:
    """The worst check decides, and whether that is accepted; passing is, and maintenance never. An
    instance without checks is passing."""
    failed = warned = ""
    for check in checks:
        if check.id in (NODE_MAINTENANCE, SERVICE_MAINTENANCE + service):
            # Somebody wants it so, whatever else is wrong with it.
            return Verdict(0, "in maintenance", Health.MAINTENANCE)
        if check.status == "warning":
            warned = warned or f"check {check.name or check.id} is warning"
        elif check.status != "passing":
            # A word that is not known cannot be good news.
            failed = failed or f"check {check.name or check.id} is {check.status or 'in no state'}"
    if not (failed or warned):
        return Verdict(weights.passing) if weights.passing > 0 else Verdict(0, "its passing weight is 0")
    health = Health.CRITICAL if failed else Health.WARNING
    if health not in accepted:
        return Verdict(0, failed or warned, health)
    # Consul has no weight for what is worse than a warning.
    if weights.warning <= 0:
        return Verdict(0, f"{failed or warned}, with weight 0", health)
    return Verdict(weights.warning, "", health)
