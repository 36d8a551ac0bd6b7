"""Platforms: rules of those who run Headgate, asked before those of the objects whose routes they are for."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from ingress.model.policy import Policy
from ingress.model.route import Origin

EVERYWHERE: Final = ""
"""The name of the platform whose rules are for all routes."""


class Scope(StrEnum):
    """Whose rules a request meets, in this order; answers meet them in the opposite one."""

    PLATFORM = "platform"
    """Those of the platform whose rules are for all routes."""
    CLASS = "class"
    """Those of the platform that the route refers to."""
    ROUTE = "route"
    BACKEND = "backend"


class Platform(Struct, frozen=True, omit_defaults=True):
    """Rules that routes refer to by name, so that a change of them is told once, however many these are."""

    name: str
    """EVERYWHERE, or with its source, as routes name it: `kubernetes:infra/edge-rules`."""
    origin: Origin
    """The object that has them."""
    policy: Policy
