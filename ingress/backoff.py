"""How long to wait before something that ended is started again."""


class Backoff:
    """No wait after a good life or the first short one, then twice as long each time, up to a limit."""

    def __init__(self, first: float, longest: float, good: float) -> None:
        self._first = first
        self._longest = longest
        self._good = good
        self._next = 0.0

    def after(self, lived: float) -> float:
        """Seconds to wait, now that it ended after `lived` seconds."""
        if lived >= self._good:
            self._next = 0.0
        delay = self._next
        self._next = min(max(2 * delay, self._first), self._longest)
        return delay
