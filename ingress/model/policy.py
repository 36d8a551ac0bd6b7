"""What a route asks for each request, as data: rules in order, each with its condition."""

from enum import StrEnum

from msgspec import Struct

from ingress.model.condition import Condition


class Deny(Struct, frozen=True, tag="deny", omit_defaults=True):
    """`deny [deny_status N]`: refuse the request."""

    status: int = 403


class RedirectTo(StrEnum):
    """What of the address a redirect replaces (HAProxy's `redirect` rule)."""

    LOCATION = "location"
    PREFIX = "prefix"
    SCHEME = "scheme"


class Redirect(Struct, frozen=True, tag="redirect", omit_defaults=True):
    """`redirect location|prefix|scheme TO [code N] [drop-query] [append-slash]`."""

    kind: RedirectTo
    to: str
    code: int = 302
    drop_query: bool = False
    append_slash: bool = False


class SetHeader(Struct, frozen=True, tag="set-header", omit_defaults=True):
    """`set-header NAME VALUE`: the only field of that name towards the server."""

    name: str
    value: str


class DelHeader(Struct, frozen=True, tag="del-header", omit_defaults=True):
    """`del-header NAME`: no field of that name towards the server."""

    name: str


class Return(Struct, frozen=True, tag="return", omit_defaults=True):
    """`return [status N] [content-type T] [string TEXT] [hdr NAME VALUE]...`: answer at once."""

    status: int = 200
    content_type: str = ""
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


Action = Deny | Redirect | SetHeader | DelHeader | Return


class Rule(Struct, frozen=True, omit_defaults=True):
    """One `http-request` line."""

    action: Action
    condition: Condition | None = None


class BackendRule(Struct, frozen=True, omit_defaults=True):
    """One `use-backend` line: the first whose condition holds takes the request."""

    backend: str
    """The `name` of a `Backend`."""
    condition: Condition | None = None


class Policy(Struct, frozen=True, omit_defaults=True):
    """Everything a route asks beside its backend."""

    rules: tuple[Rule, ...] = ()
    backends: tuple[BackendRule, ...] = ()
    closed: str = ""
    """Not empty: an option that guards could not be read, so every request is refused; says why."""
