"""Rules that may have to wait: a way through them that stops where something is not there yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingress.acl.fetches import waits
from ingress.acl.formula import Formula
from ingress.acl.sample import Client, Type
from ingress.acl.wait import Need, Wait
from ingress.acl.walk import records
from ingress.filter.act import Act, Request
from ingress.filter.reply import Manner, Reply
from ingress.filter.reply_acts import GO_ON
from ingress.model.admission import Authorize
from ingress.model.policy import Policy, WaitForBody
from ingress.model.reason import Reason

Choose = Callable[[Request, Client], str | None]
Rules = Sequence[tuple[Formula | None, Act]]


@dataclass(frozen=True, slots=True)
class Pause(Reply):
    """Not an answer: something has to come before it is known what becomes of the request."""

    need: Need | None = None
    go_on: Callable[[], Reply | None] = lambda: None
    """To be called when it has come; what it gives is what the rules would have given."""


class Choice(NamedTuple):
    """The use-backend rules of one set of steps."""

    choose: Choose
    name: str
    """Under which its outcome is kept, apart from those of other sets."""


def may_wait(policy: Policy) -> bool:
    """Whether a rule about requests may have to wait."""
    rules = policy.connection_rules, policy.rules, policy.redirects, policy.backends
    return any(isinstance(record, WaitForBody | Authorize) or waits(record) for record in records(rules))


class Walk:
    """The way of one request through the rules, up to the choice of its backend, which is kept beside
    the variables of the request; empty: none is chosen."""

    __slots__ = ("_choice", "_client", "_number", "_request", "_section", "_sections")

    def __init__(self, sections: Sequence[Rules], choice: "Choice", request: Request, client: Client) -> None:
        self._sections = sections
        self._choice = choice
        self._request = request
        self._client = client
        self._section = self._number = 0

    def go_on(self) -> Reply | None:
        """What the rules say: an answer, none, or a `Pause`, after which the rule is asked again."""
        try:
            while self._section < len(self._sections):
                reply = self._run(self._sections[self._section])
                if reply is not None:
                    return reply
                self._section, self._number = self._section + 1, 0
            chosen = (self._choice.choose(self._request, self._client) or "").encode()
        except Wait as wait:
            return Pause(0, Reason.RETURNED, manner=Manner.WAIT, need=wait.need, go_on=self.go_on)
        self._request.set_variable(self._choice.name, (Type.STR, chosen))
        return None

    def _run(self, rules: Rules) -> Reply | None:
        request, client = self._request, self._client
        while self._number < len(rules):
            formula, act = rules[self._number]
            if formula is None or formula.holds(request, client):
                reply = act(request, client)
                if reply is not None:
                    return None if reply is GO_ON else reply
            self._number += 1
        return None
