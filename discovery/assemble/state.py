"""The state that outlives a process: what all sources have said, without anything secret."""

from msgspec import Struct

from discovery.source import Translation
from ingress.model.backend import Backend
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


class State(Struct, frozen=True, omit_defaults=True):
    """Everything but certificates: their keys are secrets, and never reach the disk."""

    objects: tuple[KeptObject, ...] = ()
    backends: tuple[KeptBackend, ...] = ()
    contacts: dict[str, float] = {}
    """Seconds since the epoch at which each source last proved to be alive: the age of all this."""
