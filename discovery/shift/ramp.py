"""A ramp as people write it: `consul 100 -> kubernetes 100 over 2h, stop on 5xx > 2%`."""

import re
from typing import Final

from msgspec import Struct

from discovery.names import SpellingError

FORM: Final = '"consul 100 -> kubernetes 100 over 2h, stop on 5xx > 2%"'
_SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST: Final = 30 * 86400.0
_PLACE: Final = r"(kubernetes|consul)\s+([0-9]{1,3})\s?%?"
_RAMP: Final = re.compile(rf"{_PLACE}\s*->\s*{_PLACE}\s+over\s+([0-9]{{1,6}})(s|m|h|d)", re.ASCII)
_STOP: Final = re.compile(r"stop\s+on\s+5xx\s*>\s*([0-9]{1,3}(?:\.[0-9]{1,3})?)\s?%", re.ASCII)
_PAUSED: Final = "paused"
_LONGEST_TEXT: Final = 200


class Ramp(Struct, frozen=True, omit_defaults=True):
    """From which share to which, in what time, and when it is called off."""

    start: int
    """Of a hundred requests, those that the servers in Kubernetes get at first."""
    end: int
    """The same at last."""
    seconds: float
    limit: float | None = None
    """The ramp is rolled back when a greater part of requests than this (0 to 1) fails in the place to
    which they go over; None: whatever happens."""
    paused: bool = False

    @property
    def to(self) -> str:
        """The place that gets more and more of the requests."""
        return "kubernetes" if self.end >= self.start else "consul"

    def share(self, progress: float) -> int:
        """Of a hundred requests, those of Kubernetes when this part (0 to 1) of the ramp is behind it.

        Rounded towards the start, so that nothing has its last percent before the end."""
        way = int(abs(self.end - self.start) * min(max(progress, 0.0), 1.0) + 1e-9)
        return self.start + (way if self.end >= self.start else -way)


def parse_ramp(text: str) -> Ramp:
    """The ramp, or SpellingError with the form that it should have."""
    words = [" ".join(part.split()) for part in text[: _LONGEST_TEXT + 1].split(",")]
    if len(text) > _LONGEST_TEXT or (match := _RAMP.fullmatch(words[0].lower())) is None:
        raise SpellingError(f'"{text[:_LONGEST_TEXT]}" is not a shift such as {FORM}')
    limit, paused = None, False
    for word in words[1:]:
        stop = _STOP.fullmatch(word)
        if stop and limit is None:
            limit = _percent(stop[1]) / 100
        elif word == _PAUSED and not paused:
            paused = True
        else:
            raise SpellingError(f'"{word}" is neither "stop on 5xx > 2%" nor "{_PAUSED}"')
    return _ramp(match, limit, paused=paused)


def _ramp(match: re.Match[str], limit: float | None, *, paused: bool) -> Ramp:
    start = _of_cluster(match[1], _percent(match[2]))
    end = _of_cluster(match[3], _percent(match[4]))
    seconds = int(match[5]) * _SECONDS[match[6]]
    if start == end:
        raise SpellingError(f"the shift ends where it begins; it has to be such as {FORM}")
    if not 0 < seconds <= _LONGEST:
        raise SpellingError(f'"{match[5]}{match[6]}" is not a time up to 30 days')
    return Ramp(start, end, seconds, limit, paused)


def _of_cluster(place: str, percent: float) -> int:
    return int(percent) if place == "kubernetes" else 100 - int(percent)


def _percent(text: str) -> float:
    if (percent := float(text)) > 100:
        raise SpellingError(f'"{text}" is more than 100 %')
    return percent
