"""The `headgate.dev/` annotations: what an object sets of OPTIONS, and what of it cannot be read."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from msgspec import Struct

from discovery.options import OPTIONS, Option, OptionError, Scope
from ingress.model.problem import Problem
from ingress.model.route import Origin

PREFIX: Final = "headgate.dev/"
_SHOWN: Final = 200
# Words of options that keep requests out, here or elsewhere. Who writes such an option believes that
# the route is guarded, whether or not there is one of that name.
_GUARD_WORDS: Final = frozenset(
    {"access", "acl", "allow", "allowlist", "auth", "block", "deny", "denylist", "jwt", "limit", "oauth"}
    | {"oidc", "rate", "request", "rules", "security", "verify", "whitelist"}
)


class Reading(Struct, frozen=True):
    """The values by the field of their option, and the problems of the rest."""

    values: Mapping[str, object]
    problems: tuple[Problem, ...] = ()


NOTHING: Final = Reading({})


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
        option = OPTIONS.get(annotation.removeprefix(PREFIX))
        if option is None:
            problems.append(_unknown(annotation, text, scope, origin))
        elif option.scope is not scope:
            problems.append(_misplaced(option, text, scope, origin))
        else:
            problems += _parse(option, text, origin, values)
    return Reading(values, tuple(problems))


def problem(origin: Origin, name: str, text: str, reason: str, *, closes: bool = False) -> Problem:
    """A problem with the option of this name (without prefix)."""
    return Problem(origin, PREFIX + name, reason, text[:_SHOWN], closes)


def _parse(option: Option, text: str, origin: Origin, values: dict[str, object]) -> list[Problem]:
    try:
        values[option.field] = option.parse(text)
    except OptionError as error:
        return [problem(origin, option.name, text, str(error), closes=option.guards)]
    return []


def _unknown(annotation: str, text: str, scope: Scope, origin: Origin) -> Problem:
    name = annotation.removeprefix(PREFIX)
    near = _nearest(name)
    closes = scope is Scope.INGRESS and (
        (near is not None and near.guards) or not _GUARD_WORDS.isdisjoint(name.lower().split("-"))
    )
    advice = "remove it" if near is None else f"did you mean {PREFIX}{near.name}?"
    if near is not None and near.scope is not scope:
        advice = f"did you mean {PREFIX}{near.name}, on the {near.scope}?"
    reason = f"unknown option; {advice}"
    if closes:
        reason += "; until then the routes are closed, as it may be meant to keep requests out"
    return problem(origin, name, text, reason, closes=closes)


def _nearest(name: str) -> Option | None:
    found = get_close_matches(name.lower().replace("_", "-"), OPTIONS, n=1)
    return OPTIONS[found[0]] if found else None


def _misplaced(option: Option, text: str, scope: Scope, origin: Origin) -> Problem:
    reason = f"has no effect on this {scope}; it belongs on the {option.scope}"
    return problem(origin, option.name, text, reason)
