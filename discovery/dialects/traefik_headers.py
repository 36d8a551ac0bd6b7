"""Traefik's `headers` middleware: fields of requests and answers, CORS, and what browsers are told."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from discovery.dialects.complaint import ComplaintError
from discovery.dialects.golang import read_list, read_number, read_truth
from discovery.dialects.terms import TLS, all_of, any_of, header, negated, term
from discovery.dialects.traefik_effect import Effect, Reader, Said, checked_regex
from ingress.model.condition import Call, Condition, Expression, Match, Text
from ingress.model.policy import Action, AddHeader, DelHeader, Return, Rule, SetHeader, SetVariableText

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[ -~\t]*")
_ORIGIN: Final = header("origin")
_ASKED_METHOD: Final = header("access-control-request-method")
_ASKED_HEADERS: Final = header("access-control-request-headers")
_KEPT: Final = "txn.traefik_origin"
_PREFLIGHT: Final = "txn.traefik_preflight"
_KEPT_ORIGIN: Final = Expression(Call("var", (_KEPT,)))
_OURS: Final = frozenset({"x-forwarded-for", "x-forwarded-host", "x-real-ip", "connection", "content-length"})
"""Fields that the proxy itself decides."""


def read(said: Said) -> Effect:
    """What is done to requests, and to answers."""
    requests = (*_cors_requests(said), *_custom(said.group("customrequestheaders")))
    answers = (
        *_custom(said.group("customresponseheaders")),
        *_cors_answers(said),
        *_secure(said),
    )
    return Effect(requests, tuple(map(_but_preflight, answers)) if _has_cors(said) else answers)


def _but_preflight(rule: Rule) -> Rule:
    """The rule for all answers but those to preflight requests, which have all that they need."""
    other = negated(term(Expression(Call("var", (_PREFLIGHT,))), Match.FOUND))
    rows = rule.condition.alternatives if rule.condition else ((),)
    return Rule(rule.action, any_of((*row, other) for row in rows))


def _custom(fields: Mapping[str, str]) -> Iterator[Rule]:
    for name, value in sorted(fields.items()):
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ComplaintError(f'"{name[:60]}" is not the name of a field, or its text is none')
        if name.lower() in _OURS:
            raise ComplaintError(f"{name} is decided by the proxy and cannot be changed")
        yield Rule(SetHeader(name, (value,)) if value else DelHeader(name))


# --- CORS


def _has_cors(said: Said) -> bool:
    lists = ("alloworiginlist", "alloworiginlistregex", "allowmethods", "allowheaders", "exposeheaders")
    more = ("addvaryheader", "accesscontrolallowcredentials", "accesscontrolmaxage")
    return any(said.words(f"accesscontrol{name}") for name in lists) or any(
        name in said.values for name in more
    )


def _cors_requests(said: Said) -> Iterator[Rule]:
    """Keep the origin, if it is allowed, for the answer; and answer preflight requests here."""
    if not _has_cors(said):
        return
    for allowed, condition in _origins(said):
        yield Rule(SetVariableText(_KEPT, allowed), condition)
    preflight = all_of(
        term(Expression(Call("method")), Match.METHOD, "OPTIONS"),
        term(_ASKED_METHOD, Match.LEN, "1:"),
        term(_ORIGIN, Match.LEN, "1:"),
    )
    yield Rule(SetVariableText(_PREFLIGHT, ("1",)), preflight)
    yield Rule(Return(200, headers=tuple(_preflight(said))), preflight)


def _origins(said: Said) -> Iterator[tuple[Text, Condition | None]]:
    """What is said to be allowed, the last that holds."""
    credentials = said.truth("accesscontrolallowcredentials")
    names = said.words("accesscontrolalloworiginlist")
    for pattern in said.words("accesscontrolalloworiginlistregex"):
        yield (_ORIGIN,), all_of(term(_ORIGIN, Match.REG, checked_regex(pattern)))
    if "*" in names:
        yield ((_ORIGIN,), None) if credentials else (("*",), None)
    if others := [name for name in names if name != "*"]:
        yield (_ORIGIN,), all_of(term(_ORIGIN, Match.STR, *others))


def _preflight(said: Said) -> Iterator[tuple[str, Text]]:
    """Fields of the answer to a preflight request; those that come out empty are left out."""
    credentials = said.truth("accesscontrolallowcredentials")
    if credentials:
        yield "Access-Control-Allow-Credentials", ("true",)
    for name, asked in (("Headers", _ASKED_HEADERS), ("Methods", _ASKED_METHOD)):
        words = said.words(f"accesscontrolallow{name.lower()}")
        if "*" in words and credentials:
            yield f"Access-Control-Allow-{name}", (asked,)
        elif words:
            yield f"Access-Control-Allow-{name}", (",".join(words),)
    yield "Access-Control-Allow-Origin", (_KEPT_ORIGIN,)
    if "accesscontrolmaxage" in said.values:
        yield "Access-Control-Max-Age", (str(said.number("accesscontrolmaxage", 0)),)
    if exposed := _exposed(said):
        yield "Access-Control-Expose-Headers", (exposed,)


def _exposed(said: Said) -> str:
    words = said.words("accesscontrolexposeheaders")
    return "" if "*" in words and said.truth("accesscontrolallowcredentials") else ",".join(words)


def _cors_answers(said: Said) -> Iterator[Rule]:
    if not _has_cors(said):
        return
    # `*` is said to requests without an origin too.
    kept = all_of(term(_KEPT_ORIGIN, Match.LEN, "1:"))
    yield Rule(SetHeader("Access-Control-Allow-Origin", (_KEPT_ORIGIN,)), kept)
    if said.truth("accesscontrolallowcredentials"):
        yield Rule(SetHeader("Access-Control-Allow-Credentials", ("true",)))
    if exposed := _exposed(said):
        yield Rule(SetHeader("Access-Control-Expose-Headers", (exposed,)))
    if said.truth("addvaryheader"):
        varies = term(Expression(Call("res.hdr", ("vary",))), Match.STR, "origin", ignore_case=True)
        yield Rule(AddHeader("Vary", ("Origin",)), all_of(negated(varies)))


# --- what browsers are told


def _secure(said: Said) -> Iterator[Rule]:
    fields: dict[str, str] = {}
    if said.truth("framedeny"):
        fields["X-Frame-Options"] = "DENY"
    if said.truth("contenttypenosniff"):
        fields["X-Content-Type-Options"] = "nosniff"
    if said.truth("browserxssfilter"):
        fields["X-XSS-Protection"] = "1; mode=block"
    fields.update({name: said.text(option) for option, name in _PLAIN.items() if said.text(option)})
    for name, value in fields.items():
        if not _VALUE.fullmatch(value):
            raise ComplaintError(f"the text for {name} is none that a field can have")
        yield Rule(SetHeader(name, (value,)))
    yield from _strict_transport(said)


def _strict_transport(said: Said) -> Iterator[Rule]:
    seconds = said.number("stsseconds", 0)
    if seconds <= 0:
        return
    value = f"max-age={seconds}"
    value += "; includeSubDomains" if said.truth("stsincludesubdomains") else ""
    value += "; preload" if said.truth("stspreload") else ""
    action: Action = SetHeader("Strict-Transport-Security", (value,))
    yield Rule(action) if said.truth("forcestsheader") else Rule(action, all_of(term(TLS, Match.BOOL)))


def _refused(value: str) -> object:
    raise ComplaintError("is not served; write headgate.http-request rules")


_PLAIN: Final[Mapping[str, str]] = {
    "customframeoptionsvalue": "X-Frame-Options",
    "custombrowserxssvalue": "X-XSS-Protection",
    "contentsecuritypolicy": "Content-Security-Policy",
    "contentsecuritypolicyreportonly": "Content-Security-Policy-Report-Only",
    "referrerpolicy": "Referrer-Policy",
    "permissionspolicy": "Permissions-Policy",
}
_TEXT: Final[Reader] = str
_TRUTHS: Final = (
    *("accesscontrolallowcredentials", "addvaryheader", "stsincludesubdomains", "stspreload"),
    *("forcestsheader", "framedeny", "contenttypenosniff", "browserxssfilter"),
)
_LISTS: Final = (
    *("accesscontrolalloworiginlist", "accesscontrolalloworiginlistregex", "accesscontrolallowmethods"),
    *("accesscontrolallowheaders", "accesscontrolexposeheaders"),
)
OPTIONS: Final[Mapping[str, Reader]] = {
    "customrequestheaders.": _TEXT,
    "customresponseheaders.": _TEXT,
    "accesscontrolmaxage": read_number,
    "stsseconds": read_number,
    "allowedhosts": _refused,
    "hostsproxyheaders": _refused,
    "isdevelopment": _refused,
    **dict.fromkeys(_PLAIN, _TEXT),
    **dict.fromkeys(_TRUTHS, read_truth),
    **dict.fromkeys(_LISTS, read_list),
}
