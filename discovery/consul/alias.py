"""A name under which this instance is to be found in Consul."""

from msgspec import Struct

from ingress.model.route import Origin


class Alias(Struct, frozen=True):
    """Who wants it."""

    owner: Origin
    option: str
    """The tag that says so."""
