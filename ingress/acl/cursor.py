"""A place in the words of one line, for readers that take them one after the other."""

from enum import StrEnum

from ingress.acl.words import Line, Word

CONDITION_WORDS = ("if", "unless")


class Family(StrEnum):
    """Which rules a line is one of; in the order in which a request meets them."""

    CONNECTION = "tcp-request"
    REQUEST = "http-request"
    REDIRECT = "redirect"
    RESPONSE = "http-response"
    FINAL = "http-after-response"


class Cursor:
    """Walks over the words of a line that has at least one."""

    __slots__ = ("_next", "_words", "family")

    def __init__(self, words: Line, family: Family = Family.REQUEST) -> None:
        self._words = words
        self._next = 0
        self.family = family

    @property
    def answers(self) -> bool:
        """The line may ask about the answer."""
        return self.family in (Family.RESPONSE, Family.FINAL)

    def take(self, missing: str) -> Word:
        """The next word; at the end of the line, an error that says what is missing."""
        if self._next == len(self._words):
            raise self._words[-1].flaw(f"{missing} is missing after this")
        word = self._words[self._next]
        self._next += 1
        return word

    def more(self) -> bool:
        """Whether the next word still belongs to what comes before the condition."""
        return self._next < len(self._words) and self._words[self._next].text not in CONDITION_WORDS

    def peek(self) -> str:
        """The text of the next word; empty at the end of the line."""
        return self._words[self._next].text if self.more() else ""

    def rest(self) -> Line:
        """All words not taken yet."""
        return self._words[self._next :]
