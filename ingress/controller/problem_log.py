"""Problems in the log: each once when it appears, and once when it is mended."""

import logging
from collections.abc import Iterable
from typing import Final

from ingress.model.problem import Problem

MOST: Final = 50
"""Lines at a time. All problems are in the API; the log is for what a person can read."""

log = logging.getLogger(__name__)


class ProblemLog:
    """Logs what differs from the problems there were."""

    def __init__(self) -> None:
        self._known: set[Problem] = set()

    def update(self, problems: Iterable[Problem]) -> None:
        """These are all problems now."""
        now = set(problems)
        _write(logging.WARNING, "problem", sorted(now - self._known))
        _write(logging.INFO, "no longer a problem", sorted(self._known - now))
        self._known = now


def _write(level: int, prefix: str, problems: list[Problem]) -> None:
    for problem in problems[:MOST]:
        log.log(level, "%s: %s", prefix, problem)
    if len(problems) > MOST:
        log.log(level, "%s: %d more, see /api/v1/problems", prefix, len(problems) - MOST)
