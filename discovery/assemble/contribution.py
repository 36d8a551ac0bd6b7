"""A contribution: what is in force of one object, which need not be what it said last."""

from msgspec import Struct
from msgspec.structs import replace

from discovery.source import Translation
from ingress.model.problem import Problem

HELD = "; the last good version stays in force"


class Contribution(Struct, frozen=True, gc=False):
    """What is in force of an object, and the last version of it that was without a flaw."""

    translation: Translation
    good: Translation | None
    held: bool = False
    """What is in force is the last good version, not the newest."""

    @property
    def asks(self) -> bool:
        """Whether there is anything in force at all, beside problems."""
        return self.translation.asks

    @property
    def kept(self) -> Translation:
        """What is in force, for the next process: its problems will be found anew."""
        good = self.held or self.translation is self.good
        return replace(self.translation, problems=(), flawed=not good)


def succeed(previous: Contribution | None, new: Translation) -> Contribution:
    """What is in force of an object that now says something new.

    A flawed version leaves the last good one in force, unless an option that guards cannot be read:
    then the new version counts, and closes its routes.
    """
    closes = any(problem.closes for problem in new.problems)
    if not new.flawed and not closes:
        return Contribution(new, new)
    good = _last_good(previous, new)
    if closes or good is None:
        return Contribution(new, good)
    return Contribution(replace(good, problems=hold(new.problems)), good, held=True)


def hold(problems: tuple[Problem, ...], remark: str = HELD) -> tuple[Problem, ...]:
    """The problems, with the remark that an earlier version is still in force."""
    return tuple(replace(problem, reason=problem.reason + remark) for problem in problems)


def _last_good(previous: Contribution | None, new: Translation) -> Translation | None:
    # An object of another age is another object of the same name: it does not inherit.
    if previous is None or previous.good is None or previous.good.created != new.created:
        return None
    return previous.good
