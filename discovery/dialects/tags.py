"""The `headgate.` tags and meta of a Consul service: what they set of OPTIONS, route by route.

Consul allows letters, digits, `-` and `_` in the keys of meta, so the tag `headgate.route.2.host=x`
is `headgate-route-2-host` there.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, cast

from msgspec import Struct

from discovery.dialects.reading import CLOSED, Reading, nearest, problem_with, showable, sounds_like_guard
from discovery.option import Option, Scope
from discovery.option_values import OptionError
from discovery.options import OPTIONS
from discovery.rules import RuleText, option_of, parse_option
from ingress.model.problem import Problem
from ingress.model.route import Origin

Wishes = tuple[tuple[str, str], ...]
"""Names without the prefix, such as `host` and `route.2.host`, with their texts, in order."""

ENABLE: Final = "enable"
OF_SERVICE: Final = "service."
_OF_META: Final = re.compile(r"route-([0-9]+)-(.+)")
_SUFFIXED: Final = re.compile(r"([a-z-]+?)-([0-9].*)")
_OF_ROUTE: Final = re.compile(r"(?:route\.([0-9]{1,4})\.)?(.+)", re.DOTALL)
_PLACES: Final = frozenset({"host", "path", "path-type"})
# In these, what the unnumbered route says holds in the numbered ones too. A guard is thus never lost
# by giving a service another route, and a rule of the numbered route comes before those of all.
_SHARED_LAST: Final = ("use_backend",)
_SHARED_FIRST: Final = tuple(
    option.field for option in OPTIONS.values() if option.rules and option.field not in _SHARED_LAST
)


class Declaration(Struct, frozen=True):
    """What a service says of itself."""

    routes: tuple[Reading, ...] = ()
    values: Mapping[str, object] = {}
    """Of the options that are for the whole service."""
    problems: tuple[Problem, ...] = ()
    service: Reading | None = None
    """Rules for all requests that come to the service, by whatever route; None: there are none."""


def gather(tags: Iterable[str], meta: Mapping[str, str], prefix: str) -> Wishes:
    """What the tags and the meta of an instance set; meta wins. Those of others are passed over."""
    said: dict[str, list[str]] = {}
    for tag in tags:
        if tag.startswith(f"{prefix}."):
            name, _, text = tag[len(prefix) + 1 :].partition("=")
            said.setdefault(name.strip(), []).append(text.strip())
    found = {name: "\n".join(texts) for name, texts in said.items()}
    for key, text in meta.items():
        if key[: len(prefix)].lower() == prefix and key[len(prefix) : len(prefix) + 1] in {"-", "_"}:
            found[_of_meta(key[len(prefix) + 1 :])] = text.strip()
    return tuple(sorted(found.items()))


def is_enabled(wishes: Wishes, default: bool) -> bool:
    """Whether an instance wants requests; one that says so in a way that cannot be read does not."""
    for name, text in wishes:
        if name == ENABLE:
            return text.lower() == "true"
    return default


def read(wishes: Wishes, origin: Origin, prefix: str) -> Declaration:
    """What the tags and meta set, and what of them cannot be read."""
    reader = _Reader(origin, prefix)
    for name, text in wishes:
        reader.take(name, text)
    return reader.finish()


def _of_meta(key: str) -> str:
    name = key.lower().replace("_", "-")
    numbered = _OF_META.fullmatch(name)
    route, name = (f"route.{numbered[1]}.", numbered[2]) if numbered else ("", name)
    if name.startswith("service-"):
        route, name = OF_SERVICE, name.removeprefix("service-")
    suffixed = _SUFFIXED.fullmatch(name)
    if suffixed and suffixed[1] in OPTIONS:
        name = f"{suffixed[1]}.{suffixed[2]}"
    return route + name


class _Reader:
    """What has been read of the wishes of a service."""

    def __init__(self, origin: Origin, prefix: str) -> None:
        self._origin = origin
        self._prefix = prefix
        self._routes: dict[str, dict[str, object]] = {}
        self._values: dict[str, object] = {}
        self._service: dict[str, object] = {}
        self._problems: list[Problem] = []

    def take(self, written: str, text: str) -> None:
        """One wish."""
        if written.startswith(OF_SERVICE):
            self._take_of_service(written, text)
            return
        match = _OF_ROUTE.fullmatch(written)
        number, name = (match[1] or "", match[2]) if match else ("", written)
        option = option_of(name)
        if option is None:
            self._unknown(written, number, name)
        elif option.annotation_only:
            reason = "belongs on a Kubernetes object, not in a tag"
            self._problem(written, showable(option, text), reason, closes=option.guards)
        elif number and not _is_of_route(option):
            reason = f"is for the whole service; write {self._prefix}.{name}"
            self._problem(written, showable(option, text), reason)
        else:
            of_route = self._routes.setdefault(number, {}) if _is_of_route(option) else self._values
            self._parse(option, number, name, text, of_route)

    def _take_of_service(self, written: str, text: str) -> None:
        """A rule for all requests that come to the service."""
        name = written.removeprefix(OF_SERVICE)
        option = option_of(name)
        if option is not None and option.rules and option.fits(Scope.SERVICE):
            parse_option(option, f"{self._prefix}.{OF_SERVICE}", name, text, self._service)
            return
        known = [each for each, one in OPTIONS.items() if one.rules and one.fits(Scope.SERVICE)]
        near = nearest(name, known) if option is None else None
        closes = near is not None and near.guards
        meant = f"did you mean {self._prefix}.{OF_SERVICE}{near.name}?" if near else ""
        advice = meant or f"there are {', '.join(known)}"
        reason = f"is no rule for all requests to a service; {advice}"
        self._problem(written, "", reason + CLOSED if closes else reason, closes=closes)

    def finish(self) -> Declaration:
        """All of it. The unnumbered route is one only if it has a place of its own."""
        problems = tuple(self._problems)
        common = self._routes.pop("", {})
        routes = []
        if not _PLACES.isdisjoint(_names(common)):
            routes.append(Reading(common, problems, f"{self._prefix}."))
        for number in sorted(self._routes, key=int):
            values = _inherit(common, self._routes[number])
            routes.append(Reading(values, problems, f"{self._prefix}.route.{number}."))
        of_service = tuple(each for each in problems if f".{OF_SERVICE}" in each.option)
        service = Reading(self._service, of_service, f"{self._prefix}.{OF_SERVICE}")
        return Declaration(
            tuple(routes), self._values, problems, service if self._service or of_service else None
        )

    def _parse(self, option: Option, number: str, name: str, text: str, values: dict[str, object]) -> None:
        route = f"route.{number}." if number else ""
        try:
            parse_option(option, f"{self._prefix}.{route}", name, text, values)
        except OptionError as error:
            self._problem(route + name, showable(option, text), str(error), closes=option.guards)

    def _unknown(self, written: str, number: str, name: str) -> None:
        known = [each for each, option in OPTIONS.items() if not number or _is_of_route(option)]
        near = nearest(name, known)
        closes = sounds_like_guard(name, near)
        route = f"route.{number}." if number else ""
        advice = "remove it" if near is None else f"did you mean {self._prefix}.{route}{near.name}?"
        reason = f"unknown option; {advice}"
        self._problem(written, "", reason + CLOSED if closes else reason, closes=closes)

    def _problem(self, written: str, text: str, reason: str, *, closes: bool = False) -> None:
        option = f"{self._prefix}.{written}"
        self._problems.append(problem_with(self._origin, option, text, reason, closes=closes))


def _is_of_route(option: Option) -> bool:
    return option.scope is Scope.INGRESS or option.rules or option.name in _PLACES


def _names(values: Mapping[str, object]) -> Iterable[str]:
    return (field.replace("_", "-") for field in values)


def _inherit(common: Mapping[str, object], own: Mapping[str, object]) -> dict[str, object]:
    """What a numbered route says, with what it does not say from the unnumbered one."""
    values = {**common, **own}
    for field in (*_SHARED_FIRST, *_SHARED_LAST):
        if field in common and field in own:
            shared, mine = cast(RuleText, common[field]), cast(RuleText, own[field])
            values[field] = shared + mine if field in _SHARED_FIRST else mine + shared
    return values
