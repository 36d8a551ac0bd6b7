"""What a route asks for each request, as data: rules in order, each with its condition."""

from enum import StrEnum

from msgspec import Struct

from ingress.model.admission import Authorize, LimitConcurrent, LimitRate
from ingress.model.condition import Condition, Expression, Text
from ingress.model.patterns import FileUse


class Allow(Struct, frozen=True, tag="allow"):
    """`allow`: the rules that follow are not asked."""


class Return(Struct, frozen=True, tag="return", omit_defaults=True):
    """`return [status N] [content-type T] [string|lf-string TEXT | file F | errorfile F] [hdr NAME TEXT]...`:
    answer at once."""

    status: int = 200
    content_type: str = ""
    body: Text = ()
    headers: tuple[tuple[str, Text], ...] = ()
    file: str = ""
    """What holds the body; empty: `body` is it."""
    whole: bool = False
    """The file holds all of the answer, with its status and headers."""


class Deny(Struct, frozen=True, tag="deny", omit_defaults=True):
    """`deny [deny_status N]`: refuse the request, or in a rule about answers the answer."""

    status: int = 403
    page: Return | None = None
    """What is answered; None: a word."""


class Tarpit(Struct, frozen=True, tag="tarpit", omit_defaults=True):
    """`tarpit [deny_status N]`: refuse the request, and take some time for it."""

    status: int = 500
    page: Return | None = None


class Reject(Struct, frozen=True, tag="reject"):
    """`reject`: close the connection without an answer."""


class SilentDrop(Struct, frozen=True, tag="silent-drop"):
    """`silent-drop`: leave the connection without telling the client."""


class Auth(Struct, frozen=True, tag="auth", omit_defaults=True):
    """`auth [realm TEXT]`: ask for a name and a password."""

    realm: str = ""


class RedirectTo(StrEnum):
    """What of the address a redirect replaces (HAProxy's `redirect` rule)."""

    LOCATION = "location"
    PREFIX = "prefix"
    SCHEME = "scheme"


class Redirect(Struct, frozen=True, tag="redirect", omit_defaults=True):
    """`redirect location|prefix|scheme TO` and its options: another address instead of an answer."""

    kind: RedirectTo
    to: Text
    code: int = 302
    drop_query: bool = False
    append_slash: bool = False
    ignore_empty: bool = False
    """No redirect where the address comes out empty."""
    set_cookie: str = ""
    clear_cookie: str = ""


class SetHeader(Struct, frozen=True, tag="set-header", omit_defaults=True):
    """`set-header NAME TEXT`: the only field of that name on the other side."""

    name: str
    value: Text


class AddHeader(Struct, frozen=True, tag="add-header", omit_defaults=True):
    """`add-header NAME TEXT`: one more field of that name on the other side."""

    name: str
    value: Text


class DelHeader(Struct, frozen=True, tag="del-header", omit_defaults=True):
    """`del-header NAME [-m MATCH]`: no field of that name on the other side."""

    name: str
    match: str = ""
    """How names are compared, where not as a whole: `beg`, `end`, `sub` or `reg`."""


class ReplaceHeader(Struct, frozen=True, tag="replace-header", omit_defaults=True):
    """`replace-header NAME REGEX TEXT`: the text for each whole field in which the expression is found;
    `parts`: for each part between commas (`replace-value`)."""

    name: str
    pattern: str
    value: Text
    parts: bool = False


class TargetPart(StrEnum):
    """What of the target of a request a rule puts in its place."""

    PATH = "path"
    PATH_AND_QUERY = "pathq"
    QUERY = "query"
    URI = "uri"


class SetTarget(Struct, frozen=True, tag="set-target", omit_defaults=True):
    """`set-path`, `set-pathq`, `set-query`, `set-uri`: ask the server for something else."""

    part: TargetPart
    value: Text


class ReplaceTarget(Struct, frozen=True, tag="replace-target", omit_defaults=True):
    """`replace-path`, `replace-pathq`, `replace-uri`: the text in its place if the expression is found."""

    part: TargetPart
    pattern: str
    value: Text


class SetMethod(Struct, frozen=True, tag="set-method", omit_defaults=True):
    """`set-method TEXT`: ask the server with another method."""

    value: Text


class SetStatus(Struct, frozen=True, tag="set-status", omit_defaults=True):
    """`set-status N [reason TEXT]`: answer with another status."""

    status: int
    phrase: str = ""


class SetVariable(Struct, frozen=True, tag="set-var", omit_defaults=True):
    """`set-var(NAME) EXPRESSION`: keep a sample for the rules that follow."""

    name: str
    value: Expression


class SetVariableText(Struct, frozen=True, tag="set-var-fmt", omit_defaults=True):
    """`set-var-fmt(NAME) TEXT`: keep a text for the rules that follow."""

    name: str
    value: Text


class WaitForBody(Struct, frozen=True, tag="wait-for-body", omit_defaults=True):
    """`wait-for-body time T [at-least N]`: go on when the body is there, or enough of it."""

    time: float
    """Seconds, after which the request is refused."""
    at_least: int = 0
    """Bytes that are enough; 0: all of it."""


class UnsetVariable(Struct, frozen=True, tag="unset-var", omit_defaults=True):
    """`unset-var(NAME)`: keep it no longer."""

    name: str


class Capture(Struct, frozen=True, tag="capture"):
    """`capture EXPRESSION len N`: add a sample to the line in the log."""

    value: Expression
    length: int


class SetLogLevel(Struct, frozen=True, tag="set-log-level"):
    """`set-log-level LEVEL`: the level of that line; `silent`: there is none."""

    level: str


class SetTimeout(Struct, frozen=True, tag="set-timeout", omit_defaults=True):
    """`set-timeout server|tunnel TIME|EXPRESSION`: another time limit."""

    side: str
    milliseconds: int = 0
    value: Expression | None = None


