"""Problems: what of a user's object could not be honoured, and why."""

import re
from typing import Final

from msgspec import Struct

from ingress.model.route import Origin

_PLACE: Final = re.compile(r"line [0-9]+, column [0-9]+: ")


class Problem(Struct, frozen=True, order=True, omit_defaults=True):
    """One thing that is wrong with one object. Shown in the API, the log, metrics and `check`."""

    origin: Origin
    option: str
    """The annotation or field: `headgate.dev/balance`, `spec.rules[0]`; empty: the whole object."""
    reason: str
    """What is wrong and what to do: `line 2, column 14: unknown action "dney"; did you mean "deny"?`"""
    value: str = ""
    """The value as written, cut to 200 characters; never a secret."""
    closes: bool = False
    """The option guards, so the routes of the object are closed until it can be read."""

    def __str__(self) -> str:
        """`ingress team-a/shop: headgate.dev/acl line 2, column 14: ...`."""
        return f"{self.origin}: {said(self.option, self.reason)}"


def said(option: str, reason: str) -> str:
    """What is wrong with an option; a place in its text goes with its name."""
    return f"{option}{' ' if _PLACE.match(reason) else ': '}{reason}" if option else reason
