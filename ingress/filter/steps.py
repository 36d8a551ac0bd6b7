"""The steps of a policy: rules in order, then the choice of another backend."""

from collections.abc import Iterable

from ingress.acl.compile import compile_condition
from ingress.acl.sample import Client, Predicate
from ingress.filter.action import Request, compile_action
from ingress.filter.reply import Reply
from ingress.model.condition import Condition
from ingress.model.policy import BackendRule, Policy, Rule
from ingress.model.reason import Reason


class Steps:
    """What a route asks for each request, ready to run."""

    __slots__ = ("_backends", "_rules")

    def __init__(self, rules: Iterable[Rule], backends: Iterable[BackendRule]) -> None:
        self._rules = tuple((_compile(rule.condition), compile_action(rule.action)) for rule in rules)
        self._backends = tuple((_compile(rule.condition), rule.backend) for rule in backends)

    def run(self, request: Request, client: Client) -> Reply | None:
        """Run the rules in order; the reply of the first that has one, or None to go on."""
        for holds, act in self._rules:
            if holds is None or holds(request, client):
                reply = act(request, client)
                if reply is not None:
                    return reply
        return None

    def backend(self, request: Request, client: Client) -> str | None:
        """The backend of the first use-backend rule that holds, or None for the route's own."""
        for holds, backend in self._backends:
            if holds is None or holds(request, client):
                return backend
        return None


class Closed(Steps):
    """The steps of a route whose guard cannot be read: it lets nobody in."""

    __slots__ = ("_reply",)

    def __init__(self) -> None:
        super().__init__((), ())
        self._reply = Reply(
            503,
            Reason.ROUTE_CLOSED,
            body=b"closed: an option that guards this route cannot be read\n",
        )

    def run(self, request: Request, client: Client) -> Reply | None:
        """The refusal."""
        return self._reply


def compile_policy(policy: Policy) -> Steps | None:
    """The steps of a policy; None when there is nothing to do."""
    if policy.closed:
        return Closed()
    if not policy.rules and not policy.backends:
        return None
    return Steps(policy.rules, policy.backends)


def _compile(condition: Condition | None) -> Predicate | None:
    return None if condition is None else compile_condition(condition)
