"""One fetch: what a condition looks at, how it is written and made."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ingress.acl.sample import Client, One, Request, Type

Args = tuple[str, ...]
Take = Callable[[Request, Client], Any]


class Fetch(NamedTuple):
    """One fetch: how it is written, what it gives, and how it is made from its arguments."""

    name: str
    usage: str
    gives: Type
    make: Callable[[Args], Take]
    """Raises ValueError for arguments that do not fit."""
    meaning: str
    example: str
    many: bool = False
    """It gives a list of samples, any of which may match."""
    suffixes: bool = False
    """`NAME_beg`, `NAME_end` and so on are criteria of their own."""
    aliases: tuple[str, ...] = ()
    first: bool = False
    """Of many samples a text shows the first, not the last."""
    implies: bool = True
    """Its type says how it is compared where no `-m` does."""
    of_answer: bool = False
    """It asks about the server's answer."""
    waits: bool = False
    """It may not be there yet, and raises `Wait` then: only rules about requests may ask for it."""

    @property
    def counts(self) -> bool:
        """Its second argument says which of many samples is meant."""
        return "OCCURRENCE" in self.usage


def plain(take: One) -> Callable[[Args], One]:
    """The maker of a fetch without arguments."""

    def make(args: Args) -> One:
        if args:
            raise ValueError("no argument is expected")
        return take

    return make