class DisableRetry(Struct, frozen=True, tag="disable-l7-retry"):
    """`disable-l7-retry`: no other server once one may have begun."""


class SetAddress(Struct, frozen=True, tag="set-address"):
    """`set-src EXPRESSION`, `set-dst EXPRESSION`: take it for the `source` or the `destination`."""

    place: str
    value: Expression


class SetPort(Struct, frozen=True, tag="set-port"):
    """`set-src-port EXPRESSION`, `set-dst-port EXPRESSION`: the same for its port."""

    place: str
    value: Expression


class EarlyHint(Struct, frozen=True, tag="early-hint"):
    """`early-hint NAME TEXT`: a header of a 103 ahead of the answer."""

    name: str
    value: Text


class Normalizer(StrEnum):
    """The normal forms of targets."""

    SLASHES = "path-merge-slashes"
    DOT = "path-strip-dot"
    DOTDOT = "path-strip-dotdot"
    DECODE = "percent-decode-unreserved"
    UPPERCASE = "percent-to-uppercase"
    SORT = "query-sort-by-name"


class NormalizeUri(Struct, frozen=True, tag="normalize-uri", omit_defaults=True):
    """`normalize-uri NORMALIZER [full|strict]`: bring the target into a form."""

    normalizer: Normalizer
    much: bool = False
    """`full` or `strict`, whichever it has."""


Action = (
    Allow
    | Deny
    | Tarpit
    | Reject
    | SilentDrop
    | Auth
    | Authorize
    | LimitRate
    | LimitConcurrent
    | Redirect
    | Return
    | SetHeader
    | AddHeader
    | DelHeader
    | ReplaceHeader
    | SetTarget
    | ReplaceTarget
    | SetMethod
    | SetStatus
    | SetVariable
    | SetVariableText
    | UnsetVariable
    | WaitForBody
    | Capture
    | SetLogLevel
    | SetTimeout
    | DisableRetry
    | SetAddress
    | SetPort
    | EarlyHint
    | NormalizeUri
)


class Rule(Struct, frozen=True, omit_defaults=True):
    """One line of a family of rules, such as `http-request`."""

    action: Action
    condition: Condition | None = None


class BackendRule(Struct, frozen=True, omit_defaults=True):
    """One `use-backend` line: the first whose condition holds takes the request."""

    backend: str
    """The `name` of a `Backend`."""
    condition: Condition | None = None


class ServerRule(Struct, frozen=True, omit_defaults=True):
    """One `use-server` line: the first whose condition holds, and whose server is up, names the server."""

    server: Text
    """Its address, or its name."""
    condition: Condition | None = None


class Coding(StrEnum):
    """The content codings that answers can be given in (RFC 9110, 8.4.1)."""

    GZIP = "gzip"
    BROTLI = "br"
    ZSTD = "zstd"


class Compression(Struct, frozen=True, omit_defaults=True):
    """Which answers are compressed, and how."""

    codings: tuple[Coding, ...]
    """Of those that a client likes alike, the first is taken."""
    types: tuple[str, ...] = (
        "text/*",
        "application/javascript",
        "application/json",
        "application/ld+json",
        "application/manifest+json",
        "application/rss+xml",
        "application/wasm",
        "application/xml",
        "font/ttf",
        "image/svg+xml",
    )
    """Media types, or `text/*` for all of a kind."""


class ClientCertificates(Struct, frozen=True, omit_defaults=True):
    """Clients show certificates."""

    authority: str
    """The `name` of the `Authority` that has to have signed them."""
    required: bool = True
    """Who shows none is refused."""
    forward: bool = False
    """Servers get the certificate itself, beside what it says."""


class Policy(Struct, frozen=True, omit_defaults=True):
    """Everything a route asks beside its backend."""

    rules: tuple[Rule, ...] = ()
    backends: tuple[BackendRule, ...] = ()
    closed: str = ""
    """Not empty: an option that guards could not be read, so every request is refused; says why."""
    response_rules: tuple[Rule, ...] = ()
    """About answers of servers."""
    final_rules: tuple[Rule, ...] = ()
    """About all answers, those of Headgate itself too."""
    connection_rules: tuple[Rule, ...] = ()
    """`tcp-request`: before all others."""
    redirects: tuple[Rule, ...] = ()
    """`redirect`: behind all others, also where one of them has ended its family by `allow`."""
    compression: Compression | None = None
    files: tuple[FileUse, ...] = ()
    """The pattern files that the rules look into, and how."""
    https: bool | None = None
    """Whether clients over plain HTTP are sent to HTTPS; None: where the host has a certificate."""
    hsts: str = ""
    """The value of Strict-Transport-Security in answers over TLS; empty: none."""
    client_certificates: ClientCertificates | None = None
    body_limit: int = 0
    """Bytes of a request's body; 0: as many as the settings take."""
    servers: tuple[ServerRule, ...] = ()
    """Which server of its backend a request goes to; where none is named, the backend chooses."""
    asked: tuple[str, ...] = ()
    """The names of the backends that the rules ask, or ask about."""

    @property
    def judges(self) -> frozenset[str]:
        """The names of the backends that are asked who may pass."""
        actions = (rule.action for rule in self.rules)
        return frozenset(action.backend for action in actions if isinstance(action, Authorize))

    @property
    def may_refuse(self) -> bool:
        """Whether somebody may rely on it to keep requests out."""
        rules = self.rules or self.connection_rules
        return bool(self.closed or rules or self.client_certificates)

    @property
    def named_backends(self) -> tuple[str, ...]:
        """All backends that the rules need, each as often as it is named."""
        return (*(rule.backend for rule in self.backends), *self.asked)
