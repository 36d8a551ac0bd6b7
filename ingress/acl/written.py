"""Rules as people write them: the text of what the grammar has read, for those who ask what a rule says."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct, structs

from ingress.acl.cursor import Family
from ingress.acl.fetches import FETCHES
from ingress.acl.matches import DEFAULT_MATCH, IMPLIED, SUFFIXES
from ingress.acl.users import FETCHES_OF_USERS
from ingress.model import admission, policy
from ingress.model.condition import Call, Condition, Criterion, Expression, Term, Text

PATTERNS: Final = 20
"""Patterns of a test that are shown; a list may have very many."""

_PLAIN: Final = re.compile(r"[^\s\"'\\#]+")
_PLAIN_ARGUMENT: Final = re.compile(r"[^\s,()\"'\\]*")


def write_word(text: str) -> str:
    """The text as one word, in quotes where it needs them."""
    if _PLAIN.fullmatch(text):
        return text
    if "'" not in text:
        return f"'{text}'"
    return '"' + re.sub(r'(["\\$])', r"\\\1", text) + '"'


def write_criterion(criterion: Criterion, patterns: int = PATTERNS) -> str:
    """`path_beg -i /blog`, with at most so many of its patterns."""
    fetch = FETCHES[criterion.fetch.name]
    head = _expression(Expression(criterion.fetch, criterion.converters))
    flags = ["-i"] if criterion.ignore_case else []
    if fetch.suffixes and criterion.match in SUFFIXES and not criterion.converters:
        head = head.replace(fetch.name, f"{fetch.name}_{criterion.match}", 1)
    elif criterion.converters or not fetch.implies or DEFAULT_MATCH.get(fetch.gives) is not criterion.match:
        flags += () if criterion.match in IMPLIED else ("-m", criterion.match)
    shown = [*map(write_word, criterion.patterns[:patterns])]
    if any(pattern.startswith("-") for pattern in shown):
        flags.append("--")
    left = len(criterion.patterns) - len(shown)
    return " ".join((write_word(head), *flags, *shown, *((f"… and {left} more",) if left > 0 else ())))


def write_condition(condition: Condition) -> str:
    """`if internal !bot or { path /x }`."""
    rows = (" ".join(map(_term, row)) for row in condition.alternatives)
    return f"{'unless' if condition.unless else 'if'} {' or '.join(rows)}"


def write_rule(rule: policy.Rule, family: Family = Family.REQUEST) -> str:
    """`deny deny_status 403 if internal`."""
    condition = () if rule.condition is None else (write_condition(rule.condition),)
    accepts = family is Family.CONNECTION and isinstance(rule.action, policy.Allow)
    return " ".join(("accept" if accepts else write_action(rule.action), *condition))


def write_backend_rule(rule: policy.BackendRule) -> str:
    """`kubernetes:team-a/shop:80 if canary`."""
    return " ".join((rule.backend, *(() if rule.condition is None else (write_condition(rule.condition),))))


def write_server_rule(rule: policy.ServerRule) -> str:
    """`blog-0 if { path_beg /admin }`."""
    condition = () if rule.condition is None else (write_condition(rule.condition),)
    return " ".join((write_text(rule.server), *condition))


def write_action(action: policy.Action) -> str:
    """`set-header X-Client %[src]`."""
    write = _ACTIONS.get(type(action), _any_action)
    return " ".join(write(action))


def write_expression(expression: Expression) -> str:
    """`hdr(host),lower`."""
    return _expression(expression)


def write_text(text: Text) -> str:
    """A text with its samples, as one word."""
    return write_word("".join(map(_part, text)))


def _part(part: str | Expression) -> str:
    return part.replace("%", "%%") if isinstance(part, str) else f"%[{_expression(part)}]"


def _term(term: Term) -> str:
    bang = "!" if term.negated else ""
    if term.name:
        return bang + term.name
    return f"{bang}{{ {' '.join(map(write_criterion, term.tests))} }}"


def _expression(expression: Expression) -> str:
    return ",".join(map(_call, (expression.fetch, *expression.converters)))


def _call(call: Call) -> str:
    args = call.args[:1] if call.name in FETCHES_OF_USERS else call.args
    return f"{call.name}({','.join(map(_argument, args))})" if args else call.name


def _argument(text: str) -> str:
    if _PLAIN_ARGUMENT.fullmatch(text):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _any_action(action: Struct) -> Iterator[str]:
    """The name, then the values in order: what has to be said without its name, and the rest by name."""
    yield str(action.__struct_config__.tag)
    for field in structs.fields(action):
        value = getattr(action, field.name)
        if field.required:
            yield _value(value)
        elif value is True:
            yield field.name.replace("_", "-")
        elif value != field.default:
            yield f"{field.name.replace('_', '-')} {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return write_text(value)
    return _expression(value) if isinstance(value, Expression) else write_word(str(value))


def _refusal(action: policy.Deny | policy.Tarpit) -> Iterator[str]:
    yield str(action.__struct_config__.tag)
    yield f"deny_status {action.status}"
    if action.page is not None:
        yield from _content(action.page)


def _authorize(action: admission.Authorize) -> Iterator[str]:
    yield "authorize"
    if action.url:
        yield f"at {write_word(action.url)}"


def _limit_rate(action: admission.LimitRate) -> Iterator[str]:
    yield f"limit-rate {action.requests}/{action.period:g}s burst {action.burst} by"
    yield write_word(_expression(action.by))


def _redirect(action: policy.Redirect) -> Iterator[str]:
    yield f"redirect {action.kind} {write_text(action.to)} code {action.code}"
    yield from (
        name.replace("_", "-")
        for name in ("drop_query", "append_slash", "ignore_empty")
        if getattr(action, name)
    )
    for name in ("set_cookie", "clear_cookie"):
        if cookie := getattr(action, name):
            yield f"{name.replace('_', '-')} {write_word(cookie)}"


def _return(action: policy.Return) -> Iterator[str]:
    yield f"return status {action.status}"
    yield from _content(action)


def _content(page: policy.Return) -> Iterator[str]:
    if page.content_type:
        yield f"content-type {write_word(page.content_type)}"
    if page.body:
        yield f"lf-string {write_text(page.body)}"
    if page.file:
        yield f"{'errorfile' if page.whole else 'file'} {write_word(page.file)}"
    for name, text in page.headers:
        yield f"hdr {name} {write_text(text)}"


def _del_header(action: policy.DelHeader) -> Iterator[str]:
    yield f"del-header {write_word(action.name)}"
    if action.match:
        yield f"-m {action.match}"


def _set_status(action: policy.SetStatus) -> Iterator[str]:
    yield f"set-status {action.status}"
    if action.phrase:
        yield f"reason {write_word(action.phrase)}"


def _replace_header(action: policy.ReplaceHeader) -> Iterator[str]:
    yield "replace-value" if action.parts else "replace-header"
    yield from (action.name, write_word(action.pattern), write_text(action.value))


def _replace_target(action: policy.ReplaceTarget) -> Iterator[str]:
    yield from (f"replace-{action.part}", write_word(action.pattern), write_text(action.value))


def _set_variable(action: policy.SetVariable) -> Iterator[str]:
    yield from (f"set-var({action.name})", write_word(_expression(action.value)))


def _wait_for_body(action: policy.WaitForBody) -> Iterator[str]:
    yield f"wait-for-body time {round(action.time * 1000)}ms"
    if action.at_least:
        yield f"at-least {action.at_least}"


_PLACES: Final = {"source": "set-src", "destination": "set-dst"}


def _time(action: policy.SetTimeout) -> str:
    if action.value is None:
        return f"{action.milliseconds}ms"
    return write_word(_expression(action.value))


def _normalize_uri(action: policy.NormalizeUri) -> Iterator[str]:
    yield f"normalize-uri {action.normalizer}"
    if action.much:
        yield "full" if action.normalizer is policy.Normalizer.DOTDOT else "strict"


_ACTIONS: Final[Mapping[type, Callable[[Any], Iterator[str]]]] = {
    policy.Deny: _refusal,
    policy.Tarpit: _refusal,
    admission.Authorize: _authorize,
    admission.LimitRate: _limit_rate,
    admission.LimitConcurrent: lambda action: iter(
        (f"limit-concurrent {action.most} by", write_word(_expression(action.by)))
    ),
    policy.Redirect: _redirect,
    policy.Return: _return,
    policy.DelHeader: _del_header,
    policy.ReplaceHeader: _replace_header,
    policy.ReplaceTarget: _replace_target,
    policy.SetStatus: _set_status,
    policy.SetVariable: _set_variable,
    policy.SetTarget: lambda action: iter((f"set-{action.part}", write_text(action.value))),
    policy.SetVariableText: lambda action: iter((f"set-var-fmt({action.name})", write_text(action.value))),
    policy.WaitForBody: _wait_for_body,
    policy.Capture: lambda action: iter(
        ("capture", write_word(_expression(action.value)), f"len {action.length}")
    ),
    policy.SetTimeout: lambda action: iter((f"set-timeout {action.side}", _time(action))),
    policy.SetAddress: lambda action: iter((_PLACES[action.place], write_word(_expression(action.value)))),
    policy.SetPort: lambda action: iter(
        (f"{_PLACES[action.place]}-port", write_word(_expression(action.value)))
    ),
    policy.NormalizeUri: _normalize_uri,
    policy.UnsetVariable: lambda action: iter((f"unset-var({action.name})",)),
}
"""How an action is written, where that is not its name and its values."""
