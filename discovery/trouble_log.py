"""What keeps a source from being read, in the log: each trouble once, however many questions meet it."""

import logging
from typing import Final

REPEAT: Final = 600.0
"""Seconds after which a trouble that goes on is logged again."""
MOST: Final = 50
"""Lines in that time. A server whose every answer reads differently says nothing new by that."""

log = logging.getLogger(__name__)


class TroubleLog:
    """The troubles of one source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._told: dict[str, float] = {}

    def tell(self, asked: str, trouble: str, now: float) -> None:
        """What keeps something that was asked for from being read now; empty: nothing does."""
        if not trouble or (trouble in self._told and now - self._told[trouble] <= REPEAT):
            return
        self._told = {text: at for text, at in self._told.items() if now - at <= REPEAT}
        if len(self._told) < MOST:
            self._told[trouble] = now
            log.warning("%s: %s (asked for %s)", self._source, trouble, asked)
