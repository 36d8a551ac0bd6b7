"""What came of one request, and why: each step with what it looked at. Made for people, not for routing."""

from msgspec import Struct

from ingress.model.backend import ServerTls
from ingress.model.route import Origin


class SeenTest(Struct, frozen=True, omit_defaults=True):
    """One test of an ACL, as it was asked."""

    text: str
    """As written: `path_beg /api`."""
    samples: tuple[str, ...]
    """What there was to compare; empty: there was nothing."""
    matched: str
    """The first pattern that matched; empty: none did, or there are none."""
    holds: bool
    hidden: bool = False
    """What it compared is not told."""


class SeenAcl(Struct, frozen=True, omit_defaults=True):
    """An ACL as a rule used it: it holds if any of its tests does."""

    name: str
    """Empty: one without a name, in braces."""
    tests: tuple[SeenTest, ...]
    holds: bool


class SeenRule(Struct, frozen=True, omit_defaults=True):
    """One rule, in the order in which they are asked."""

    family: str
    """`http-request`, `use-backend`, `http-response` or `http-after-response`."""
    text: str
    """As written: `deny if !internal`."""
    asked: bool
    """False: the request was decided before."""
    holds: bool
    """Its condition was met; true where it has none."""
    acls: tuple[SeenAcl, ...] = ()
    """Those of its condition, in order."""
    scope: str = "route"
    """Whose it is: `platform`, `class`, `route` or `backend`."""
    effect: str = ""
    """What it did: `answers 403`, `X-Client: "10.0.0.1"`; empty: nothing."""


class SeenRoute(Struct, frozen=True, omit_defaults=True):
    """A route that has the request, or that looked as if it could."""

    host: str
    """Empty: any host."""
    kind: str
    path: str
    backend: str
    origin: Origin
    why: str = ""
    """Why it does not have the request; empty: it has it."""


class SeenServer(Struct, frozen=True, omit_defaults=True):
    """A server of the backend."""

    address: str
    name: str
    weight: int
    state: str
    """`can be chosen`, or why it cannot."""


class SeenCertificate(Struct, frozen=True, omit_defaults=True):
    """What the route asks of clients, and what this one has shown."""

    authority: str
    """Who has to have signed it."""
    required: bool
    shown: bool = False
    subject: str = ""
    """Of what was shown: `/C=FR/CN=anna`; empty: it is not told."""


class Explanation(Struct, frozen=True, omit_defaults=True):
    """The account of one request."""

    id: str
    """Its X-Request-ID."""
    request: str
    """`GET /blog HTTP/1.1`."""
    host: str
    path: str
    client: str
    routes: tuple[SeenRoute, ...] = ()
    """The route that has the request first; then those that lost, the nearest first."""
    route: Origin | None = None
    """The object whose route it is; null: no route takes the request."""
    relayed: bool = False
    """Its connection is relayed as TCP by the name that it asks for (SNI), and no request is seen."""
    ended: bool = False
    """TLS ends here before that; false: nothing is decrypted."""
    closed: str = ""
    """Why the route is closed; empty: it is open."""
    certificate: SeenCertificate | None = None
    """Null: the route asks clients for none."""
    rules: tuple[SeenRule, ...] = ()
    backend: str = ""
    chosen_by: str = ""
    """The use-backend rule that chose the backend; empty: it is the route's own."""
    balance: str = ""
    """How a server is picked."""
    tls: ServerTls | None = None
    """How its servers are spoken to over TLS; null: in plain text."""
    servers: tuple[SeenServer, ...] = ()
    sent: tuple[str, ...] = ()
    """The head that a server gets, line by line; empty: none gets it."""
    real: bool = False
    """It was a request to a server, whose answer this is."""
    answered: bool = False
    """Headgate itself answers; else a server does, and `answer` is what becomes of a bare 200 of it."""
    status: int = 0
    """0: the connection is closed without an answer."""
    reason: str = ""
    """Why Headgate itself answers."""
    answer: tuple[str, ...] = ()
    """The head of the answer, line by line."""
    hints: tuple[str, ...] = ()
    """What may help where no route takes the request."""
