"""How many requests somebody may make: what the options of a route say, as rules."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from discovery.dialects.terms import SOURCE, all_of, negated, term
from discovery.limit_options import LIMIT_OPTIONS
from discovery.option_values import CombinationError
from ingress.model.admission import LimitConcurrent, LimitRate
from ingress.model.condition import Condition, Expression, Match
from ingress.model.policy import Rule

_BURST: Final = 5
_PERIODS: Final = {"limit_rps": 1.0, "limit_rpm": 60.0}
_LIMITS: Final = frozenset(("limit_connections", *_PERIODS))


def read_limits(values: Mapping[str, object], name: str) -> tuple[Rule, ...]:
    """The limits; `name` says for whom is counted."""
    said = [option for option in LIMIT_OPTIONS if option.field in values]
    if said and _LIMITS.isdisjoint(values):
        raise CombinationError(
            said[0].name, "there is no limit beside it: limit-rps, limit-rpm or limit-connections"
        )
    if "limit_burst" in values and _PERIODS.keys().isdisjoint(values):
        raise CombinationError("limit-burst-multiplier", "there is no limit-rps or limit-rpm beside it")
    return tuple(Rule(action, _unless(values)) for action in _actions(values, name))


def _actions(values: Mapping[str, Any], name: str) -> Iterator[LimitConcurrent | LimitRate]:
    by = cast(Expression, values.get("limit_by", SOURCE))
    shared = {"prefix": values["limit_prefix"]} if "limit_prefix" in values else {}
    if "limit_connections" in values:
        yield LimitConcurrent(values["limit_connections"], by, name=name, **shared)
    for field, period in _PERIODS.items():
        if field in values:
            burst = values[field] * values.get("limit_burst", _BURST)
            yield LimitRate(values[field], period, burst, by, name=name, **shared)


def _unless(values: Mapping[str, Any]) -> Condition | None:
    networks = values.get("limit_allowlist", ())
    return all_of(negated(term(SOURCE, Match.IP, *networks))) if networks else None
