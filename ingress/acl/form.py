"""One action: how it is written, where, and how its words are read."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ingress.acl.cursor import Cursor, Family
from ingress.acl.words import Word
from ingress.model.policy import Action

ANYWHERE: Final = (Family.REQUEST, Family.RESPONSE, Family.FINAL)
CONNECTION: Final = (Family.CONNECTION,)
EARLY: Final = (Family.CONNECTION, Family.REQUEST)
REQUEST: Final = (Family.REQUEST,)
BEFORE_FINAL: Final = (Family.REQUEST, Family.RESPONSE)
ALL: Final = tuple(family for family in Family if family is not Family.REDIRECT)
ANSWER: Final = (Family.RESPONSE, Family.FINAL)


class ActionForm(NamedTuple):
    """One action: how it is written, and how the words after its name are read."""

    usage: str
    read: Callable[[Word, Cursor], Action]
    """From the name, with what stands in parentheses behind it, and the words after it."""
    meaning: str
    example: str
    families: Sequence[Family] = REQUEST

    @property
    def name(self) -> str:
        """The word it is found by."""
        return self.usage.partition(" ")[0].partition("(")[0]
