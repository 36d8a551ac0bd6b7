"""An option: one setting that people can make on an object."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from msgspec import Struct


class Scope(StrEnum):
    """The kind of object that an option belongs on."""

    INGRESS = "Ingress"
    SERVICE = "Service"
    PLATFORM = "platform"
    CONSUL = "Consul service"


class Option(Struct, frozen=True):
    """One setting."""

    name: str
    """Without the prefix of a dialect."""
    field: str
    """What `parse` makes of the text is known by this name; that of the BackendSettings it sets."""
    scope: Scope
    parse: Callable[[str], object]
    sentence: str
    """What it does, for the documentation."""
    guards: bool = False
    """It keeps requests out, so a route on which it cannot be read is closed."""
    annotation_only: bool = False
    """It makes no sense in a tag."""
    also: tuple[Scope, ...] = ()
    """Other objects that it may stand on."""
    rules: bool = False
    """It is a text of rules, in which secrets may stand: problems never show it."""
    secret: bool = False
    """Problems never show it either."""

    def fits(self, scope: Scope) -> bool:
        """Whether it may stand on such an object."""
        return scope is self.scope or scope in self.also


EVERY_SCOPE: Final = (Scope.SERVICE, Scope.PLATFORM)
"""Where rules may stand beside the object of a route."""
