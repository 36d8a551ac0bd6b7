"""Rules' actions as callables: what each does to a message, or answers in place of a server."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ingress.acl.sample import Client
from ingress.filter import (
    authorize_acts,
    field_acts,
    limit_acts,
    override_acts,
    reply_acts,
    target_acts,
    wait_acts,
)
from ingress.filter.act import Act, Change, Request
from ingress.filter.normalize import normalize_uri
from ingress.filter.reply import PHRASES
from ingress.model import admission, policy
from ingress.model.policy import Action, SetStatus


def compile_action(action: Action, *, of_answer: bool) -> Act:
    """What the action does, prepared as far as it does not depend on the request. `of_answer`: the rule
    is about answers, whose fields it changes."""
    change = CHANGES.get(type(action))
    if change is None:
        return ACTS[type(action)](action)
    return _to_answer(change(action)) if of_answer else _to_request(change(action))


def _to_request(change: Change) -> Act:
    return lambda request, client: change(request, request, client)


def _to_answer(change: Change) -> Act:
    return lambda request, client: change(request.response, request, client)  # type: ignore[arg-type]


def _set_status(action: SetStatus) -> Act:
    status, phrase = action.status, action.phrase.encode() or PHRASES.get(action.status, b"")

    def act(request: Request, client: Client) -> None:
        request.response.set_status(status, phrase)  # type: ignore[attr-defined]

    return act


CHANGES: Final[Mapping[type, Callable[[Any], Change]]] = {
    policy.SetHeader: field_acts.set_header,
    policy.AddHeader: field_acts.add_header,
    policy.DelHeader: field_acts.del_header,
    policy.ReplaceHeader: field_acts.replace_header,
}
"""Of a request or an answer, whichever a rule is about."""

ACTS: Final[Mapping[type, Callable[[Any], Act]]] = {
    policy.Allow: reply_acts.allow,
    policy.Deny: reply_acts.deny,
    policy.Tarpit: reply_acts.tarpit,
    policy.Reject: reply_acts.reject,
    policy.SilentDrop: reply_acts.silent_drop,
    policy.Auth: reply_acts.auth,
    admission.Authorize: authorize_acts.authorize,
    admission.LimitRate: limit_acts.limit_rate,
    admission.LimitConcurrent: limit_acts.limit_concurrent,
    policy.Redirect: reply_acts.redirect,
    policy.Return: reply_acts.give,
    policy.SetTarget: target_acts.set_target,
    policy.ReplaceTarget: target_acts.replace_target,
    policy.SetMethod: target_acts.set_method,
    policy.SetStatus: _set_status,
    policy.SetVariable: target_acts.set_variable,
    policy.SetVariableText: target_acts.set_variable_text,
    policy.UnsetVariable: target_acts.unset_variable,
    policy.WaitForBody: wait_acts.wait_for_body,
    policy.NormalizeUri: normalize_uri,
    policy.Capture: override_acts.capture,
    policy.SetLogLevel: override_acts.set_log_level,
    policy.SetTimeout: override_acts.set_timeout,
    policy.DisableRetry: override_acts.disable_retry,
    policy.SetAddress: override_acts.set_address,
    policy.SetPort: override_acts.set_port,
    policy.EarlyHint: override_acts.early_hint,
}
