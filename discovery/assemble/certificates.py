"""The certificates: who wants which of them for a host, and which hosts each of them serves."""

from collections.abc import Callable, Container, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from discovery.assemble.conflict import conflict
from discovery.assemble.contest import Bid, Contests, Rank
from discovery.assemble.ledger import Ledger
from discovery.assemble.state import KeptCertificate
from discovery.source import CertificateClaim
from ingress.model.listener import Certificate
from ingress.model.problem import Problem
from ingress.model.route import Origin

DEFAULT: Final = ""
"""In place of a host: clients that ask for one without a certificate, or for none."""
RankOf = Callable[[CertificateClaim], Rank]


class Wanted(Struct, frozen=True):
    """A certificate, as the oldest of the objects that want it for a host wants it."""

    certificate: str
    origin: Origin
    kind: str
    """Of its key."""


class Known(Struct, frozen=True):
    """A certificate, the objects that want it, and what it bids for: host by host."""

    source: str
    certificate: Certificate
    claims: tuple[CertificateClaim, ...]
    bids: dict[str, Bid[Wanted]]


class Certificates:
    """All certificates. A host is served by the one that the oldest object wants, and beside it by those
    with keys of other kinds that objects of the same namespace want."""

    def __init__(self, rank: RankOf) -> None:
        self.changed: Callable[[str], None] = lambda _: None
        """Hears of a host that has got its first certificate or lost its last."""
        self.ledger: Ledger[str, Certificate] = Ledger(self._in_force)
        self._rank = rank
        self._known: dict[str, Known] = {}
        self._contests: Contests[str, Wanted] = Contests()

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def put(self, source: str, certificate: Certificate, claims: tuple[CertificateClaim, ...]) -> None:
        """A certificate, new or in place of the one of that name."""
        name = certificate.name
        before = self._known.get(name)
        kept = before and (before.claims, before.certificate.kind) == (claims, certificate.kind)
        bids = before.bids if before and kept else self._bids(certificate, claims)
        if before is None or bids != before.bids:
            self._exchange(before.bids if before else {}, bids)
        self._known[name] = Known(source, certificate, claims, bids)
        self.ledger.touch(name)

    def drop(self, name: str) -> None:
        """The certificate is gone."""
        if known := self._known.pop(name, None):
            self._exchange(known.bids, {})
            self.ledger.touch(name)

    def names(self, source: str) -> tuple[str, ...]:
        """The certificates of a source."""
        return tuple(name for name, known in self._known.items() if known.source == source)

    def kept(self, sources: Container[str]) -> Iterator[KeptCertificate]:
        """All certificates of these sources, keys included."""
        for known in self._known.values():
            if known.source in sources:
                yield KeptCertificate(known.source, known.certificate, known.claims)

    def origins(self, name: str) -> Iterator[Origin]:
        """The objects that want a certificate."""
        return (claim.origin for claim in self._known[name].claims)

    def problems(self) -> Iterator[Problem]:
        """One for each host that is served with another certificate than is wanted for it."""
        for host, bids in self._contests.contested():
            losers = [bid for bid in bids if not self._has(host, bid.value.certificate)]
            yield from conflict(f"the certificate of host {host}", [bids[0], *losers])

    def has(self, host: str) -> bool:
        """Whether a host has a certificate: its own, or that of all names beside it."""
        wildcard = "" if host.startswith("*") else "*." + host.partition(".")[2]
        return any(self._contests.holder(name) is not None for name in filter(None, (host, wildcard)))

    def serves(self, host: str) -> bool:
        """Whether clients that ask for a host get any certificate, be it that for whoever has none."""
        return self.has(host) or self._contests.holder(DEFAULT) is not None

    def _bids(self, certificate: Certificate, claims: tuple[CertificateClaim, ...]) -> dict[str, Bid[Wanted]]:
        name = certificate.name
        bids: dict[str, Bid[Wanted]] = {}
        for claim in claims:
            # By its name in the end, as an object may want two certificates for one host.
            bid = Bid((*self._rank(claim), name), Wanted(name, claim.origin, certificate.kind))
            if claim.host not in bids or bid.rank < bids[claim.host].rank:
                bids[claim.host] = bid
        return bids

    def _exchange(self, old: dict[str, Bid[Wanted]], new: dict[str, Bid[Wanted]]) -> None:
        for host in old.keys() | new.keys():
            had = self._touch_holders(host)
            if host in old:
                self._contests.withdraw(host, old[host])
            if host in new:
                self._contests.enter(host, new[host])
            if self._touch_holders(host) != had:
                self.changed(host)

    def _touch_holders(self, host: str) -> bool:
        """Whether the host has any."""
        bids = self._contests.bids(host)
        for bid in bids:
            self.ledger.touch(bid.value.certificate)
        return bool(bids)

    def _in_force(self, name: str) -> Certificate | None:
        """The certificate with the hosts that it has won; None: it is gone, or of no use to anyone."""
        known = self._known.get(name)
        if known is None:
            return None
        hosts = tuple(host for host in sorted(known.bids) if self._has(host, name))
        return replace(known.certificate, hosts=hosts) if hosts or known.certificate.to_servers else None

    def _has(self, host: str, name: str) -> bool:
        """Whether a certificate serves a host: its owner's first, or their first of another kind."""
        owner = self._contests.holder(host)
        if owner is None:
            return False
        firsts: dict[str, str] = {}
        for bid in self._contests.bids(host):
            wanted = bid.value
            if _belongs(wanted.origin, owner.origin):
                firsts.setdefault(wanted.kind, wanted.certificate)
        return name in firsts.values()


def _belongs(one: Origin, other: Origin) -> bool:
    """Whether two objects have the same owner, as far as that can be known."""
    return (one.source, one.namespace) == (other.source, other.namespace)
