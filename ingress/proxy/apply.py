"""Puts what the controller says in force, piece by piece; what did not change is not touched."""

from collections.abc import Callable
from functools import singledispatchmethod
from weakref import WeakValueDictionary

from ingress.acl.field_uses import fields_asked
from ingress.acl.formula import compile_condition
from ingress.filter.affinity import affinity_of
from ingress.filter.secure import CHALLENGES
from ingress.filter.steps import Steps, compile_policy
from ingress.model import change
from ingress.model.listener import Authority, Certificate, TcpListener, TcpRoute
from ingress.model.policy import Policy
from ingress.model.route import Host, Route
from ingress.observe.page import route_key
from ingress.proxy.nowhere import nowhere
from ingress.proxy.server_names import HTTPS, ServerNames, nobody
from ingress.proxy.site import Site, Target
from ingress.proxy.tls.to_servers import Secure
from ingress.wire.request import note

Key = str | int | tuple[int, str]


class Apply:
    """The facts in force, by name, and how each message changes them."""

    def __init__(
        self,
        site: Site,
        on_listener: Callable[[int, TcpListener | None], None],
    ) -> None:
        self.version = 0
        self._site = site
        self._on_listener = on_listener
        self._hosts: dict[str, tuple[Host, tuple[int, ...]]] = {}
        self._backends: set[str] = set()
        self._listeners: dict[int, TcpListener] = {}
        self._certificates: dict[str, Certificate] = {}
        self._authorities: dict[str, Authority] = {}
        self._changed_certificates: dict[str, Certificate | None] = {}
        self._tcp_routes: dict[tuple[int, str], TcpRoute] = {}
        self._unseen: set[tuple[str, Key]] | None = None
        self._steps: WeakValueDictionary[tuple[Policy, bool], Steps] = WeakValueDictionary()
        """Those in force: routes that ask the same share them, whatever their hosts."""

    def host(self, name: str) -> Host | None:
        """The host of that name, if there is one."""
        found = self._hosts.get(name)
        return None if found is None else found[0]

    @singledispatchmethod
    def put(self, message: change.ToWorker) -> None:
        """Put one message in force."""
        raise TypeError(message)

    @put.register
    def _(self, message: change.Begin) -> None:
        self._unseen = {
            *(("host", name) for name in self._hosts),
            *(("backend", name) for name in self._backends),
            *(("listener", port) for port in self._listeners),
            *(("tcp-route", key) for key in self._tcp_routes),
            *(("certificate", name) for name in self._certificates),
            *(("authority", name) for name in self._authorities),
            *(("file", name) for name in self._site.lists.names),
            *(("platform", name) for name in self._site.scopes.names),
        }

    def _seen(self, kind: str, key: Key) -> None:
        if self._unseen is not None:
            self._unseen.discard((kind, key))

    @put.register
    def _(self, message: change.PutHost) -> None:
        host = message.host
        self._seen("host", host.name)
        if self._hosts.get(host.name) == (host, message.slots):
            return
        self._hosts[host.name] = (host, message.slots)
        slots = message.slots or (0,) * len(host.routes)
        for policy in {route.policy for route in host.routes}:
            self._prepare(policy)
        # The routes of one object share its policy, which can be large: compiled once.
        asked = [(route.policy, self._needs_https(host, route)) for route in host.routes]
        steps = {each: self._steps_of(*each) for each in set(asked)}
        targets = [
            self._target(route, slot, steps[each])
            for route, slot, each in zip(host.routes, slots, asked, strict=True)
        ]
        self._site.scopes.put_targets(host.name, targets)
        conditions = [None if route.when is None else compile_condition(route.when) for route in host.routes]
        self._site.table.put(host, targets, conditions)
        self._site.tls.guard(host.name, host.authority)

    def _prepare(self, policy: Policy) -> None:
        """Have what its rules look at in reach."""
        self._site.lists.want(policy.files)
        for name in fields_asked(policy):
            note(name)

    def _steps_of(self, policy: Policy, https: bool) -> Steps | None:
        """What routes with this policy ask for each request."""
        steps = self._steps.get((policy, https))
        if steps is None:
            steps = compile_policy(policy, https=https)
            if steps is not None:
                self._steps[policy, https] = steps
        return steps

    def _needs_https(self, host: Host, route: Route) -> bool:
        """Whether clients over plain HTTP are sent to HTTPS."""
        if route.policy.https is not None:
            return route.policy.https
        exempt = route.path.startswith(CHALLENGES)
        return host.certified and bool(self._site.settings.https) and not exempt

    def _target(self, route: Route, slot: int, steps: Steps | None) -> Target:
        site = self._site
        origin = route.origin
        key = route_key(origin.namespace, origin.kind, origin.name, route.backend)
        cell = site.column.claim(slot, key)
        return Target(route, steps, site.backend(route.backend), cell)

    @put.register
    def _(self, message: change.DropHost) -> None:
        self._hosts.pop(message.name, None)
        self._site.scopes.drop_targets(message.name)
        self._site.table.drop(message.name)
        self._site.tls.guard(message.name, "")

    @put.register
    def _(self, message: change.PutBackend) -> None:
        name = message.backend.name
        self._seen("backend", name)
        self._backends.add(name)
        state = self._site.backend(name)
        tls = message.backend.settings.tls
        if state.settings.tls != tls:
            # What was learned of servers, and their connections, is of another way to speak to them.
            state.put_servers((), ())
            state.secure = None if tls is None else Secure(tls, self._site.to_servers)
        state.put(message.backend, message.slots)
        state.affinity = affinity_of(state, message.backend.settings)
        if self._site.scopes.put_backend(state, message.backend.policy):
            self._prepare(message.backend.policy)

    @put.register
    def _(self, message: change.PutServers) -> None:
        self._site.backend(message.backend).put_servers(message.servers, message.slots)

    @put.register
    def _(self, message: change.DropBackend) -> None:
        self._backends.discard(message.name)
        self._site.scopes.drop_backend(message.name)
        backend = self._site.backends.pop(message.name, None)
        if backend is not None:
            backend.put_servers((), ())

    @put.register
    def _(self, message: change.PutListener) -> None:
        port = message.listener.port
        self._seen("listener", port)
        self._listeners[port] = message.listener
        self._on_listener(port, message.listener)

    @put.register
    def _(self, message: change.DropListener) -> None:
        self._listeners.pop(message.port, None)
        self._on_listener(message.port, None)

    @put.register
    def _(self, message: change.PutTcpRoute) -> None:
        route = message.route
        key = (route.port, route.host)
        self._seen("tcp-route", key)
        self._tcp_routes[key] = route
        names = self._site.names.get(route.port)
        if names is None:
            rival = self._site.ends_tls if route.port == HTTPS else nobody
            names = self._site.names[route.port] = ServerNames(rival)
        names.put(route)

    @put.register
    def _(self, message: change.DropTcpRoute) -> None:
        self._tcp_routes.pop((message.port, message.host), None)
        names = self._site.names.get(message.port)
        if names is not None and not names.drop(message.host):
            del self._site.names[message.port]

    @put.register
    def _(self, message: change.PutCertificate) -> None:
        certificate = message.certificate
        self._seen("certificate", certificate.name)
        if self._certificates.get(certificate.name) != certificate:
            self._certificates[certificate.name] = certificate
            self._changed_certificates[certificate.name] = certificate

    @put.register
    def _(self, message: change.DropCertificate) -> None:
        self._certificates.pop(message.name, None)
        self._changed_certificates[message.name] = None

    @put.register
    def _(self, message: change.PutAuthority) -> None:
        authority = message.authority
        self._seen("authority", authority.name)
        if self._authorities.get(authority.name) != authority:
            self._authorities[authority.name] = authority
            # At once: a host that comes behind it is not to be closed in between.
            self._change_authority(authority.name, authority)

    @put.register
    def _(self, message: change.DropAuthority) -> None:
        self._authorities.pop(message.name, None)
        self._change_authority(message.name, None)

    def _change_authority(self, name: str, authority: Authority | None) -> None:
        self._site.tls.change({}, {name: authority})
        self._site.to_servers.forget({name})

    def _settle_certificates(self) -> None:
        """Put certificates in force, all that has changed at once: a host may go from one to another."""
        changed, self._changed_certificates = self._changed_certificates, {}
        if changed:
            self._site.tls.change(changed, {})
            self._site.to_servers.forget(changed)

    @put.register
    def _(self, message: change.PutFile) -> None:
        self._seen("file", message.file.name)
        self._site.lists.put(message.file)

    @put.register
    def _(self, message: change.DropFile) -> None:
        self._site.lists.drop(message.name)

    @put.register
    def _(self, message: change.PutPlatform) -> None:
        self._seen("platform", message.platform.name)
        self._prepare(message.platform.policy)
        self._site.scopes.put_platform(message.platform)
        self._site.scopes.nowhere = nowhere(self._site)

    @put.register
    def _(self, message: change.DropPlatform) -> None:
        self._site.scopes.drop_platform(message.name)
        self._site.scopes.nowhere = nowhere(self._site)

    @put.register
    def _(self, message: change.Commit) -> None:
        unseen, self._unseen = self._unseen, None
        for kind, key in unseen or ():
            self.put(_DROP[kind](key))
        self._settle_certificates()
        self.version = message.version
        self._site.ready = message.complete or self._site.ready


_DROP: dict[str, Callable[..., change.Change]] = {
    "host": change.DropHost,
    "backend": change.DropBackend,
    "listener": change.DropListener,
    "tcp-route": lambda key: change.DropTcpRoute(*key),
    "certificate": change.DropCertificate,
    "authority": change.DropAuthority,
    "file": change.DropFile,
    "platform": change.DropPlatform,
}
