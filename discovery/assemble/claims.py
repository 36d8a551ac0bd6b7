"""What several objects may ask for: hosts, TCP ports, server names; and the rules for all of them."""

from collections.abc import Iterator

from discovery.assemble.backends import Backends
from discovery.assemble.certificates import Certificates
from discovery.assemble.contest import Rank
from discovery.assemble.hosts import Hosts
from discovery.assemble.ledger import Ledger
from discovery.assemble.ports import Ports
from discovery.assemble.server_names import ServerNames, Shared
from discovery.source import Translation
from ingress.model.listener import TcpRoute
from ingress.model.platform import EVERYWHERE, Platform
from ingress.model.problem import Problem


class Claims:
    """Who asks for what, and who has it. Costs what is touched."""

    def __init__(self, certificates: Certificates, backends: Backends) -> None:
        self._backends = backends
        self.hosts = Hosts(certificates.has)
        self.ports = Ports()
        self.names = ServerNames(self.ports, Shared(self.hosts, certificates.serves, self._guard))
        certificates.changed = self.certificate_changed
        backends.guards_changed = self.names.guards_changed
        self._platforms: dict[str, Platform] = {}
        self.platforms: Ledger[str, Platform] = Ledger(self._platforms.get)

    def claim(self, translation: Translation, rank: Rank) -> None:
        """An object asks for all this."""
        for claim in translation.claims:
            self.hosts.claim(claim, rank)
            self.names.host_changed(claim.host)
        for listener in translation.listeners:
            self.ports.claim(listener, rank)
        for route in translation.tcp_routes:
            self.names.claim(route, rank)
        for platform in translation.platforms:
            self._platforms[platform.name] = platform
            self._platform_changed(platform.name)

    def withdraw(self, translation: Translation, rank: Rank) -> None:
        """An object does not ask for this any more."""
        for claim in translation.claims:
            self.hosts.withdraw(claim, rank)
            self.names.host_changed(claim.host)
        for listener in translation.listeners:
            self.ports.withdraw(listener, rank)
        for route in translation.tcp_routes:
            self.names.withdraw(route, rank)
        for platform in translation.platforms:
            self._platforms.pop(platform.name, None)
            self._platform_changed(platform.name)

    def certificate_changed(self, host: str) -> None:
        """A host, or all those that a wildcard stands for, may have a certificate now, or none."""
        self.hosts.certificate_changed(host)
        self.names.certificate_changed(host)

    def problems(self) -> Iterator[Problem]:
        """One for each thing that another object has won, and for what cannot be beside it."""
        yield from self.hosts.problems()
        yield from self.ports.problems()
        yield from self.names.problems()

    def _platform_changed(self, name: str) -> None:
        self.platforms.touch(name)
        if name == EVERYWHERE:
            self.names.guards_changed()

    def _guard(self, route: TcpRoute) -> str:
        platform = self._platforms.get(EVERYWHERE)
        if platform is not None and platform.policy.may_refuse:
            return "the platform-rules"
        return f"the rules of {route.backend}" if self._backends.may_refuse(route.backend) else ""
