"""Traefik's middlewares as rules: each kind, with the options that it takes."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from ipaddress import ip_network
from typing import Final

from msgspec import Struct

from discovery.dialects import traefik_auth as auth
from discovery.dialects import traefik_forward as forward
from discovery.dialects import traefik_headers as headers
from discovery.dialects import traefik_limits as limits
from discovery.dialects import traefik_redirects as redirects
from discovery.dialects.complaint import Complaint, ComplaintError
from discovery.dialects.golang import read_list, read_number, read_substitute, read_truth
from discovery.dialects.reading import unknown_option
from discovery.dialects.terms import PATH, SOURCE, all_of, negated, term, text
from discovery.dialects.traefik_effect import Effect, Reader, Said, checked_regex, no_strategy, passed_over
from ingress.model.condition import Call, Expression, Match
from ingress.model.policy import (
    AddHeader,
    Coding,
    Compression,
    Deny,
    ReplaceTarget,
    Rule,
    SetTarget,
    TargetPart,
)

_NOT_CANONICAL: Final = r"//|/\.\.?(/|$)"


class Kind(Struct, frozen=True):
    """One kind of middleware."""

    read: Callable[[Said], Effect]
    options: Mapping[str, Reader]
    """What each option is read by; of a name that ends in a dot any number may follow."""
    guards: bool = True
    """Where it cannot be read, its routes are closed."""


def read_middleware(said: Mapping[str, str]) -> tuple[Effect, tuple[Complaint, ...]]:
    """What a middleware does, by its options as `TYPE.OPTION`; and what of them cannot be honoured."""
    kinds = {name.partition(".")[0].lower() for name in said}
    if len(kinds) != 1:
        raise ComplaintError("it has several kinds of middleware in it; each needs a name of its own")
    [name] = kinds
    kind = KINDS.get(name)
    if kind is None:
        return Effect(), (_refused(name),)
    options, complaints = _read_options(name, kind, said)
    if any(complaint.closes for complaint in complaints):
        return Effect(), tuple(complaints)
    try:
        effect = kind.read(options)
    except (ComplaintError, ValueError) as error:
        complaints.append(Complaint(name, str(error), closes=kind.guards))
        effect = Effect()
    return effect, tuple(complaints)


def _refused(name: str) -> Complaint:
    if name in _ELSEWHERE:
        return Complaint(name, _ELSEWHERE[name], flawed=False)
    if name in _NOT_YET:
        return Complaint(name, "this kind of middleware is not served", closes=True)
    near = get_close_matches(name, [*KINDS, *_ELSEWHERE, *_NOT_YET], n=1)
    advice = f"; did you mean {near[0]}?" if near else ""
    return Complaint(name[:60], f"unknown kind of middleware{advice}", closes=True)


def _read_options(name: str, kind: Kind, said: Mapping[str, str]) -> tuple[Said, list[Complaint]]:
    values: dict[str, object] = {}
    complaints = []
    for written, value in said.items():
        option = written.partition(".")[2]
        reader, key = _reader(kind, option)
        if reader is None:
            reason, _ = unknown_option(option.lower(), kind.options)
            complaints.append(Complaint(f"{name}.{option}"[:100], reason, closes=kind.guards))
            continue
        try:
            values[key] = reader(value)
        except (ComplaintError, ValueError) as error:
            complaints.append(Complaint(f"{name}.{option}", str(error), value[:200], kind.guards))
    return Said(values), complaints


def _reader(kind: Kind, option: str) -> tuple[Reader | None, str]:
    lower = option.lower()
    if lower in kind.options:
        return kind.options[lower], lower
    group, dot, name = option.partition(".")
    reader = kind.options.get(f"{group.lower()}.") if dot and name else None
    return reader, f"{group.lower()}.{name}"


# --- paths


def _add_prefix(said: Said) -> Effect:
    prefix = said.text("prefix")
    if not prefix:
        raise ComplaintError("prefix is missing")
    prefix = prefix if prefix.startswith("/") else f"/{prefix}"
    return Effect((Rule(SetTarget(TargetPart.PATH, text(prefix, PATH))),))


def _strip_prefix(said: Said) -> Effect:
    prefixes = said.words("prefixes")
    if not prefixes:
        return Effect()
    # In the order of the list, not the longest first.
    one_of = "|".join(map(re.escape, prefixes))
    return _stripped(f"^(?:{one_of})", f"^({one_of}).*")


def _strip_prefix_regex(said: Said) -> Effect:
    patterns = [checked_regex(pattern) for pattern in said.words("regex")]
    if not patterns:
        return Effect()
    # Only what is found at the beginning counts, and only the first of the list that is.
    start = "^(?:" + "|".join(f"(?:{pattern})" for pattern in patterns) + ")"
    return _stripped(start, f"({start}).*")


def _stripped(pattern: str, whole: str) -> Effect:
    """Without what the pattern finds; `whole` has it as its first group, and finds the rest as well."""
    match = term(PATH, Match.REG, pattern)
    rest = Expression(PATH.fetch, (Call("regsub", (f"{pattern}/?", "/")),))
    odd = term(rest, Match.REG, _NOT_CANONICAL)
    prefix = Expression(PATH.fetch, (Call("regsub", (whole, "\\1")),))
    return Effect(
        (
            Rule(Deny(400), all_of(match, odd)),
            Rule(AddHeader("X-Forwarded-Prefix", (prefix,)), all_of(match)),
            Rule(ReplaceTarget(TargetPart.PATH, f"{pattern}/?(.*)", ("/\\1",))),
        )
    )


def _replace_path(said: Said) -> Effect:
    path = said.text("path")
    if not path.startswith("/"):
        raise ComplaintError("path is missing, or does not begin with a slash")
    return Effect((_keep_path(), Rule(SetTarget(TargetPart.PATH, (path,)))))


def _keep_path() -> Rule:
    return Rule(AddHeader("X-Replaced-Path", (PATH,)))


def _replace_path_regex(said: Said) -> Effect:
    pattern = checked_regex(said.text("regex").strip())
    substitute = read_substitute(said.text("replacement").strip())
    made = Expression(PATH.fetch, (Call("regsub", (pattern, substitute, "g")),))
    match = all_of(term(PATH, Match.REG, pattern))
    odd = all_of(term(PATH, Match.REG, pattern), term(made, Match.REG, _NOT_CANONICAL))
    return Effect(
        (
            Rule(Deny(400), odd),
            Rule(AddHeader("X-Replaced-Path", (PATH,)), match),
            Rule(SetTarget(TargetPart.PATH, (made,)), match),
        )
    )


# --- answers


def _compress(said: Said) -> Effect:
    codings = tuple(Coding(word) for word in said.words("encodings")) or tuple(Coding)
    types = said.words("includedcontenttypes")
    on = bool(said.values.get("", True))
    made = Compression(codings, types) if types else Compression(codings)
    return Effect(compression=made if on else None)


def _refused_option(value: str) -> object:
    raise ComplaintError("is not possible here; answers are compressed by their media type")


# --- access


def _allow_list(said: Said) -> Effect:
    networks = said.words("sourcerange")
    if not networks:
        raise ComplaintError("sourceRange is missing")
    status = said.number("rejectstatuscode", 403)
    if not 400 <= status <= 599:
        raise ComplaintError(f"rejectStatusCode {status} is not from 400 to 599")
    return Effect((Rule(Deny(status), all_of(negated(term(SOURCE, Match.IP, *networks)))),))


def _networks(value: str) -> tuple[str, ...]:
    return tuple(str(ip_network(word, strict=False)) for word in read_list(value))


_TEXT: Final[Reader] = str

KINDS: Final[Mapping[str, Kind]] = {
    "addprefix": Kind(_add_prefix, {"prefix": _TEXT}, guards=False),
    "stripprefix": Kind(_strip_prefix, {"prefixes": read_list, "forceslash": passed_over}, guards=False),
    "stripprefixregex": Kind(_strip_prefix_regex, {"regex": read_list}, guards=False),
    "replacepath": Kind(_replace_path, {"path": _TEXT}, guards=False),
    "replacepathregex": Kind(_replace_path_regex, {"regex": _TEXT, "replacement": _TEXT}, guards=False),
    "redirectscheme": Kind(redirects.scheme, redirects.SCHEME_OPTIONS),
    "redirectregex": Kind(redirects.regex, redirects.REGEX_OPTIONS),
    "compress": Kind(
        _compress,
        {
            "": read_truth,
            "encodings": read_list,
            "includedcontenttypes": read_list,
            "excludedcontenttypes": _refused_option,
            "minresponsebodybytes": _refused_option,
            "defaultencoding": _refused_option,
        },
        guards=False,
    ),
    "basicauth": Kind(auth.read, auth.OPTIONS),
    "forwardauth": Kind(forward.read, forward.OPTIONS),
    "ratelimit": Kind(limits.rate, limits.RATE_OPTIONS),
    "inflightreq": Kind(limits.in_flight, limits.IN_FLIGHT_OPTIONS),
    "headers": Kind(headers.read, headers.OPTIONS, guards=False),
    **dict.fromkeys(
        ("ipallowlist", "ipwhitelist"),
        Kind(
            _allow_list,
            {
                "sourcerange": _networks,
                "rejectstatuscode": read_number,
                "ipstrategy": no_strategy,
                "ipstrategy.": no_strategy,
            },
        ),
    ),
}
"""The kinds that are served, but for `chain`, which names others."""

_ELSEWHERE: Final[Mapping[str, str]] = {
    "contenttype": "answers are passed on as servers give them",
    "retry": "requests are tried on other servers anyway; headgate.tries says how often",
}
"""Kinds that are left out without harm, and why."""

_NOT_YET: Final = frozenset(
    {"buffering", "circuitbreaker", "digestauth", "encodedcharacters", "errors", "grpcweb"}
    | {"passtlsclientcert", "plugin"}
)
"""Kinds without which requests would be let in, or meet another site than was meant."""
