"""Times: how long something took that happens again and again."""

from msgspec import Struct


class Times(Struct, frozen=True):
    """All measurements so far, in seconds."""

    count: int = 0
    sum: float = 0.0
    last: float = 0.0
    max: float = 0.0

    def after(self, took: float) -> "Times":
        """With one more measurement."""
        return Times(self.count + 1, self.sum + took, took, max(self.max, took))
