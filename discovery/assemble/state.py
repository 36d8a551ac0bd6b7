"""The state that outlives a process: what all sources have said."""

from msgspec import Struct

from discovery.pool import Pool
from discovery.shift.record import Record
from discovery.source import CertificateClaim, Translation
from ingress.model.backend import Backend
from ingress.model.listener import Authority, Certificate
from ingress.model.patterns import PatternFile
from ingress.model.route import Origin


class KeptObject(Struct, frozen=True, omit_defaults=True):
    """What is in force of one object. Flawed: it never had a version without a flaw."""

    origin: Origin
    translation: Translation


class KeptBackend(Struct, frozen=True, omit_defaults=True):
    """A backend and its servers as its source said them last."""

    source: str
    backend: Backend
    good: bool = True
    pool: Pool | None = None


class KeptCertificate(Struct, frozen=True, omit_defaults=True):
    """A certificate with its key, and who wants it for which host."""

    source: str
    certificate: Certificate
    claims: tuple[CertificateClaim, ...]


class KeptFile(Struct, frozen=True, omit_defaults=True):
    """A pattern file as its source said it last."""

    source: str
    file: PatternFile


class KeptAuthority(Struct, frozen=True, omit_defaults=True):
    """Who vouches for peers, as its source said it last."""

    source: str
    authority: Authority


class State(Struct, frozen=True, omit_defaults=True):
    """What sources have said."""

    objects: tuple[KeptObject, ...] = ()
    backends: tuple[KeptBackend, ...] = ()
    certificates: tuple[KeptCertificate, ...] = ()
    """With their keys: in memory, and on disk where the settings allow it."""
    files: tuple[KeptFile, ...] = ()
    authorities: tuple[KeptAuthority, ...] = ()
    contacts: dict[str, float] = {}
    """Seconds since the epoch at which each source last proved to be alive: the age of all this."""
    shifts: dict[str, Record] = {}
    """How far the shifts are, by backend."""
