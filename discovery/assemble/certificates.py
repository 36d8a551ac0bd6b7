"""The certificates by name."""

from discovery.assemble.ledger import Ledger
from ingress.model.listener import Certificate


class Certificates:
    """All certificates, and which source each is of."""

    def __init__(self) -> None:
        self.ledger: Ledger[str, Certificate] = Ledger(self._in_force)
        self._known: dict[str, tuple[str, Certificate]] = {}

    def put(self, source: str, certificate: Certificate) -> None:
        """A certificate, new or in place of the one of that name."""
        self._known[certificate.name] = source, certificate
        self.ledger.touch(certificate.name)

    def drop(self, name: str) -> None:
        """The certificate is gone."""
        if self._known.pop(name, None):
            self.ledger.touch(name)

    def names(self, source: str) -> tuple[str, ...]:
        """The certificates of a source."""
        return tuple(name for name, (owner, _) in self._known.items() if owner == source)

    def _in_force(self, name: str) -> Certificate | None:
        known = self._known.get(name)
        return known[1] if known else None
