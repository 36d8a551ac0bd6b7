"""What is kept of a shift: for a later process, and for all replicas alike."""

from msgspec import Struct

from discovery.shift.ramp import Ramp


class Record(Struct, frozen=True, omit_defaults=True):
    """How far a shift is, and what was decided about it."""

    start: int
    end: int
    progress: float = 0.0
    """The part (0 to 1) that is behind it."""
    rolled_back: str = ""
    """Why it was called off; empty: it was not."""
    under: Ramp | None = None
    """The ramp that was called off: another text begins anew."""
    paused: bool = False
    """An operator has stopped it for a while, beside what its text says."""

    def fits(self, ramp: Ramp) -> bool:
        """Whether it is of this ramp."""
        same = (self.start, self.end) == (ramp.start, ramp.end)
        return same and (not self.rolled_back or self.under in (None, ramp))


class Book(Struct, frozen=True, omit_defaults=True):
    """What all replicas keep together."""

    leader: str = ""
    """The replica that goes on with the shifts; the others follow."""
    turn: int = 0
    """Greater whenever the leader has written: so it is seen to live."""
    shifts: dict[str, Record] = {}
    """By backend."""
