"""Traefik's `ratelimit` and `inflightreq` middlewares: how many requests somebody may make."""

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from discovery.dialects.complaint import ComplaintError
from discovery.dialects.golang import read_number, read_truth
from discovery.dialects.terms import HOST, SOURCE, header
from discovery.dialects.traefik_effect import Effect, Reader, Said, no_strategy
from ingress.model.admission import LimitConcurrent, LimitRate
from ingress.model.condition import Expression
from ingress.model.policy import Rule

_DURATION: Final = re.compile(r"(?:[0-9]{1,9}(?:ns|us|µs|ms|s|m|h))+", re.ASCII)
_PART: Final = re.compile(r"([0-9]+)(ns|us|ms|s|m|h)")
_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_FIELD: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_WHOLE: Final = 128
_MOST: Final = 9_999_999


def rate(said: Said) -> Effect:
    """So many requests in a period, and no more at once than the burst."""
    average, burst = said.number("average", 0), max(1, said.number("burst", 1))
    period = float(str(said.values.get("period", 1.0)))
    if average == 0:
        return Effect()
    if not (0 < average <= _MOST and burst <= _MOST and period > 0):
        raise ComplaintError("average, burst or period is out of range")
    by, prefix = _source(said, SOURCE)
    return Effect((Rule(LimitRate(average, period, burst, by, prefix)),))


def in_flight(said: Said) -> Effect:
    """So many requests at a time."""
    amount = said.number("amount", 0)
    if not 0 < amount <= _MOST:
        raise ComplaintError("amount is missing, or out of range")
    by, prefix = _source(said, HOST)
    return Effect((Rule(LimitConcurrent(amount, by, prefix)),))


def counted_as(effect: Effect, name: str) -> Effect:
    """The effect, its limits counted under this name."""
    return replace(effect, rules=tuple(_called(rule, name) for rule in effect.rules))


def _called(rule: Rule, name: str) -> Rule:
    action = rule.action
    if isinstance(action, LimitRate | LimitConcurrent):
        return replace(rule, action=replace(action, name=name))
    return rule


def _source(said: Said, default: Expression) -> tuple[Expression, int]:
    """What is counted, and how many bits of an IPv6 address."""
    name = said.text("sourcecriterion.requestheadername")
    prefix = said.number("sourcecriterion.ipstrategy.ipv6subnet", _WHOLE)
    asked = [key for key in said.values if key.startswith("sourcecriterion.ipstrategy")]
    if bool(name) + said.truth("sourcecriterion.requesthost") + bool(asked) > 1:
        raise ComplaintError("sourceCriterion can be one of ipStrategy, requestHeaderName and requestHost")
    if name:
        return header(name), _WHOLE
    if said.truth("sourcecriterion.requesthost"):
        return HOST, _WHOLE
    return (SOURCE, prefix) if asked else (default, _WHOLE)


def _duration(value: str) -> float:
    word = f"{value}s" if value.isascii() and value.isdigit() else value.replace("µ", "u")
    if not _DURATION.fullmatch(word):
        raise ComplaintError(f'"{value[:40]}" is not a duration such as 1s or 1m30s')
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(word))


def _field(value: str) -> str:
    if not _FIELD.fullmatch(value):
        raise ComplaintError("it is not the name of a field")
    return value


def _bits(value: str) -> int:
    bits = read_number(value)
    if not 0 < bits <= _WHOLE:
        raise ComplaintError("it is not a number of bits from 1 to 128")
    return bits


def _no_store(value: str) -> object:
    raise ComplaintError("requests are counted over all workers of this machine, not in a store elsewhere")


_CRITERIA: Final[Mapping[str, Reader]] = {
    "sourcecriterion.requestheadername": _field,
    "sourcecriterion.requesthost": read_truth,
    "sourcecriterion.ipstrategy": read_truth,
    "sourcecriterion.ipstrategy.ipv6subnet": _bits,
    "sourcecriterion.ipstrategy.depth": no_strategy,
    "sourcecriterion.ipstrategy.excludedips": no_strategy,
}
RATE_OPTIONS: Final[Mapping[str, Reader]] = {
    "average": read_number,
    "period": _duration,
    "burst": read_number,
    "redis.": _no_store,
    **_CRITERIA,
}
IN_FLIGHT_OPTIONS: Final[Mapping[str, Reader]] = {"amount": read_number, **_CRITERIA}
