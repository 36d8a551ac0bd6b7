"""The steps of a policy: rules in order, the choice of another backend, and rules about the answer."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from ingress.acl.cursor import Family
from ingress.acl.formula import Formula, compile_formula
from ingress.acl.sample import Client
from ingress.acl.text import Make, compile_text
from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.filter.act import Act, Request, Response
from ingress.filter.action import compile_action
from ingress.filter.answer import Answer
from ingress.filter.authorize_acts import cookies_of
from ingress.filter.body_size import at_most
from ingress.filter.certificate import shown
from ingress.filter.compression import Compressor
from ingress.filter.override_acts import send_hints
from ingress.filter.pausing import Choice, Walk, may_wait
from ingress.filter.reply import Reply
from ingress.filter.reply_acts import GO_ON
from ingress.filter.secure import hsts, to_https
from ingress.model.condition import Condition
from ingress.model.policy import (
    Allow,
    Auth,
    BackendRule,
    Deny,
    EarlyHint,
    Policy,
    Redirect,
    Reject,
    Return,
    Rule,
    ServerRule,
    SilentDrop,
    Tarpit,
)
from ingress.model.reason import Reason

Compiled = tuple[Formula | None, Act]
"""When a rule is to be followed, None: always; and how."""


class Watch(Protocol):
    """Whoever wants to see what rules do: it is shown each when it is compiled, and may put something of
    its own around it."""

    def rule(self, family: Family, rule: Rule, compiled: Compiled) -> Compiled:
        """A rule, and what is to be run in its place."""

    def choice(self, rule: BackendRule, formula: Formula | None) -> Formula:
        """A use-backend rule, and what is to be asked in its place."""

    def place(self, rule: ServerRule, formula: Formula | None) -> Formula:
        """A use-server rule, and what is to be asked in its place."""


OF_ANSWERS: Final = (Family.RESPONSE, Family.FINAL)
_NOTHING: Final = Policy()
_ENDING: Final = (Allow, Auth, Deny, Redirect, Reject, Return, SilentDrop, Tarpit)


class Steps:
    """What a route asks for each request, ready to run."""

    __slots__ = (
        "__weakref__",
        "_backends",
        "_final",
        "_response",
        "_sections",
        "_servers",
        "chooses",
        "compressor",
        "https",
        "places",
        "responds",
        "waits",
    )

    def __init__(self, policy: Policy, watch: Watch | None = None, *, https: bool = False) -> None:
        """`https`: clients have to come over TLS."""
        self.https = https
        self.waits = may_wait(policy)
        """A rule may have to wait for something before it can be asked."""
        sections = (
            (Family.CONNECTION, policy.connection_rules),
            (Family.REQUEST, policy.rules),
            (Family.REDIRECT, policy.redirects),
        )
        self._sections = tuple(_compile_rules(rules, family, watch) for family, rules in sections if rules)
        if policy.client_certificates is not None:
            self._sections = (((None, shown(policy.client_certificates)),), *self._sections)
        if https:
            self._sections = (((None, to_https),), *self._sections)
        if policy.body_limit:
            self._sections = (((None, at_most(policy.body_limit)),), *self._sections)
        self._backends = tuple((_compile_choice(rule, watch), rule.backend) for rule in policy.backends)
        self._servers = tuple(_compile_place(rule, watch) for rule in policy.servers)
        self._response = _compile_rules(policy.response_rules, Family.RESPONSE, watch)
        self._final = _compile_rules(policy.final_rules, Family.FINAL, watch)
        self.compressor = Compressor(policy.compression) if policy.compression else None
        self._final += tuple((None, act) for act in cookies_of(policy.rules))
        if policy.hsts:
            self._final += ((None, hsts(policy.hsts)),)
        self.responds = bool(self._response or self._final or self.compressor)
        """Something is to be done with answers."""
        self.chooses = bool(self._backends)
        """There are use-backend rules."""
        self.places = bool(self._servers)
        """There are use-server rules."""

    def run(self, request: Request, client: Client) -> Reply | None:
        """Run the rules in order; the reply of the first that has one, or None to go on."""
        if self.waits:
            choice = Choice(self._choice, f"backend {id(self)}")
            return Walk(self._sections, choice, request, client).go_on()
        for rules in self._sections:
            reply = _run(rules, request, client)
            if reply is not None:
                return reply
        return None

    def backend(self, request: Request, client: Client) -> str | None:
        """The backend of the first use-backend rule that holds, or None for the route's own."""
        if self.waits:
            _, chosen = request.variables[f"backend {id(self)}"]
            return chosen.decode() if isinstance(chosen, bytes) and chosen else None
        return self._choice(request, client)

    def _choice(self, request: Request, client: Client) -> str | None:
        for formula, backend in self._backends:
            if formula is None or formula.holds(request, client):
                return backend
        return None

    def server(self, request: Request, client: Client, backend: BackendState) -> ServerState | None:
        """The server that the use-server rules name, or None for whichever the backend chooses."""
        for formula, make, fixed in self._servers:
            if formula is None or formula.holds(request, client):
                server = backend.named(make(request, client).decode("utf-8", "replace"))
                if server is not None and server.up:
                    return server
                if server is None and not fixed:
                    return None
        return None

    def respond(self, request: Request, response: Response, client: Client) -> Reply | None:
        """Run the rules about a server's answer, which they may change; a reply takes its place, and has
        yet to go through `finish`."""
        reply = self.refuse(request, response, client)
        if reply is None:
            self.complete(request, client)
        return reply

    def refuse(self, request: Request, response: Response, client: Client) -> Reply | None:
        """Run the rules about a server's answer alone; a reply takes its place."""
        request.response = response  # type: ignore[misc]
        return _run(self._response, request, client)

    def complete(self, request: Request, client: Client) -> None:
        """Run the rules about all answers on the one that the request has."""
        _run(self._final, request, client)

    def finish(self, request: Request, reply: Reply, client: Client) -> Reply:
        """The proxy's own answer as the rules about all answers leave it."""
        if not self._final:
            return reply
        answer = Answer(reply)
        request.response = answer  # type: ignore[misc]
        _run(self._final, request, client)
        return answer.reply()


