"""Conditions: what follows `if` or `unless`, as a syntax tree."""

from collections.abc import Iterator, Mapping
from typing import Final

from ingress.acl.criterion import read_criterion
from ingress.acl.error import quote, unknown
from ingress.acl.expression import TOO_LATE
from ingress.acl.fetches import FETCHES
from ingress.acl.words import Line, Word, split_words
from ingress.model.condition import Condition, Criterion, Term

NamedAcls = Mapping[str, tuple[Criterion, ...]]
"""The tests of each ACL by its name; tests of one name are alternatives."""

PREDEFINED: Final[Mapping[str, str]] = {
    "TRUE": "always_true",
    "FALSE": "always_false",
    "HTTP": "always_true",
    "HTTP_1.0": "req.ver 1.0",
    "HTTP_1.1": "req.ver 1.1",
    "HTTP_2.0": "req.ver 2.0",
    "HTTP_CONTENT": "hdr_val(content-length) gt 0",
    "HTTP_URL_ABS": "url_reg ^[^/:]*://",
    "HTTP_URL_SLASH": "url_beg /",
    "HTTP_URL_STAR": "url *",
    "LOCALHOST": "src 127.0.0.0/8 ::1",
    "METH_CONNECT": "method CONNECT",
    "METH_DELETE": "method DELETE",
    "METH_GET": "method GET HEAD",
    "METH_HEAD": "method HEAD",
    "METH_OPTIONS": "method OPTIONS",
    "METH_POST": "method POST",
    "METH_PUT": "method PUT",
    "METH_TRACE": "method TRACE",
}
"""ACLs that are there without being declared; a user may declare them anew."""

_FOREIGN: Final = {
    "and": "write terms side by side: all of them must hold",
    "&&": "write terms side by side: all of them must hold",
    "|": 'write "||" or "or"',
    "not": 'write "!" before the name',
    "(": "there are no parentheses: AND binds tighter than OR",
    ")": "there are no parentheses: AND binds tighter than OR",
    "}": 'there is no "{" before it',
}


_PREDEFINED_TESTS: Final[NamedAcls] = {
    name: (read_criterion(split_words(text, 1)),) for name, text in PREDEFINED.items()
}


def read_condition(words: Line, acls: NamedAcls, *, answers: bool = False) -> Condition:
    """The condition of a line; the first of the words is `if` or `unless`. `answers`: it may ask about
    the server's answer."""
    return Condition(tuple(_Reader(words, acls, answers)), unless=words[0].text == "unless")


class _Reader:
    """Walks over the words of a condition once, and hands out its alternatives."""

    __slots__ = ("_acls", "_answers", "_position", "_words")

    def __init__(self, words: Line, acls: NamedAcls, answers: bool) -> None:
        self._words = words
        self._acls = acls
        self._answers = answers
        self._position = 0

    def __iter__(self) -> Iterator[tuple[Term, ...]]:
        while self._position < len(self._words):
            yield self._alternative()

    def _alternative(self) -> tuple[Term, ...]:
        """The terms after `if` or `or`, at least one, up to the next `or`."""
        before = self._take()
        terms: list[Term] = []
        while self._position < len(self._words) and not _is_or(self._words[self._position]):
            terms.append(self._term())
        if not terms:
            raise before.flaw(f"a condition is missing after {quote(before.text)}")
        return tuple(terms)

    def _term(self) -> Term:
        """One ACL with the negations before it."""
        word = self._take()
        bangs = ""
        while not (name := word.text.lstrip("!")):
            bangs += word.text
            if self._position == len(self._words):
                raise word.flaw('the name of an ACL is missing after "!"')
            word = self._take()
        bangs += word.text.removesuffix(name)
        negated = len(bangs) % 2 == 1
        if name == "{":
            return Term(self._checked(word, (self._anonymous(word),)), negated)
        return Term(self._checked(word, _named(word, name, self._acls)), negated, name)

    def _checked(self, word: Word, tests: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
        """The tests, none of which asks about an answer that is not there yet, or too late."""
        for test in tests:
            fetch = FETCHES[test.fetch.name]
            if fetch.of_answer and not self._answers:
                raise word.flaw(f"{quote(test.fetch.name)} asks about the answer, which is not there yet")
            if fetch.waits and self._answers:
                raise word.flaw(f"{quote(test.fetch.name)} {TOO_LATE}")
        return tests

    def _anonymous(self, opening: Word) -> Criterion:
        """The test between braces. Whatever stands there, only a `}` ends it."""
        start = self._position
        while self._position < len(self._words):
            if self._take().text == "}":
                inside = self._words[start : self._position - 1]
                if not inside:
                    raise opening.flaw('a test is missing between "{" and "}"')
                return read_criterion(inside)
        raise opening.flaw('a "{" that is not closed by "}", with blanks around it')

    def _take(self) -> Word:
        self._position += 1
        return self._words[self._position - 1]


def _is_or(word: Word) -> bool:
    return word.text.lower() in ("or", "||")


def _named(word: Word, name: str, acls: NamedAcls) -> tuple[Criterion, ...]:
    """The tests of an ACL that the user has declared, or else that is predefined."""
    if name in acls:
        return acls[name]
    if name in PREDEFINED:
        return _PREDEFINED_TESTS[name]
    offset = len(word.text) - len(name)
    if name.lower() in _FOREIGN:
        raise word.flaw(f"{quote(name)} means nothing here: {_FOREIGN[name.lower()]}", offset)
    if name.startswith(("{", "(")):
        raise word.flaw("blanks are needed around each brace", offset)
    raise word.flaw(unknown("ACL", name, (*acls, *PREDEFINED)), offset)
