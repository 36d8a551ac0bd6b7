"""What the supervisor tells its children, and they it. Descriptors travel beside the message."""

from enum import StrEnum

from msgspec import Struct

from ingress.model.settings import Settings
from ingress.model.tickets import TicketKeys


class Protocol(StrEnum):
    """What is spoken on a listening socket."""

    HTTP = "http"
    HTTPS = "https"
    TCP = "tcp"
    ADMIN = "admin"
    """Only the controller gets these."""


class Start(Struct, frozen=True, tag="start"):
    """The first message to any child, with one descriptor: the page of counters."""

    settings: Settings
    worker: int
    """Which worker it is; -1: the controller."""
    starts: int = 1
    """More than 1: it succeeds one that died."""


class Listen(Struct, frozen=True, tag="listen"):
    """To a worker, with one descriptor: accept on this listening socket. To the controller: its own."""

    protocol: Protocol
    address: str
    port: int


class Unlisten(Struct, frozen=True, tag="unlisten"):
    """To a worker: close this listening socket; what is connected stays."""

    protocol: Protocol
    address: str
    port: int


class Attach(Struct, frozen=True, tag="attach"):
    """To a worker or the controller, with one descriptor: its end of a fresh controller-worker pair."""

    worker: int


class Drain(Struct, frozen=True, tag="drain"):
    """To a worker: finish what you have, take no more, exit 0 within `timeout` seconds.
    To the controller: the instance is stopping, so it is not ready."""

    timeout: float


class WantPorts(Struct, frozen=True, tag="want-ports"):
    """From the controller: these TCP ports, and no others, are to be published."""

    ports: tuple[int, ...]


class WantAttach(Struct, frozen=True, tag="want-attach"):
    """From the controller: its channel to a worker that lives is of no use any more; make a fresh one."""

    worker: int


class PortProblem(Struct, frozen=True, tag="port-problem"):
    """To the controller: a TCP port could not be bound; an empty reason: it is bound (again)."""

    port: int
    reason: str


class WorkerState(Struct, frozen=True, tag="worker-state"):
    """To the controller: a worker was started (`pid`), or has died (`pid` 0), the n-th time."""

    worker: int
    pid: int
    starts: int


ToChild = Listen | Unlisten | Attach | Drain | PortProblem | WorkerState | TicketKeys
FromChild = WantPorts | WantAttach
