"""What people have set of OPTIONS on an object, and what of it cannot be read."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from msgspec import Struct

from discovery.option import Option
from discovery.options import OPTIONS
from discovery.rules import option_of
from ingress.model.problem import Problem
from ingress.model.route import Origin

_SHOWN: Final = 200
# Who leaves out the sign between a name and its text makes a name of the text.
_NAME: Final = re.compile(r"[A-Za-z0-9_./-]*")
# Words of options that keep requests out, here or elsewhere. Who writes such an option believes that
# the route is guarded, whether or not there is one of that name.
_GUARD_WORDS: Final = frozenset(
    {"access", "acl", "allow", "allowlist", "auth", "block", "deny", "denylist", "jwt", "limit", "oauth"}
    | {"oidc", "rate", "request", "rules", "security", "verify", "whitelist"}
)
CLOSED: Final = "; until then the routes are closed, as it may be meant to keep requests out"


class Reading(Struct, frozen=True):
    """The values by the field of their option, and the problems of the rest."""

    values: Mapping[str, object]
    problems: tuple[Problem, ...] = ()
    prefix: str = "headgate.dev/"
    """What comes before the names of options where they are written."""

    def problem(self, origin: Origin, name: str, text: str, reason: str, *, closes: bool = False) -> Problem:
        """A problem with the option of this name (without prefix)."""
        value = showable(option_of(name), text)
        return problem_with(origin, self.prefix + name, value, reason, closes=closes)


def problem_with(origin: Origin, option: str, text: str, reason: str, *, closes: bool = False) -> Problem:
    """A problem with an option, named as it is written; what was written is cut to a bearable length."""
    written = _NAME.match(option)
    return Problem(origin, written[0] if written else "", reason, text[:_SHOWN], closes)


def showable(option: Option | None, text: str) -> str:
    """What a problem may show of the text of an option, where None is an unknown one: there and in texts
    of rules secrets may stand, such as `set-header Authorization ...`."""
    return "" if option is None or option.rules or option.secret else text


def nearest(name: str, known: Iterable[str]) -> Option | None:
    """The option that was probably meant; None: it is like none of these."""
    found = get_close_matches(name.lower().replace("_", "-"), known, n=1)
    return OPTIONS[found[0]] if found else None


def unknown_option(name: str, known: Iterable[str]) -> tuple[str, str]:
    """What to say of an option of another product that is none of those known, and the one that was probably
    meant; empty: it is like none of these."""
    near = next(iter(get_close_matches(name, known, n=1)), "")
    return f"unknown option; {f'did you mean {near}?' if near else 'remove it'}", near


def sounds_like_guard(name: str, near: Option | None) -> bool:
    """Whether an unknown option was probably meant to keep requests out."""
    return (near is not None and near.guards) or not _GUARD_WORDS.isdisjoint(name.lower().split("-"))
