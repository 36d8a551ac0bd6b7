"""A token bucket: a few requests at once, then so many a second, and fewer where they bring nothing."""

from typing import Final

_TIMES: Final = 4.0
"""By how much the wait for what costs much may grow where it brings nothing."""


class Bucket:
    """Paces one loop. An answer that brings no news makes it slower, one that does makes it fast again."""

    def __init__(self, burst: int, slowing: tuple[float, float]) -> None:
        """`slowing` is the time for a token, at first and at most."""
        self._burst = float(burst)
        self._shortest, self._longest = slowing
        self._each = self._shortest
        self._tokens = self._burst
        self._at = float("-inf")

    def take(self, now: float) -> float:
        """Take a token; returns how long to wait for it."""
        if self._at > float("-inf"):
            self._tokens = min(self._burst, self._tokens + (now - self._at) / self._each)
        self._at = now
        self._tokens -= 1.0
        return max(0.0, -self._tokens) * self._each

    def note(self, *, news: bool, cost: float = 0.0) -> None:
        """Say what the last request was good for; `cost` is by how much longer than usual a token takes
        after one like it."""
        least = self._shortest + cost
        if news:
            self._each = least
        elif self._tokens < 1.0:
            self._each = max(least, min(2.0 * self._each, self._longest + _TIMES * cost))
