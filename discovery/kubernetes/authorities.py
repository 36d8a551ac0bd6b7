"""Authorities: the Secrets by whose certificates peers are verified."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from discovery.authority import AuthorityError, Trust, read_authority
from discovery.kubernetes.key import Key
from discovery.kubernetes.objects import SecretObject
from discovery.kubernetes.secret_facts import SecretFacts, in_words
from discovery.kubernetes.secret_store import FindSecret
from discovery.kubernetes.usage import Usage
from discovery.said import Said
from discovery.source import Sink, Translation
from ingress.model.listener import Authority
from ingress.model.problem import Problem
from ingress.model.route import Origin


def authority_name(source: str, secret: Key) -> str:
    """What the authority in a Secret is called: `kubernetes:team-a/clients-ca`."""
    return f"{source}:{secret[0]}/{secret[1]}"


def secret_of(name: str) -> Key:
    """The Secret of an authority or certificate."""
    namespace, _, secret = name.partition(":")[2].partition("/")
    return namespace, secret


class _Read(NamedTuple):
    """What a Secret was read as."""

    texts: tuple[bytes, bytes]
    trust: Trust | None
    flaw: str


class Authorities(SecretFacts):
    """Tells a sink about the authorities in use. One that breaks or goes stays as it was last, and one
    that was never there lets nobody in."""

    def __init__(
        self, source: str, sink: Sink, said: Said, find: FindSecret, now: Callable[[], float]
    ) -> None:
        super().__init__(source, sink, said, find, now)
        self._usage = Usage()
        self._read: dict[Key, _Read] = {}
        self._told: dict[Key, Trust] = {}

    @property
    def wanted(self) -> frozenset[Key]:
        """The Secrets that are in use."""
        return self._usage.keys

    def used_by(self, origin: Origin) -> frozenset[Key]:
        """The Secrets that an object names."""
        return self._usage.of(origin)

    def use(self, origin: Origin, secrets: Iterable[Key]) -> None:
        """An object names these Secrets and no others."""
        self._dirty.update((key, None) for key in self._usage.put(origin, secrets))

    def _is_used(self, key: Key) -> bool:
        return key in self._usage

    def _tell(self, key: Key) -> None:
        read = self._look(key)
        if read.trust is not None and self._told.get(key) != read.trust:
            self._told[key] = read.trust
            name = authority_name(self._source, key)
            self._sink.put_authority(self._source, Authority(name, read.trust.pem, read.trust.revoked))
        origin, reason = self._origin(key), self._reason(key, read)
        problem = Problem(origin, "", reason, "", closes=key not in self._told)
        self._said.put(origin, Translation(problems=(problem,)) if reason else None)

    def _take_back(self, key: Key) -> None:
        self._read.pop(key, None)
        if self._told.pop(key, None) is not None:
            self._sink.drop_authority(self._source, authority_name(self._source, key))
        self._said.drop(self._origin(key))

    def _look(self, key: Key) -> _Read:
        obj = self._find(key)
        if obj is None:
            return _Read((b"", b""), None, "the Secret does not exist")
        texts = _texts(obj)
        read = self._read.get(key)
        if read is None or read.texts != texts:
            try:
                read = _Read(texts, read_authority(*texts), "")
            except AuthorityError as error:
                read = _Read(texts, None, str(error))
            self._read[key] = read
            for when in (read.trust.until, read.trust.fresh_until) if read.trust else ():
                self._agenda.add(when, key)
        return read

    def _reason(self, key: Key, read: _Read) -> str:
        late = read.trust.flaw(self._now()) if read.trust else ""
        flaw = read.flaw or late
        if not flaw:
            return ""
        held = key in self._told and not late
        effect = "what it said last stays in force" if held else "nobody is let in by it"
        return f"{flaw}; used by {in_words(self._usage.users(key))}: {effect}"

    def _origin(self, key: Key) -> Origin:
        # A Secret may hold a certificate too, which has problems of its own.
        return Origin(self._source, "secret", key[0], f"{key[1]}/ca.crt")


def _texts(obj: SecretObject) -> tuple[bytes, bytes]:
    values = obj.values
    return values.get("ca.crt", b""), values.get("ca.crl", b"")