def _run(rules: Sequence[Compiled], request: Request, client: Client) -> Reply | None:
    for formula, act in rules:
        if formula is None or formula.holds(request, client):
            reply = act(request, client)
            if reply is not None:
                return None if reply is GO_ON else reply
    return None


class Closed(Steps):
    """The steps of a route whose guard cannot be read: it lets nobody in."""

    __slots__ = ("_reply",)

    def __init__(self) -> None:
        super().__init__(Policy())
        self._reply = Reply(
            503,
            Reason.ROUTE_CLOSED,
            body=b"closed: an option that guards this route cannot be read\n",
        )

    def run(self, request: Request, client: Client) -> Reply | None:
        """The refusal."""
        return self._reply


def compile_policy(policy: Policy, *, https: bool = False) -> Steps | None:
    """The steps of a policy; None when there is nothing to do. `https`: clients have to come over TLS."""
    if policy.closed:
        return Closed()
    return None if policy == _NOTHING and not https else Steps(policy, https=https)


def _compile_rules(rules: Iterable[Rule], family: Family, watch: Watch | None) -> tuple[Compiled, ...]:
    compiled = (
        (
            rule,
            (_compile(rule.condition), compile_action(rule.action, of_answer=family in OF_ANSWERS)),
        )
        for rule in (_merged(rules) if watch is None else rules)
    )
    made: list[Compiled] = []
    hints = False
    for rule, steps in compiled:
        if hints and not isinstance(rule.action, EarlyHint):
            made.append((None, send_hints))
        hints = isinstance(rule.action, EarlyHint)
        made.append(steps if watch is None else watch.rule(family, rule, steps))
    return (*made, *(((None, send_hints),) if hints else ()))


def _compile_choice(rule: BackendRule, watch: Watch | None) -> Formula | None:
    formula = _compile(rule.condition)
    return formula if watch is None else watch.choice(rule, formula)


def _compile_place(rule: ServerRule, watch: Watch | None) -> tuple[Formula | None, Make, bool]:
    """When a server is named, how, and whether the name is the same for all requests."""
    formula = _compile(rule.condition)
    fixed = all(isinstance(part, str) for part in rule.server)
    return formula if watch is None else watch.place(rule, formula), compile_text(rule.server), fixed


def _merged(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The same rules, with one for all in a row that end in the same way: their conditions are
    alternatives, which are compiled to fewer look-ups than they are rules."""
    before: Rule | None = None
    for rule in rules:
        joined = before and _joined(before, rule)
        if joined is None and before is not None:
            yield before
        before = joined or rule
    if before is not None:
        yield before


def _joined(first: Rule, second: Rule) -> Rule | None:
    one, two = first.condition, second.condition
    if first.action != second.action or not isinstance(first.action, _ENDING):
        return None
    if one is None or two is None or one.unless or two.unless:
        return None
    # A redirect that finds nothing to say lets the next rule be asked.
    if isinstance(first.action, Redirect) and first.action.ignore_empty:
        return None
    return Rule(first.action, Condition((*one.alternatives, *two.alternatives)))


def _compile(condition: Condition | None) -> Formula | None:
    return None if condition is None else compile_formula(condition)
