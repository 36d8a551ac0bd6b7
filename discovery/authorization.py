"""Whom the options of a route have asked who may pass, and when."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from discovery.auth_options import AUTH_OPTIONS
from discovery.auth_values import AuthUrl
from discovery.option_values import CombinationError
from ingress.model.admission import Authorize
from ingress.model.policy import Deny, Reject, Rule, SilentDrop, Tarpit

_REFUSALS: Final = (Deny, Reject, SilentDrop, Tarpit)
_OF_CLUSTER: Final = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.[a-z0-9.-]+)?")
_FIELDS: Final = {
    "auth_method": "method",
    "auth_told": "told",
    "auth_copied": "copied",
    "auth_cookies": "cookies",
    "auth_sign_in": "sign_in",
    "auth_seconds": "seconds",
    "auth_verify": "verify",
}
"""The fields of options, and those of the record."""

Find = Callable[[str], str]
"""The name of the backend of `NAMESPACE/SERVICE:PORT`."""


def read_question(values: Mapping[str, object], find: Find | None) -> Authorize | None:
    """What is asked; None: nothing. A Service of the cluster is asked itself, not by way of its address."""
    url = values.get("auth_url")
    if not isinstance(url, AuthUrl):
        lonely = next((option.name for option in AUTH_OPTIONS if option.field in values), "")
        if lonely:
            raise CombinationError(lonely, "there is no auth-url beside it, which says who is asked")
        return None
    said: dict[str, Any] = {_FIELDS[field]: value for field, value in values.items() if field in _FIELDS}
    asked = Authorize(url.text, cookies=("*",))
    return replace(asked, backend=_backend(url, find), **said)


def _backend(url: AuthUrl, find: Find | None) -> str:
    match = _OF_CLUSTER.fullmatch(url.host)
    if match is None or find is None:
        return ""
    try:
        return find(f"{match[2]}/{match[1]}:{url.port}")
    except ValueError as error:
        raise CombinationError("auth-url", str(error)) from None


def place_question(rules: tuple[Rule, ...], asked: Authorize | None) -> tuple[Rule, ...]:
    """The rules, with the question where `authorize` stands; else behind the first ones as far as they only
    refuse: who is refused anyway is not asked about, and whatever is changed is changed behind it."""
    stands = any(isinstance(rule.action, Authorize) for rule in rules)
    if asked is None:
        if stands:
            raise CombinationError("http-request", "authorize: there is no auth-url, which says who is asked")
        return rules
    if stands:
        return tuple(
            replace(rule, action=asked) if isinstance(rule.action, Authorize) else rule for rule in rules
        )
    at = next((at for at, rule in enumerate(rules) if not isinstance(rule.action, _REFUSALS)), len(rules))
    return (*rules[:at], Rule(asked), *rules[at:])
