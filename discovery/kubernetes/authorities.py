"""Authorities: the Secrets by whose certificates peers are verified."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from discovery.authority import AuthorityError, Trust, read_authority
from discovery.kubernetes.agenda import Agenda
from discovery.kubernetes.key import Key
from discovery.kubernetes.objects import SecretObject
from discovery.kubernetes.secret_store import FindSecret
from discovery.kubernetes.usage import Usage
from discovery.said import Said
from discovery.source import Sink, Translation
from ingress.model.listener import Authority
from ingress.model.problem import Problem
from ingress.model.route import Origin

_SHOWN: Final = 3
"""Users that a problem names."""


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


class Authorities:
    """Tells a sink about the authorities in use. One that breaks or goes stays as it was last, and one
    that was never there lets nobody in."""

    def __init__(
        self, source: str, sink: Sink, said: Said, find: FindSecret, now: Callable[[], float]
    ) -> None:
        self._source = source
        self._sink = sink
        self._said = said
        self._find = find
        self._now = now
        self._agenda: Agenda[Key] = Agenda()
        self._usage = Usage()
        self._read: dict[Key, _Read] = {}
        self._told: dict[Key, Trust] = {}
        self._dirty: dict[Key, None] = {}

    @property
    def wanted(self) -> frozenset[Key]:
        """The Secrets that are in use."""
        return self._usage.keys

    def heard(self, key: Key) -> None:
        """A Secret has come, changed or gone."""
        self._dirty[key] = None

    def used_by(self, origin: Origin) -> frozenset[Key]:
        """The Secrets that an object names."""
        return self._usage.of(origin)

    def use(self, origin: Origin, secrets: Iterable[Key]) -> None:
        """An object names these Secrets and no others."""
        self._dirty.update((key, None) for key in self._usage.put(origin, secrets))

    def flush(self) -> Iterator[None]:
        """Tell what has changed, also by the passing of time, one after the other."""
        self._dirty.update((key, None) for key in self._agenda.due(self._now()))
        while self._dirty:
            key, _ = self._dirty.popitem()
            if key in self._usage:
                self._tell(key)
            else:
                self._take_back(key)
            yield

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
        users = sorted(map(str, self._usage.users(key)))
        more = f" and {len(users) - _SHOWN} more" if len(users) > _SHOWN else ""
        return f"{flaw}; used by {', '.join(users[:_SHOWN])}{more}: {effect}"

    def _origin(self, key: Key) -> Origin:
        # A Secret may hold a certificate too, which has problems of its own.
        return Origin(self._source, "secret", key[0], f"{key[1]}/ca.crt")


def _texts(obj: SecretObject) -> tuple[bytes, bytes]:
    values = obj.values
    return values.get("ca.crt", b""), values.get("ca.crl", b"")
