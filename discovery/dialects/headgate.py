"""The `headgate.dev/` annotations: what an object sets of OPTIONS, and what of it cannot be read."""

from collections.abc import Mapping
from typing import Final

from discovery.dialects.reading import CLOSED, Reading, nearest, problem_with, showable, sounds_like_guard
from discovery.option_values import OptionError
from discovery.options import OPTIONS, Option, Scope
from discovery.rules import option_of, parse_option
from ingress.model.problem import Problem
from ingress.model.route import Origin

PREFIX: Final = "headgate.dev/"
NOTHING: Final = Reading({})
_OF_KUBERNETES: Final = tuple(
    name for name, option in OPTIONS.items() if option.scope in {Scope.INGRESS, Scope.SERVICE}
)


def read(annotations: Mapping[str, str] | None, scope: Scope, origin: Origin) -> Reading:
    """What the annotations of an object set. Those of others are passed over."""
    if not annotations:
        return NOTHING
    ours = {name: text for name, text in annotations.items() if name.startswith(PREFIX)}
    if not ours:
        return NOTHING
    values: dict[str, object] = {}
    problems = []
    for annotation, text in ours.items():
        option = option_of(annotation.removeprefix(PREFIX))
        if option is None:
            problems.append(_unknown(annotation, text, scope, origin))
        elif option.scope is not scope:
            problems.append(_misplaced(option, text, scope, origin))
        else:
            problems += _parse(option, annotation.removeprefix(PREFIX), text, origin, values)
    return Reading(values, tuple(problems), PREFIX)


def problem(origin: Origin, name: str, text: str, reason: str, *, closes: bool = False) -> Problem:
    """A problem with the option of this name (without prefix)."""
    value = showable(option_of(name), text)
    return problem_with(origin, PREFIX + name, value, reason, closes=closes)


def _parse(option: Option, name: str, text: str, origin: Origin, values: dict[str, object]) -> list[Problem]:
    try:
        parse_option(option, PREFIX, name, text, values)
    except OptionError as error:
        return [problem(origin, name, text, str(error), closes=option.guards)]
    return []


def _unknown(annotation: str, text: str, scope: Scope, origin: Origin) -> Problem:
    name = annotation.removeprefix(PREFIX)
    near = nearest(name, _OF_KUBERNETES)
    closes = scope is Scope.INGRESS and sounds_like_guard(name, near)
    advice = "remove it" if near is None else f"did you mean {PREFIX}{near.name}?"
    if near is not None and near.scope is not scope:
        advice = f"did you mean {PREFIX}{near.name}, on the {near.scope}?"
    reason = f"unknown option; {advice}"
    return problem(origin, name, text, reason + CLOSED if closes else reason, closes=closes)


def _misplaced(option: Option, text: str, scope: Scope, origin: Origin) -> Problem:
    reason = f"has no effect on this {scope}; it belongs on the {option.scope}"
    return problem(origin, option.name, text, reason)
