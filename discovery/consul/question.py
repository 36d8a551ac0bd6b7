"""Questions to an agent, and the answers, without the way between them."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

MILLISECONDS: Final = 1000.0


class Subject(StrEnum):
    """What can be asked for."""

    SERVICES = "services"
    """The names of all services, with their tags."""
    HEALTH = "health"
    """The instances of one service, with their checks."""
    NODES = "nodes"
    """The names of all nodes."""
    NODE = "node"
    """The instances on one node, of all services."""
    AGENT = "agent"
    """How the agent is configured."""
    CHECKS = "checks"
    """All checks of all services that are in one state, which is the name."""
    KEYS = "keys"
    """All keys under a prefix, with their values."""
    KEY = "key"
    """One key, to be read or written."""
    REGISTRATION = "registration"
    """The agent is to have an instance of a service, of that name."""
    LIFE_SIGN = "life sign"
    """That instance is well."""
    DEREGISTRATION = "deregistration"
    """The agent is to forget it."""


class Topic(Struct, frozen=True):
    """What a loop asks for again and again."""

    subject: Subject
    name: str = ""
    datacentre: str = ""

    @property
    def is_for_all(self) -> bool:
        """It is about all services, not about one, nor about keys."""
        return self.subject in {Subject.SERVICES, Subject.CHECKS, Subject.NODES}

    def __str__(self) -> str:
        """`health of web in dc2`."""
        words = [self.subject.value]
        words += [f"of {self.name}"] if self.name else []
        words += [f"in {self.datacentre}"] if self.datacentre else []
        return " ".join(words)


class Registration(Struct, frozen=True):
    """An instance of a service that an agent is told of."""

    id: str
    """Unique on the agent."""
    name: str
    """That of the service."""
    host: str
    port: int
    tags: tuple[str, ...] = ()
    lifetime: float = 15.0
    """Seconds that it is believed to be well without a sign of life."""


class Question(Struct, frozen=True):
    """One request."""

    topic: Topic
    index: int = 0
    """Answer when this is not the index any more; 0: at once."""
    wait: float = 0.0
    """And at the latest then."""
    mode: str = ""
    """The consistency: stale, consistent, cached, or empty for Consul's default."""
    patience: float = 10.0
    """How long the answer may take, all in all."""
    text: bytes | None = None
    """What is to be written to a key; None: it is read."""
    version: int = 0
    """Only if that is still the index of the last change of the key; 0: only if there is none."""
    registration: Registration | None = None
    """What the agent is told of."""


class Head(Struct, frozen=True):
    """What an answer says of itself."""

    status: int
    is_json: bool = True
    index: int | None = None
    known_leader: bool = True
    last_contact: float = 0.0
    age: float = 0.0
    """For how long the agent's cache has been cut off from the servers."""
    filtered: bool = False
    """Something was left out of it that the token may not see."""
    retry_after: float | None = None


class Answer(Struct, frozen=True):
    """One answer, complete."""

    head: Head
    body: bytes = b""
