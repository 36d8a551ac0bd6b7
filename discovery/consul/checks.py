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


class Verdict(NamedTuple):
    """The weight of an instance; 0 is out of service, and then `reason` says why."""

    weight: int
    reason: str = ""
    health: Health = Health.PASSING


def judge(checks: Iterable[Check], service: str, weights: Weights, accept_warning: bool) -> Verdict:
    """The worst check decides. An instance without checks is passing."""
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
    if failed:
        return Verdict(0, failed, Health.CRITICAL)
    return _judge_warned(warned, weights, accept_warning) if warned else _judge_well(weights)


def _judge_well(weights: Weights) -> Verdict:
    return Verdict(weights.passing) if weights.passing > 0 else Verdict(0, "its passing weight is 0")


def _judge_warned(warned: str, weights: Weights, accept_warning: bool) -> Verdict:
    if not accept_warning:
        return Verdict(0, warned, Health.WARNING)
    if weights.warning <= 0:
        return Verdict(0, f"{warned}, with weight 0", Health.WARNING)
    return Verdict(weights.warning, "", Health.WARNING)
