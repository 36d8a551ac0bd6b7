"""The first word of a source: said in one piece, or not at all."""

from collections.abc import Callable, Mapping
from functools import partial

from discovery.pool import Pool
from discovery.source import NOTHING_UNREAD, CertificateClaim, Sink, SourceStatus, Translation, Unread
from ingress.model.backend import Backend
from ingress.model.listener import Authority, Certificate
from ingress.model.patterns import PatternFile
from ingress.model.problem import Problem
from ingress.model.route import Origin


class FirstWord:
    """Keeps what a source says until it has synced, and hands it on in one turn of the loop.

    What other sources say is served meanwhile. A source that is half through would leave a host with
    half of its routes there, perhaps without the one that guards. Implements `discovery.source.Sink`.
    """

    def __init__(self, sink: Sink) -> None:
        """The sink knows nothing of the source yet."""
        self._sink = sink
        self._kept: dict[object, Callable[[], None]] = {}
        self._has_synced = False

    def _put(self, key: object, call: Callable[[], None]) -> None:
        if self._has_synced:
            call()
        else:
            self._kept[key] = call

    def _drop(self, key: object, call: Callable[[], None]) -> None:
        if self._has_synced:
            call()
        else:
            self._kept.pop(key, None)

    def put(self, origin: Origin, translation: Translation) -> None:
        """What one object asks for now."""
        self._put(origin, partial(self._sink.put, origin, translation))

    def drop(self, origin: Origin) -> None:
        """The object is gone."""
        self._drop(origin, partial(self._sink.drop, origin))

    def put_backend(
        self,
        source: str,
        backend: Backend,
        problems: tuple[Problem, ...] = (),
        flawed: bool = False,
        pool: Pool | None = None,
    ) -> None:
        """A backend with its servers."""
        call = partial(self._sink.put_backend, source, backend, problems, flawed, pool)
        self._put(("backend", backend.name), call)

    def drop_backend(self, source: str, name: str) -> None:
        """Nothing refers to the backend any more."""
        self._drop(("backend", name), partial(self._sink.drop_backend, source, name))

    def put_certificate(
        self, source: str, certificate: Certificate, claims: tuple[CertificateClaim, ...]
    ) -> None:
        """A certificate, and who wants it."""
        call = partial(self._sink.put_certificate, source, certificate, claims)
        self._put(("certificate", certificate.name), call)

    def drop_certificate(self, source: str, name: str) -> None:
        """No object refers to the certificate any more."""
        self._drop(("certificate", name), partial(self._sink.drop_certificate, source, name))

    def put_authority(self, source: str, authority: Authority) -> None:
        """Who vouches for certificates of peers."""
        self._put(("authority", authority.name), partial(self._sink.put_authority, source, authority))

    def drop_authority(self, source: str, name: str) -> None:
        """No object refers to the authority any more."""
        self._drop(("authority", name), partial(self._sink.drop_authority, source, name))

    def put_file(self, source: str, file: PatternFile) -> None:
        """A pattern file."""
        self._put(("file", file.name), partial(self._sink.put_file, source, file))

    def drop_file(self, source: str, name: str) -> None:
        """No rules look into the file any more."""
        self._drop(("file", name), partial(self._sink.drop_file, source, name))

    def restored(self, source: str) -> Mapping[Origin, frozenset[str]]:
        """What is in force of the source from an earlier life."""
        return self._sink.restored(source)

    def synced(self, source: str, unread: Unread = NOTHING_UNREAD) -> None:
        """The first full sync is complete."""
        self._has_synced = True
        kept, self._kept = self._kept, {}
        for call in kept.values():
            call()
        self._sink.synced(source, unread)

    def status(self, status: SourceStatus) -> None:
        """How the source is now."""
        self._sink.status(status)
