"""What the checks of an instance come to: whether it gets requests, and what share."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from discovery.consul.entry import Check, Weights

NODE_MAINTENANCE: Final = "_node_maintenance"
SERVICE_MAINTENANCE: Final = "_service_maintenance:"


class Verdict(NamedTuple):
    """The weight of an instance; 0 is out of service, and then `reason` says why."""

    weight: int
    reason: str = ""


def judge(checks: Iterable[Check], service: str, weights: Weights, accept_warning: bool) -> Verdict:
    """The worst check decides. An instance without checks is passing."""
    warned = ""
    for check in checks:
        if check.id == NODE_MAINTENANCE or check.id == SERVICE_MAINTENANCE + service:
            return Verdict(0, "in maintenance")
        if check.status == "passing":
            continue
        if check.status != "warning":
            # A word that is not known cannot be good news.
            return Verdict(0, f"check {check.name or check.id} is {check.status or 'in no state'}")
        warned = warned or f"check {check.name or check.id} is warning"
    if not warned:
        return Verdict(weights.passing) if weights.passing > 0 else Verdict(0, "its passing weight is 0")
    if not accept_warning:
        return Verdict(0, warned)
    return Verdict(weights.warning) if weights.warning > 0 else Verdict(0, f"{warned}, with weight 0")
