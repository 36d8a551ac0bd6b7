"""Samples as they are written: a fetch with its converters, proven to compile."""

from typing import Final, NamedTuple

from ingress.acl import elsewhere
from ingress.acl.call import read_calls
from ingress.acl.converters import CONVERTERS
from ingress.acl.criteria import CRITERIA, CriterionName
from ingress.acl.error import quote, unknown
from ingress.acl.fetches import FETCHES
from ingress.acl.sample import Type, can_cast
from ingress.acl.words import Word
from ingress.model.condition import Call, Expression

CONVERTER_LIMIT: Final = 16
KEEP: Final = "keep it by set-var(txn.x) in http-request"
TOO_LATE: Final = f"is not known any more when there is an answer: {KEEP}"


class Reading(NamedTuple):
    """An expression that has been read, and the type of its samples."""

    name: CriterionName
    expression: Expression
    gives: Type
    end: int
    """Where in the word it ends."""


def read_criterion_name(word: Word) -> Reading:
    """The expression a test begins with; its first name may have a match as its suffix."""
    ((fetch, _), *following), end = read_calls(word, 0)
    if end < len(word.text):
        raise word.flaw("this is not of the form criterion(arguments),converter")
    name = CRITERIA.get(fetch.name)
    if name is None:
        raise word.flaw(_unknown(fetch.name, "criterion"))
    return Reading(name, *_read(word, name, fetch, following), end)


def read_expression(word: Word, start: int = 0, *, answers: bool = False) -> Reading:
    """The expression from a place of a word on. `answers`: it may ask about the server's answer."""
    ((fetch, offset), *following), end = read_calls(word, start)
    row = FETCHES.get(fetch.name)
    if row is None:
        raise word.flaw(_unknown(fetch.name, "fetch"), offset)
    if row.of_answer and not answers:
        raise word.flaw(f"{quote(fetch.name)} asks about the answer, which is not there yet", offset)
    if row.waits and answers:
        raise word.flaw(f"{quote(fetch.name)} {TOO_LATE}", offset)
    name = CRITERIA[fetch.name]
    return Reading(name, *_read(word, name, fetch, following), end)


def type_of(expression: Expression) -> Type:
    """The type of an expression's samples."""
    if expression.converters:
        return CONVERTERS[expression.converters[-1].name].gives
    return FETCHES[expression.fetch.name].gives


def _read(
    word: Word, name: CriterionName, fetch: Call, following: list[tuple[Call, int]]
) -> tuple[Expression, Type]:
    if len(following) > CONVERTER_LIMIT:
        raise word.flaw(f"at most {CONVERTER_LIMIT} converters are possible")
    try:
        name.fetch.make(fetch.args)
    except ValueError as error:
        raise word.flaw(f"{fetch.name}: {error}") from None
    gives = name.fetch.gives
    for call, offset in following:
        gives = _read_converter(word, call, offset, gives)
    calls = tuple(call for call, _ in following)
    return Expression(Call(name.fetch.name, fetch.args), calls), gives


def _unknown(name: str, what: str) -> str:
    if name in elsewhere.FETCHES:
        return elsewhere.refused(what, name, elsewhere.FETCHES[name])
    return unknown(what, name, CRITERIA if what == "criterion" else FETCHES)


def _read_converter(word: Word, call: Call, offset: int, given: Type) -> Type:
    """The type of the samples after a converter."""
    converter = CONVERTERS.get(call.name)
    if converter is None:
        reason = elsewhere.CONVERTERS.get(call.name)
        refused = elsewhere.refused("converter", call.name, reason) if reason else ""
        raise word.flaw(refused or unknown("converter", call.name, CONVERTERS), offset)
    if not can_cast(given, converter.takes):
        raise word.flaw(f"{call.name} takes {a(converter.takes)}, not {a(given)}", offset)
    try:
        converter.make(call.args)
    except ValueError as error:
        raise word.flaw(f"{call.name}: {error}", offset) from None
    return converter.gives


def a(type_: Type) -> str:
    """The type with its article."""
    return f"an {type_}" if type_[0] in "ai" else f"a {type_}"
