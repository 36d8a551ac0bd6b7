"""Flapping: an instance that fails again and again is let in again only when it has been well for a while.

Bad news is never held back. Good news is, and never for longer than a bound.
"""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from discovery.consul.checks import Health
from discovery.consul.instance import Instance, InstanceKey


class Damping(Struct, frozen=True):
    """How patient one is with instances that fail. Times in seconds."""

    free: int = 3
    """Failures that are followed by no wait."""
    first: float = 5.0
    """The wait after the next one; each further one doubles it."""
    longest: float = 30.0
    calm: float = 120.0
    """Without a failure, after which all are forgotten."""


class Damped(NamedTuple):
    """Instances as they are to be used now, and when that has to be looked at again; 0: never."""

    instances: dict[InstanceKey, Instance]
    again: float


class _Past(Struct):
    """What an instance has been through."""

    well: bool = True
    failures: int = 0
    failed_at: float = 0.0
    until: float = 0.0


class Flaps:
    """The failures of the instances of one service."""

    def __init__(self, damping: Damping) -> None:
        self._damping = damping
        self._pasts: dict[InstanceKey, _Past] = {}

    def damp(self, instances: Mapping[InstanceKey, Instance], now: float) -> Damped:
        """Hold back who flaps. An instance that is not named keeps its past until that is forgotten, so
        that leaving and coming back is no way around it."""
        self._forget(instances, now)
        damped: dict[InstanceKey, Instance] = {}
        again = 0.0
        for key, instance in instances.items():
            until = self._judge(key, instance, now)
            held = until > now and instance.weight > 0
            damped[key] = self._held_back(instance) if held else instance
            if held:
                again = min(again or until, until)
        return Damped(damped, again)

    def _judge(self, key: InstanceKey, instance: Instance, now: float) -> float:
        """When an instance that is well may get requests: now or before that, at once."""
        # One that gets requests while its checks fail has nothing to come back from.
        if instance.health is Health.CRITICAL and not instance.weight:
            past = self._pasts.setdefault(key, _Past(well=False))
            if past.well:
                past.well, past.failed_at = False, now
                past.failures += 1
            return now
        past = self._pasts.setdefault(key, _Past())
        if not past.well:
            past.well = True
            past.until = now + self._wait(past.failures)
        return past.until

    def _wait(self, failures: int) -> float:
        excess = failures - self._damping.free
        return min(self._damping.first * 2.0 ** (excess - 1), self._damping.longest) if excess > 0 else 0.0

    def _held_back(self, instance: Instance) -> Instance:
        past = self._pasts[instance.key]
        wait = self._wait(past.failures)
        reason = (
            f"flaps: it has failed {past.failures} times; held back until it has been well for {wait:g} s"
        )
        return replace(instance, weight=0, held=instance.weight, reason=reason)

    def _forget(self, instances: Mapping[InstanceKey, Instance], now: float) -> None:
        oldest = now - self._damping.calm
        for key, past in list(self._pasts.items()):
            if past.failed_at > oldest or past.until > now:
                continue
            if key in instances:
                past.failures = 0
            else:
                del self._pasts[key]
