"""What the controller tells a worker: a full state once, then what differs, in one vocabulary.

A full state is `Begin`, everything there is, `Commit`: what was not named in between is gone.
Without `Begin` nothing is gone but what is dropped by name.
A change is what differs, then `Commit`. A worker puts each message in force as it comes, and
answers a `Commit` with `Applied`. What is equal to what is there already changes nothing.

A slot is the row of an object in the shared page of counters (`ingress.observe.page`).
"""

from msgspec import Struct

from ingress.model.backend import Backend, Server
from ingress.model.explanation import Explanation
from ingress.model.listener import Authority, Certificate, TcpListener, TcpRoute
from ingress.model.patterns import PatternFile
from ingress.model.platform import Platform
from ingress.model.route import Host


class Begin(Struct, frozen=True, tag="begin"):
    """A full state follows."""


class PutHost(Struct, frozen=True, tag="put-host"):
    """All routes of one host, in place of those it had; `slots` has one row for each route."""

    host: Host
    slots: tuple[int, ...] = ()


class DropHost(Struct, frozen=True, tag="drop-host"):
    """The host has no routes any more."""

    name: str


class PutBackend(Struct, frozen=True, tag="put-backend"):
    """A backend with its settings and servers; `slots` has one row for each server."""

    backend: Backend
    slots: tuple[int, ...] = ()


class PutServers(Struct, frozen=True, tag="put-servers"):
    """The servers of a backend that is there already; nothing else of it changes."""

    backend: str
    servers: tuple[Server, ...]
    slots: tuple[int, ...] = ()


class DropBackend(Struct, frozen=True, tag="drop-backend"):
    """Nothing refers to the backend any more."""

    name: str


class PutListener(Struct, frozen=True, tag="put-listener"):
    """A TCP port to relay. The worker gets its socket by another way, before or after."""

    listener: TcpListener


class DropListener(Struct, frozen=True, tag="drop-listener"):
    """The port is not relayed any more; what is connected stays."""

    port: int


class PutTcpRoute(Struct, frozen=True, tag="put-tcp-route"):
    """Who gets the connections that name a host, on a TCP port or the HTTPS listeners."""

    route: TcpRoute


class DropTcpRoute(Struct, frozen=True, tag="drop-tcp-route"):
    """Connections that name this host belong to nobody any more; what is connected stays."""

    port: int
    host: str


class PutCertificate(Struct, frozen=True, tag="put-certificate"):
    """A certificate, new or in place of one of the same name."""

    certificate: Certificate


class DropCertificate(Struct, frozen=True, tag="drop-certificate"):
    """No host uses the certificate any more."""

    name: str


class PutAuthority(Struct, frozen=True, tag="put-authority"):
    """Who vouches for certificates of peers, new or in place of one of the same name."""

    authority: Authority


class DropAuthority(Struct, frozen=True, tag="drop-authority"):
    """Nothing refers to the authority any more."""

    name: str


class PutFile(Struct, frozen=True, tag="put-file"):
    """A pattern file, new or in place of the one of that name."""

    file: PatternFile


class DropFile(Struct, frozen=True, tag="drop-file"):
    """No rules look into the file any more."""

    name: str


class PutPlatform(Struct, frozen=True, tag="put-platform"):
    """A platform, new or with other rules: in force for all routes that refer to it, which are not told."""

    platform: Platform


class DropPlatform(Struct, frozen=True, tag="drop-platform"):
    """No route refers to the platform any more."""

    name: str


class Commit(Struct, frozen=True, tag="commit"):
    """Everything up to here is one version."""

    version: int
    complete: bool = True
    """Every source has had its say: a host that is not known by now is none of ours."""


Change = (
    PutHost
    | DropHost
    | PutBackend
    | PutServers
    | DropBackend
    | PutListener
    | DropListener
    | PutTcpRoute
    | DropTcpRoute
    | PutCertificate
    | DropCertificate
    | PutAuthority
    | DropAuthority
    | PutFile
    | DropFile
    | PutPlatform
    | DropPlatform
)
ToWorker = Begin | Change | Commit


class Applied(Struct, frozen=True, tag="applied"):
    """The worker serves this version."""

    version: int


class Hello(Struct, frozen=True, tag="hello"):
    """The first word of a worker to its controller."""

    index: int
    pid: int
    version: int
    """The version it serves already; 0: none."""


class ServerHealth(Struct, frozen=True, tag="server-health"):
    """A worker has taken a server out, or put it back."""

    backend: str
    address: str
    up: bool
    reason: str = ""


class Explained(Struct, frozen=True, tag="explained"):
    """What came of a request that asked for it, and why."""

    explanation: Explanation


FromWorker = Hello | Applied | ServerHealth | Explained
