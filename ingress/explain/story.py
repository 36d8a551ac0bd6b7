"""The account of a request as a text for people."""

from collections.abc import Iterator
from itertools import groupby

from ingress.model.backend import ServerTls
from ingress.model.explanation import Explanation, SeenAcl, SeenCertificate, SeenRule, SeenTest

FAMILIES = {
    "tcp-request": "Rules about the connection",
    "http-request": "Rules about the request",
    "redirect": "Redirects",
    "use-backend": "Choice of the backend",
    "use-server": "Choice of the server",
    "http-response": "Rules about the server's answer",
    "http-after-response": "Rules about every answer",
}
SCOPES = {
    "platform": ", of the platform",
    "class": ", of the class",
    "route": "",
    "backend": ", of the backend",
}


def story(told: Explanation) -> str:
    """The text, which ends with a line end."""
    parts = _OF_RELAY if told.relayed else _OF_REQUEST
    return "\n".join(line for part in parts for line in part(told)) + "\n"


def _beginning(told: Explanation) -> Iterator[str]:
    yield f"{told.request} for {told.host or 'no host'}, from {told.client}"


def _route(told: Explanation) -> Iterator[str]:
    yield ""
    if told.route is None:
        yield "No route takes it." if told.path else "It is no request that is served."
    for route in told.routes:
        place = f"{route.host or '(any host)'} {route.kind} {route.path} of {route.origin}"
        yield f"  not {place}: {route.why}" if route.why else f"The route is {place}."
    yield from (f"  {hint}" for hint in told.hints)
    if told.closed:
        yield f"It is closed: {told.closed}"
    if told.certificate is not None:
        yield _certificate(told.certificate)


def _relay(told: Explanation) -> Iterator[str]:
    yield ""
    how = "relayed when TLS has ended here" if told.ended else "relayed undecrypted"
    yield f"By the name that it asks for (SNI) it is {how}, as {told.route} says."
    yield "No request is seen, and no rules are asked."


def _certificate(seen: SeenCertificate) -> str:
    verb = "have to" if seen.required else "may"
    whose = f"that of {seen.subject}" if seen.subject else "one"
    shown = whose if seen.shown else "none"
    return f"Clients {verb} show a certificate that {seen.authority} has signed; this one shows {shown}."


def _rules(told: Explanation) -> Iterator[str]:
    for (scope, family), rules in groupby(told.rules, lambda rule: (rule.scope, rule.family)):
        yield f"\n{FAMILIES[family]}{SCOPES[scope]}:"
        for number, rule in enumerate(rules, start=1):
            yield from _rule(number, rule)


def _rule(number: int, rule: SeenRule) -> Iterator[str]:
    yield f"  {number}. {rule.text}"
    for acl in rule.acls:
        yield from _acl(acl)
    if not rule.asked:
        yield "     -> is not asked: all is decided before"
    else:
        yield f"     -> {rule.effect}" if rule.holds else "     -> does not hold"


def _acl(acl: SeenAcl) -> Iterator[str]:
    if acl.name:
        yield f"     {acl.name} is {_truth(acl.holds)}"
    for test in acl.tests:
        yield f"     {'  ' if acl.name else ''}{test.text}: {_looked(test)}, so {_truth(test.holds)}"


def _looked(test: SeenTest) -> str:
    if test.hidden:
        return "what it compares is not told"
    if not test.samples:
        return "there is nothing to compare"
    seen = ", ".join(f'"{sample}"' for sample in test.samples)
    return f"{seen} matches {test.matched}" if test.matched else f"it is {seen}"


def _truth(holds: bool) -> str:
    return "true" if holds else "false"


def _backend(told: Explanation) -> Iterator[str]:
    if not told.backend:
        return
    yield f"\nThe backend is {told.backend}, " + (
        f"chosen by: use-backend {told.chosen_by}" if told.chosen_by else "that of the route."
    )
    if told.tls is not None:
        yield f"Its servers are spoken to over TLS, {_tls(told.tls)}."
    yield f"Its servers, by {told.balance}:" if told.servers else "It has no servers."
    for server in told.servers:
        name = f" ({server.name})" if server.name else ""
        yield f"  {server.address}{name}, weight {server.weight}: {server.state}"


def _tls(tls: ServerTls) -> str:
    name = "the host of the request" if tls.of_host else tls.name
    called = f"as {name}" if name else "without a name"
    by = f"by {tls.authority}" if tls.authority else "by whom the system trusts"
    verified = f"verified {by}" if tls.verify else "not verified"
    return ", ".join((called, verified, *((f"shown {tls.certificate}",) if tls.certificate else ())))


def _end(told: Explanation) -> Iterator[str]:
    if told.sent:
        yield "\nThe server gets:"
        yield from (f"  {line}" for line in told.sent)
    if not told.answer:
        yield "\nNo answer is given."
        return
    if told.answered:
        yield f"\nHeadgate answers{f' ({told.reason})' if told.reason else ''}:"
    else:
        yield "\nThe server's answer becomes:" if told.real else "\nA bare 200 of the server becomes:"
    yield from (f"  {line}" for line in told.answer)


_OF_REQUEST = (_beginning, _route, _rules, _backend, _end)
_OF_RELAY = (_beginning, _relay, _backend)
