"""The `headgate.dev/` annotations: what an object sets of OPTIONS, and what of it cannot be read."""

from collections.abc import Mapping
from typing import Final

from discovery.dialects.reading import CLOSED, Reading, nearest, problem_with, showable, sounds_like_guard
from discovery.option import Option, Scope
from discovery.option_values import OptionError
from discovery.options import OPTIONS
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
    ours = {name: text for name, text in (annotations or {}).items() if name.startswith(PREFIX)}
    return _Reader(PREFIX, scope, origin).read(ours) if ours else NOTHING


def read_keys(data: Mapping[str, str], origin: Origin) -> Reading:
    """What the keys of a ConfigMap with the rules of a platform set: the same names, without a prefix.
    Other keys may be files that rules look into, if they do not look like a misspelt rule."""
    ours = {
        name: text
        for name, text in data.items()
        if option_of(name) or ((near := nearest(name, _OF_KUBERNETES)) and near.fits(Scope.PLATFORM))
    }
    return _Reader("", Scope.PLATFORM, origin).read(ours)


def problem(origin: Origin, name: str, text: str, reason: str, *, closes: bool = False) -> Problem:
    """A problem with the option of this name (without prefix)."""
    value = showable(option_of(name), text)
    return problem_with(origin, PREFIX + name, value, reason, closes=closes)


class _Reader:
    """Reads the options of one object."""

    def __init__(self, prefix: str, scope: Scope, origin: Origin) -> None:
        self._prefix = prefix
        self._scope = scope
        self._origin = origin
        self._values: dict[str, object] = {}
        self._problems: list[Problem] = []

    def read(self, texts: Mapping[str, str]) -> Reading:
        """What the texts say, by their names with the prefix."""
        for written, text in texts.items():
            name = written.removeprefix(self._prefix)
            option = option_of(name)
            if option is None:
                self._unknown(name, text)
            elif not option.fits(self._scope):
                reason = f"has no effect on this {self._scope}; it belongs on the {option.scope}"
                self._problem(option.name, text, reason)
            else:
                self._parse(option, name, text)
        return Reading(self._values, tuple(self._problems), self._prefix)

    def _parse(self, option: Option, name: str, text: str) -> None:
        try:
            parse_option(option, self._prefix, name, text, self._values)
        except OptionError as error:
            self._problem(name, text, str(error), closes=option.guards)

    def _unknown(self, name: str, text: str) -> None:
        near = nearest(name, _OF_KUBERNETES)
        advice = "remove it" if near is None else f"did you mean {self._prefix}{near.name}?"
        if near is not None and not near.fits(self._scope):
            advice = f"did you mean {self._prefix}{near.name}, on the {near.scope}?"
        closes = self._may_guard(name, near)
        reason = f"unknown option; {advice}"
        self._problem(name, text, reason + CLOSED if closes else reason, closes=closes)

    def _may_guard(self, name: str, near: Option | None) -> bool:
        if self._scope is Scope.INGRESS:
            return sounds_like_guard(name, near)
        return near is not None and near.guards and near.fits(self._scope)

    def _problem(self, name: str, text: str, reason: str, *, closes: bool = False) -> None:
        value = showable(option_of(name), text)
        self._problems.append(problem_with(self._origin, self._prefix + name, value, reason, closes=closes))
