"""Conditions as other products' tags come to them: tests in the rule language, put together by hand."""

from collections.abc import Iterable
from typing import Final

from ingress.acl.formula import compile_condition
from ingress.model.condition import Call, Condition, Criterion, Expression, Match, Term, Text

HOST: Final = Expression(Call("hdr", ("host",)))
PATH: Final = Expression(Call("path"))
QUERY: Final = Expression(Call("query"))
PATH_AND_QUERY: Final = Expression(Call("pathq"))
SOURCE: Final = Expression(Call("src"))
TLS: Final = Expression(Call("ssl_fc"))
SCHEME: Final = Expression(Call("scheme"))
BARE_HOST: Final = Expression(Call("hdr", ("host",)), (Call("host_only"),))


def header(name: str) -> Expression:
    """The whole fields of that name."""
    return Expression(Call("req.fhdr", (name,)))


def term(sample: Expression, match: Match, *patterns: str, ignore_case: bool = False) -> Term:
    """That any sample matches any of the patterns. ValueError if they cannot be compared."""
    criterion = Criterion(sample.fetch, match, patterns, ignore_case, sample.converters)
    made = Term((criterion,))
    compile_condition(Condition(((made,),)))
    return made


def negated(term: Term) -> Term:
    """That the term does not hold."""
    return Term(term.tests, not term.negated, term.name)


def all_of(*terms: Term) -> Condition:
    """That all of them hold."""
    return Condition((terms,))


def any_of(rows: Iterable[tuple[Term, ...]]) -> Condition:
    """That all of one row hold."""
    return Condition(tuple(rows))


def unless(condition: Condition) -> Condition:
    """That it does not hold."""
    return Condition(condition.alternatives, not condition.unless)


def unless_user(args: tuple[str, ...]) -> Condition:
    """That the request does not come from a user of a list, which is named as `http_auth` has it."""
    test = Criterion(Call("http_auth", args), Match.BOOL)
    return Condition(((Term((test,)),),), unless=True)


def text(*parts: str | Expression) -> Text:
    """A text, its neighbouring literal parts as one, without empty ones."""
    made: list[str | Expression] = []
    for part in parts:
        if isinstance(part, str) and made and isinstance(made[-1], str):
            made[-1] += part
        elif part:
            made.append(part)
    return tuple(made)
