"""The keys of TLS session tickets: made here, since this process outlives all that use them."""

from collections.abc import Callable
from math import inf
from typing import Final

from ingress.model.tickets import KEY, TicketKeys

NEVER: Final = inf
"""A moment that does not come."""


class Tickets:
    """The keys in use, and when they are to be followed by others."""

    def __init__(self, rotation: float, now: Callable[[], float], dice: Callable[[int], bytes]) -> None:
        """`rotation` seconds after each other; 0: there are no tickets. `dice` gives random bytes."""
        self._rotation = rotation
        self._now = now
        self._dice = dice
        self.due = now() + rotation if rotation else NEVER
        self.keys = TicketKeys(dice(KEY)) if rotation else None

    def rotate(self) -> bool:
        """Make a new key if it is time to; the one before opens tickets until it is time again."""
        if self.keys is None or self._now() < self.due:
            return False
        self.due = self._now() + self._rotation
        self.keys = TicketKeys(self._dice(KEY), self.keys.current)
        return True
