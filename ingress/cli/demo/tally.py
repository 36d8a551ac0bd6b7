"""What has happened in the demo so far."""

from collections import Counter
from typing import Final

from ingress.cli.demo.browser import Answer

KEPT: Final = 8


class Tally:
    """Counts, and the last things that happened."""

    def __init__(self) -> None:
        self.requests = 0
        self.failed = 0
        self.by_server: Counter[str] = Counter()
        self.endpoint_changes = 0
        self.rule_changes = 0
        self.slowest = 0.0
        """Seconds from the change of a file to its effect on every probing connection."""
        self.applied = 0.0
        """The same by Headgate's own clock: from what its controller had read until all workers had it."""
        self.events: list[str] = []
        self.failures: list[str] = []
        self.trouble = ""
        """Why the demo could not go on; empty: it could."""

    def answered(self, path: str, answer: Answer, allowed: tuple[int, ...]) -> None:
        """A request has its answer."""
        self.requests += 1
        self.by_server[answer.server] += 1
        if answer.status not in allowed:
            text = answer.body.decode("utf-8", "replace").strip()
            self._fail(f"GET {path} was answered {answer.status}: {text}")

    def unanswered(self, path: str, error: BaseException) -> None:
        """A request has none."""
        self.requests += 1
        self._fail(f"GET {path} had no answer: {type(error).__name__} {error}")

    def _fail(self, text: str) -> None:
        self.failed += 1
        if len(self.failures) < KEPT:
            self.failures.append(text)

    def in_force(self, seconds: float) -> None:
        """A change has had its effect."""
        self.slowest = max(self.slowest, seconds)

    def happened(self, text: str) -> None:
        """Something to tell."""
        self.events.append(text)

    @property
    def good(self) -> bool:
        """Everything went as it should."""
        return not self.failed and not self.trouble

    def summary(self) -> str:
        """The outcome."""
        return (
            f"{self.requests:,} requests, {self.failed:,} failed, "
            f"{self.endpoint_changes} endpoint changes, {self.rule_changes} rule changes, "
            f"slowest took {self.slowest * 1000:.0f} ms to be in force\n"
            f"(from the change of a file to an answer that shows it; of these, {self.applied * 1000:.1f} ms "
            "at most from Headgate's controller to all of its workers)"
        )
