"""Certificates: the Secrets that Ingresses name, and the hosts they name them for."""

from collections.abc import Callable
from typing import Final, NamedTuple

from msgspec import Struct

from discovery.kubernetes.key import Key
from discovery.kubernetes.objects import SecretObject
from discovery.kubernetes.secret_facts import SecretFacts, in_words
from discovery.kubernetes.secret_store import FindSecret
from discovery.kubernetes.translate import TO_SERVERS, CertificateUse
from discovery.pair import Pair, PairError, flaw_of_date, overdue, read_pair
from discovery.said import Said
from discovery.source import CertificateClaim, Sink, Translation
from ingress.model.listener import Certificate
from ingress.model.problem import Problem
from ingress.model.route import Origin

DEFAULT: Final = "*"
"""In place of a host: clients that name a host without a certificate, or none."""


class Secret(Struct, frozen=True):
    """What counts of a Secret: the pair in it, or why there is none."""

    pair: Pair | None
    flaw: str = ""
    texts: tuple[bytes, bytes] = (b"", b"")
    """What it was read from, so that the same is not read twice."""

    def __repr__(self) -> str:
        """No key: it must not reach a log by way of a debug line."""
        return f"Secret({self.pair}, {self.flaw!r})"


_MISSING = Secret(None, "does not exist")


class _Told(NamedTuple):
    """What the sink knows of a certificate."""

    certificate: Certificate
    claims: tuple[CertificateClaim, ...]


class Certificates(SecretFacts):
    """Tells a sink about the certificates in use. A Secret that breaks or goes leaves the last good
    certificate in force for as long as an Ingress names it."""

    def __init__(
        self, source: str, sink: Sink, said: Said, find: FindSecret, now: Callable[[], float]
    ) -> None:
        super().__init__(source, sink, said, find, now)
        self._uses: dict[Origin, tuple[CertificateUse, ...]] = {}
        self._created: dict[Origin, str] = {}
        self._users: dict[Key, dict[Origin, tuple[str, ...]]] = {}
        self._read: dict[Key, Secret] = {}
        self._good: dict[Key, Pair] = {}
        self._told: dict[Key, _Told] = {}
        self._wanted: frozenset[Key] | None = None

    @property
    def wanted(self) -> frozenset[Key]:
        """The Secrets that are in use."""
        if self._wanted is None:
            self._wanted = frozenset(self._users)
        return self._wanted

    def use(self, origin: Origin, uses: tuple[CertificateUse, ...], created: str) -> None:
        """An Ingress of this age names these Secrets and no others."""
        before = self._uses.get(origin, ())
        if uses == before and created == self._created.get(origin, created):
            return
        for secret in {use.secret for use in before}:
            self._forget_user(secret, origin)
        for use in uses:
            self._add_user(use, origin)
        if uses:
            self._uses[origin], self._created[origin] = uses, created
        else:
            del self._uses[origin], self._created[origin]

    def _is_used(self, key: Key) -> bool:
        return key in self._users

    def _add_user(self, use: CertificateUse, origin: Origin) -> None:
        users = self._users.get(use.secret)
        if users is None:
            users = self._users[use.secret] = {}
            self._wanted = None
        users[origin] = (*users.get(origin, ()), *(use.hosts or ("",)))
        self._dirty[use.secret] = None

    def _forget_user(self, secret: Key, origin: Origin) -> None:
        users = self._users[secret]
        del users[origin]
        if not users:
            del self._users[secret]
            self._wanted = None
        self._dirty[secret] = None

    def _tell(self, key: Key) -> None:
        secret = self._secret(key)
        if secret.pair is not None:
            self._good[key] = secret.pair
        pair = self._good.get(key)
        if pair is not None:
            told = self._translate(key, pair)
            if self._told.get(key) != told:
                self._told[key] = told
                self._sink.put_certificate(self._source, *told)
        self._say(key, secret)

    def _take_back(self, key: Key) -> None:
        self._good.pop(key, None)
        self._read.pop(key, None)
        if self._told.pop(key, None) is not None:
            self._sink.drop_certificate(self._source, self._name(key))
        self._said.drop(self._origin(key))

    def _secret(self, key: Key) -> Secret:
        obj = self._find(key)
        if obj is None:
            return _MISSING
        texts = _texts(obj)
        read = self._read.get(key)
        if read is None or read.texts != texts:
            read = self._read[key] = _read(texts)
            self._watch_expiry(key, read)
        return read

    def _watch_expiry(self, key: Key, secret: Secret) -> None:
        if secret.pair is not None:
            for when in (secret.pair.since, overdue(secret.pair), secret.pair.until):
                self._agenda.add(when, key)

    def _translate(self, key: Key, pair: Pair) -> _Told:
        claims = {
            CertificateClaim(name, origin, self._created.get(origin, ""))
            for origin, hosts in self._users[key].items()
            for host in hosts
            for name in _claimed(host, pair)
        }
        hosts = tuple(sorted({claim.host for claim in claims}))
        return _Told(
            Certificate(
                self._name(key),
                hosts,
                pair.chain,
                pair.key,
                pair.kind,
                to_servers=any(TO_SERVERS in wanted for wanted in self._users[key].values()),
            ),
            tuple(sorted(claims)),
        )

    def _say(self, key: Key, secret: Secret) -> None:
        reason = self._flaw(key, secret) or self._date(secret)
        problem = Problem(self._origin(key), "", reason)
        self._said.put(self._origin(key), Translation(problems=(problem,)) if reason else None)

    def _flaw(self, key: Key, secret: Secret) -> str:
        if not secret.flaw:
            return ""
        effect = "the last good certificate stays" if key in self._good else "they have no certificate of it"
        return f"{secret.flaw}; used by {in_words(self._users[key])}: {effect}"

    def _date(self, secret: Secret) -> str:
        return "" if secret.pair is None else flaw_of_date(secret.pair, self._now())

    def _name(self, key: Key) -> str:
        return f"{self._source}:{key[0]}/{key[1]}"

    def _origin(self, key: Key) -> Origin:
        return Origin(self._source, "secret", *key)


def _claimed(host: str, pair: Pair) -> tuple[str, ...]:
    """What a host that a certificate is wanted for is called in claims."""
    if host == DEFAULT:
        return ("",)
    if host == TO_SERVERS:
        return ()
    return (host,) if host else pair.names


def _texts(obj: SecretObject) -> tuple[bytes, bytes]:
    values = obj.values
    return values.get("tls.crt", b""), values.get("tls.key", b"")


def _read(texts: tuple[bytes, bytes]) -> Secret:
    try:
        return Secret(read_pair(*texts), texts=texts)
    except PairError as error:
        return Secret(None, str(error), texts)
