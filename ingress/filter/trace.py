"""A trace: what the rules of a policy did with one request, noted while they do it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ingress.acl.cursor import Family
from ingress.acl.formula import Formula
from ingress.acl.look import LONGEST, Look, compile_look, shower
from ingress.acl.sample import Client
from ingress.acl.wait import Wait
from ingress.acl.written import write_backend_rule, write_rule, write_server_rule, write_text
from ingress.filter.act import Act, Request
from ingress.filter.authorize_acts import told_of
from ingress.filter.reply import Manner, Reply
from ingress.filter.reply_acts import GO_ON
from ingress.filter.steps import OF_ANSWERS, Closed, Compiled, Steps
from ingress.model.admission import Authorize, LimitConcurrent, LimitRate
from ingress.model.condition import Condition
from ingress.model.explanation import SeenAcl, SeenRule
from ingress.model.platform import Scope
from ingress.model.policy import Action, BackendRule, Policy, Rule, ServerRule

CHOICE: Final = "use-backend"
PLACE: Final = "use-server"

WITHIN: Final = "counts the request, which is within the limit"
STAYS: Final = "ends the rules of this kind; the request goes on"
_MANNERS: Final[Mapping[Manner, str]] = {
    Manner.DELAY: "answers {}, after some seconds",
    Manner.CLOSE: "closes the connection without an answer",
    Manner.VANISH: "leaves the connection without a word",
}


@dataclass(slots=True)
class _Seen:
    """A rule, and what has been noted of it so far."""

    scope: Scope
    family: str
    text: str
    looks: tuple[Look, ...]
    acls: tuple[SeenAcl, ...] = ()
    asked: bool = False
    holds: bool = False
    effect: str = ""


@dataclass(slots=True)
class _Notes:
    """Notes of the rules of one scope. Implements `ingress.filter.steps.Watch`."""

    scope: Scope
    seen: list[_Seen]

    def rule(self, family: Family, rule: Rule, compiled: Compiled) -> Compiled:
        """The same rule, which notes what it does."""
        formula, act = compiled
        seen = self._note(family, write_rule(rule, family), rule.condition)
        return _asked(seen, formula), _acted(seen, rule.action, act, of_answer=family in OF_ANSWERS)

    def choice(self, rule: BackendRule, formula: Formula | None) -> Formula:
        """The same choice, which notes whether it is made."""
        seen = self._note(CHOICE, write_backend_rule(rule), rule.condition)
        seen.effect = f"chooses {rule.backend}"
        return _asked(seen, formula)

    def place(self, rule: ServerRule, formula: Formula | None) -> Formula:
        """The same naming of a server, which notes whether it is asked and holds."""
        seen = self._note(PLACE, write_server_rule(rule), rule.condition)
        seen.effect = f"names the server {write_text(rule.server)}"
        return _asked(seen, formula)

    def _note(self, family: str, text: str, condition: Condition | None) -> _Seen:
        terms = [term for row in condition.alternatives for term in row] if condition else []
        # A formula may name an ACL more than once; it is shown once.
        looks = {(term.name, term.tests): compile_look(term) for term in terms}
        self.seen.append(_Seen(self.scope, family, text, tuple(looks.values())))
        return self.seen[-1]


@dataclass(slots=True)
class Trace:
    """Notes of one request."""

    seen: list[_Seen] = field(default_factory=list)

    def watched(self, policy: Policy, scope: Scope, *, https: bool = False) -> Steps:
        """The steps of a policy, compiled as for everyone, but noted one by one."""
        return Closed() if policy.closed else Steps(policy, _Notes(scope, self.seen), https=https)

    def rules(self, request: Request, client: Client) -> tuple[SeenRule, ...]:
        """What has been noted so far; the ACLs of rules that were not asked are looked at now."""
        for one in self.seen:
            if not one.asked and one.family not in OF_ANSWERS:
                one.acls = tuple(_looked(look, request, client) for look in one.looks)
        self.seen.sort(key=_turn)
        return tuple(
            SeenRule(
                one.family,
                one.text,
                one.asked,
                one.holds,
                one.acls,
                one.scope,
                one.effect if one.holds else "",
            )
            for one in self.seen
        )

    @property
    def chosen_by(self) -> str:
        """The use-backend rule that has chosen; empty: none has."""
        return next((one.text for one in self.seen if one.family == CHOICE and one.holds), "")


def _turn(seen: _Seen) -> tuple[int, int]:
    """When a rule is asked: requests go through the scopes inwards, answers outwards."""
    scope = list(Scope).index(seen.scope)
    if seen.family in OF_ANSWERS:
        return 2 + OF_ANSWERS.index(Family(seen.family)), -scope
    return 0, scope


def _looked(look: Look, request: Request, client: Client) -> SeenAcl:
    """What an ACL sees of a request for which it was not asked; nothing, where it would have to wait."""
    try:
        return look(request, client)
    except Wait:
        return SeenAcl("", (), False)


def _asked(seen: _Seen, formula: Formula | None) -> Formula:
    def ask(request: Any, client: Client) -> bool:
        seen.asked = True
        seen.acls = tuple(look(request, client) for look in seen.looks)
        seen.holds = formula is None or formula.holds(request, client)
        return seen.holds

    return Formula(rows=(ask,))


def _acted(seen: _Seen, action: Action, act: Act, *, of_answer: bool) -> Act:
    def do(request: Request, client: Client) -> Reply | None:
        before = _state(action, request, of_answer)
        reply = act(request, client)
        seen.effect = (
            _told(reply) if reply is not None else _changed(before, _state(action, request, of_answer))
        )
        if isinstance(action, Authorize):
            said = told_of(request, action)
            seen.effect = said if reply is None else f"{seen.effect}: {said}"
        elif isinstance(action, LimitRate | LimitConcurrent) and reply is None:
            seen.effect = WITHIN
        return reply

    return do


def _told(reply: Reply) -> str:
    if reply is GO_ON:
        return STAYS
    manner = _MANNERS.get(reply.manner, "answers {}").format(reply.status)
    location = next((line for line in reply.headers.split(b"\r\n") if line.startswith(b"Location: ")), b"")
    return f"{manner}, {_shown(location)}" if location else manner


def _state(action: Action, request: Any, of_answer: bool) -> dict[str, str]:
    """What the action may change, as it is now."""
    message = request.response if of_answer else request
    state = {"status": str(message.status)} if of_answer else {"target": _shown(request.url)}
    if request.overrides is not None:
        state.update(request.overrides.told())
    if not of_answer:
        state["method"] = _shown(request.method)
    name = getattr(action, "name", "")
    if name in request.variables:
        type_, sample = request.variables[name]
        state[name] = shower(type_)(sample)
    elif name and not name.startswith(("txn.", "req.", "res.", "sess.", "proc.")):
        values = message.values(name.lower().encode())
        state[name] = ", ".join(f'"{_shown(value)}"' for value in values) or "none"
    return state


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    changes = (f"{name}: {value}" for name, value in after.items() if before.get(name) != value)
    gone = (f"{name}: none" for name in before if name not in after)
    return "; ".join((*changes, *gone)) or "changes nothing"


def _shown(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")[:LONGEST]
