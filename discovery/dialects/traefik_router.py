"""Traefik's routers: what one takes, from where, and what it names."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from discovery.dialects.complaint import Complaint, ComplaintError
from discovery.dialects.golang import read_list, read_number, read_truth
from discovery.dialects.reading import sounds_like_guard, unknown_option
from discovery.dialects.terms import TLS, negated, term
from discovery.dialects.traefik import Options
from discovery.dialects.traefik_rule import Alternative, Matcher, parse, read_rule
from discovery.names import SpellingError, read_host
from ingress.model.condition import Call, Expression, Match, Term

HTTP: Final = "http"
HTTPS: Final = "https"
ENTRY_POINTS: Final[Mapping[str, str]] = {"web": HTTP, "http": HTTP, "websecure": HTTPS, "https": HTTPS}
"""What entry points of these names are, unless a setting says otherwise."""
_PORT: Final = Expression(Call("dst_port"))
_LARGEST: Final = (1 << 63) - 1


class Router(Struct):
    """What has been read of a router."""

    alternatives: tuple[Alternative, ...] = ()
    priority: int = 0
    """0: it has none, as its rule cannot be read."""
    service: str = ""
    middlewares: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    """Empty: all of them."""
    tls: bool = False
    passthrough: bool = False
    """TLS does not end here."""


def read_router(options: Options, *, tcp: bool) -> tuple[Router, tuple[Complaint, ...]]:
    """A router by its options, and what of them cannot be honoured."""
    said = dict(options)
    router = Router()
    complaints = []
    if tcp and "rule" not in said:
        complaints.append(Complaint("rule", "is missing; write HostSNI(`*`)"))
    for name, value in options:
        read = _reader(name, tcp=tcp)
        if read is None:
            complaints.append(_unknown(name))
            continue
        try:
            read(router, value)
        except ComplaintError as error:
            complaints.append(Complaint(name, str(error), value[:200], closes=name in _CLOSING))
    if tcp and not router.tls and any(way.host for way in router.alternatives):
        reason = "a name can only be seen where there is TLS; add tls=true, or tls.passthrough=true"
        complaints.append(Complaint("rule", reason, said["rule"][:200]))
        router.alternatives = ()
    if tcp and "priority" in said:
        reason = "counts for nothing: of names the most exact one decides"
        complaints.append(Complaint("priority", reason, said["priority"][:200], flawed=False))
    if not router.priority:
        router.priority = len(said.get("rule", "").encode())
    return router, (*complaints, *_remarks(said))


def places(router: Router, known: Mapping[str, str]) -> tuple[list[str], tuple[Complaint, ...]]:
    """What the entry points of a router are: `http`, `https` or ports; empty: it is on none."""
    found, complaints = [], []
    for name in router.entry_points:
        if name in known:
            found.append(known[name])
        else:
            reason = f'entry point "{name[:60]}" is not known; say what it is with --consul-entry-point'
            complaints.append(Complaint("entrypoints", reason))
    return found, tuple(complaints)


def entrances(router: Router, found: list[str]) -> tuple[tuple[Term, ...], ...]:
    """The ways in which a request of a router may come: for each, what has to hold."""
    secure = term(TLS, Match.BOOL)
    if not router.entry_points:
        return ((secure,),) if router.tls else ((),)
    if not router.tls and {HTTP, HTTPS} <= set(found):
        return ((),)
    ways: list[tuple[Term, ...]] = []
    for place in dict.fromkeys(found):
        if place == HTTP:
            ways += [] if router.tls else [(negated(secure),)]
        elif place == HTTPS:
            ways.append((secure,))
        else:
            port = term(_PORT, Match.INT, place)
            ways.append((port, secure) if router.tls else (port,))
    return tuple(ways)


def _rule(router: Router, value: str) -> None:
    router.alternatives = read_rule(value)


def _tcp_rule(router: Router, value: str) -> None:
    router.alternatives = tuple(dict.fromkeys(map(_named, parse(value))))


def _named(row: Sequence[Matcher]) -> Alternative:
    """A way in which the rule of a TCP router can be true: a name, or any."""
    for matcher in row:
        if matcher.name.lower() != "hostsni" or matcher.negated:
            name = f"{'!' * matcher.negated}{matcher.name[:40]}"
            raise ComplaintError(_TCP_REASONS.get(name.lower(), f"{name} is not served there; {_ONLY_NAMES}"))
    if len(row) > 1 or len(row[0].args) != 1:
        raise ComplaintError(f"a connection asks for one name; {_ONLY_NAMES}")
    [text] = row[0].args
    try:
        return Alternative("" if text == "*" else read_host(text.removesuffix(".")))
    except SpellingError as error:
        raise ComplaintError(str(error)) from None


_ONLY_NAMES: Final = "write HostSNI(`NAME`), HostSNI(`*`), and || between them"
_TCP_REASONS: Final[Mapping[str, str]] = {
    "hostsniregexp": f"HostSNIRegexp is not served: the nearest name is looked up; {_ONLY_NAMES}",
    "alpn": f"ALPN is not served: the name alone decides; {_ONLY_NAMES}",
    "clientip": f"ClientIP is not served for TCP; {_ONLY_NAMES}",
}


def _priority(router: Router, value: str) -> None:
    router.priority = read_number(value)
    if abs(router.priority) > _LARGEST:
        raise ComplaintError(f'"{value[:40]}" is too large')


def _service(router: Router, value: str) -> None:
    router.service = local_name(value)


def _middlewares(router: Router, value: str) -> None:
    router.middlewares = read_list(value)


def _entry_points(router: Router, value: str) -> None:
    router.entry_points = read_list(value)


def _tls(router: Router, value: str) -> None:
    router.tls = router.tls or value == "" or read_truth(value)


def _any_tls(router: Router, value: str) -> None:
    router.tls = True


def _passthrough(router: Router, value: str) -> None:
    router.tls = True
    router.passthrough = read_truth(value)


def _passed_over(router: Router, value: str) -> None:
    """Nothing depends on it, or `_remarks` says what."""


def local_name(name: str) -> str:
    """A name without its provider, which has to be this one."""
    own, at, provider = name.strip().partition("@")
    if at and provider != "consulcatalog":
        raise ComplaintError(f'"{name[:100]}" is of another provider; only names of Consul tags are known')
    return own


def _reader(name: str, *, tcp: bool) -> Callable[[Router, str], None] | None:
    if tcp and name == "tls.passthrough":
        return _passthrough
    if tcp and name == "rule":
        return _tcp_rule
    if name.startswith("tls."):
        return _any_tls
    return _passed_over if name.startswith("observability.") else _READERS.get(name)


def _unknown(name: str) -> Complaint:
    reason, near = unknown_option(name, _READERS)
    return Complaint(name[:100], reason, closes=near in _CLOSING or sounds_like_guard(name, None))


def _remarks(said: Mapping[str, str]) -> tuple[Complaint, ...]:
    """What is served without, as it does no harm."""
    reasons = {
        "tls.certresolver": "certificates are not obtained here; give the listener one for the host",
        "tls.options": "TLS options are those of the listener",
        "rulesyntax": "rules are read in the syntax of version 3",
    }
    return tuple(
        Complaint(name, reasons[name], said[name][:200], flawed=False)
        for name in sorted(said.keys() & reasons.keys())
        if (name, said[name]) != ("rulesyntax", "v3")
    )


_READERS: Final[Mapping[str, Callable[[Router, str], None]]] = {
    "rule": _rule,
    "priority": _priority,
    "service": _service,
    "middlewares": _middlewares,
    "entrypoints": _entry_points,
    "tls": _tls,
    "rulesyntax": _passed_over,
}
_CLOSING: Final = frozenset({"middlewares", "service"})
