"""A sight: what can be seen of one exchange while the data plane works on it, and the account of it."""

from collections.abc import Iterator, Sequence

from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.filter.steps import Steps
from ingress.filter.trace import Trace
from ingress.model.backend import BackendSettings
from ingress.model.explanation import Explanation, SeenCertificate, SeenServer
from ingress.model.platform import Scope
from ingress.model.policy import ClientCertificates, Policy
from ingress.model.route import Route
from ingress.proxy.exchange import Exchange
from ingress.proxy.scopes import Scopes, joined, layers_of
from ingress.proxy.site import Target
from ingress.proxy.tls.session import TlsSession
from ingress.wire.request import Request


class Sight:
    """One exchange from the moment on at which its route is known."""

    def __init__(self, exchange: Exchange, target: Target) -> None:
        request = exchange.request
        self.exchange = exchange
        self.trace = Trace()
        self.route: Route | None = target.route if target.route.backend else None
        """None: no route takes it, and it meets the rules for all requests alone."""
        self.scopes: Scopes = exchange.site.scopes
        # Rules may change these.
        self.request = request_line(request)
        self.path: bytes = request.path
        self.closed = ""
        self.target = WatchedTarget(target, self)

    def watch(self, policy: Policy, scope: Scope, *, https: bool = False) -> Steps:
        """The steps of a policy, which are seen."""
        self.closed = self.closed or policy.closed
        return self.trace.watched(policy, scope, https=https)

    def join(self, layers: Sequence[Steps], *, chosen: bool = False) -> Steps | None:
        """The steps of all scopes as one."""
        return joined(layers, chosen=chosen)

    def _certificate(self) -> SeenCertificate | None:
        """What the client has shown of what the route asks for."""
        asked = None if self.route is None else self.route.policy.client_certificates
        return _certificate(asked, self.exchange.client.session)

    def explanation(self) -> Explanation:
        """What has been seen so far."""
        exchange = self.exchange
        backend = exchange.backend
        chosen = backend is not None and bool(backend.name)
        return Explanation(
            id=exchange.request_id.decode("ascii", "replace"),
            request=self.request,
            host=exchange.request.host.decode(),
            path=text(self.path),
            client=exchange.client.address_text.decode(),
            route=None if self.route is None else self.route.origin,
            closed=self.closed,
            certificate=self._certificate(),
            rules=self.trace.rules(exchange.request, exchange.client),
            backend=backend.name if backend is not None else "",
            chosen_by=self.trace.chosen_by,
            balance=balance_of(backend.settings) if backend is not None and chosen else "",
            tls=backend.settings.tls if backend is not None else None,
            servers=tuple(seen_servers(backend)) if backend is not None and chosen else (),
            sent=lines(exchange.head()) if chosen else (),
        )


class WatchedTarget(Target):
    """A target like another one, whose rules are seen at work."""

    def __init__(self, target: Target, sight: Sight) -> None:
        super().__init__(target.route, target.own, target.backend, target.cell)
        self._sight = sight
        layers = [sight.watch(policy, scope) for scope, policy in sight.scopes.policies(target.route)]
        https = target.own is not None and target.own.https
        self.steps = sight.join((*layers, sight.watch(target.route.policy, Scope.ROUTE, https=https)))

    def behind(self, backend: BackendState) -> Target:
        """The same behind the choice of a backend."""
        inside = super().behind(backend)
        inside.own = self._sight.watch(self._sight.scopes.of_backends[backend.name], Scope.BACKEND)
        inside.steps = self._sight.join((*layers_of(self.steps), inside.own), chosen=True)
        return inside


def _certificate(asked: ClientCertificates | None, session: TlsSession | None) -> SeenCertificate | None:
    if asked is None:
        return None
    shown = None if session is None else session.certificate
    if shown is None:
        return SeenCertificate(asked.authority, asked.required)
    return SeenCertificate(asked.authority, asked.required, True, text(shown.subject))


def balance_of(settings: BackendSettings) -> str:
    """`roundrobin`; `source, after the cookie SRV`."""
    name = settings.cookie.name if settings.cookie is not None else ""
    return f"{settings.balance}, after the cookie {name}" if name else str(settings.balance)


def request_line(request: Request) -> str:
    """`GET /blog HTTP/1.1`, as it came."""
    return f"{text(request.method)} {text(request.target)} HTTP/1.{request.minor}"


def seen_servers(backend: BackendState) -> Iterator[SeenServer]:
    """The servers of a backend, and which of them a request may go to now."""
    for server in backend.servers:
        fact = server.fact
        yield SeenServer(fact.address, fact.name, fact.weight, _state(backend, server))


def _state(backend: BackendState, server: ServerState) -> str:
    if server in backend.usable:
        return "can be chosen"
    if not server.up:
        return "is taken out: it was unreachable, or failed"
    if server.fact.weight == 0:
        return "has weight 0"
    return "drains" if server.fact.drain else "is left for when others are gone"


def lines(head: bytes) -> tuple[str, ...]:
    """A head, line by line."""
    return tuple(text(head).removesuffix("\r\n\r\n").split("\r\n"))


def text(data: bytes) -> str:
    """Bytes as they can be shown."""
    return data.decode("utf-8", "backslashreplace")
