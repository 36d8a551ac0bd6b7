"""A backend: a named group of servers, and how its requests are shared among them."""

from enum import StrEnum

from msgspec import Struct

from ingress.model.persistence import Cookie, Hashed, HashType
from ingress.model.policy import Policy


class Balance(StrEnum):
    """The algorithms by which a backend picks a server (HAProxy's names)."""

    ROUND_ROBIN = "roundrobin"
    LEAST_CONN = "leastconn"
    RANDOM = "random"


class ProxyHeader(StrEnum):
    """The versions of the PROXY protocol (HAProxy's proxy-protocol.txt), or none of it."""

    OFF = "off"
    V1 = "v1"
    """A line of text."""
    V2 = "v2"
    """Binary."""


class Server(Struct, frozen=True, gc=False, omit_defaults=True):
    """One address of a backend and its share of the traffic."""

    host: str
    """An IP literal, without brackets."""
    port: int
    weight: int = 1
    drain: bool = False
    """Gets no new requests, keeps those it has, and its idle connections are closed first."""
    name: str = ""
    """What people call it: the pod, the Consul instance; empty where it has no name."""
    zone: str = ""
    """Where it runs; empty: unknown."""
    group: int = 0
    """The place of its group among those of its backend, where that has groups."""
    tier: int = 0
    """Those of the lowest tiers serve, as long as enough of them are healthy."""

    @property
    def address(self) -> str:
        """The address as it is written in logs and tables: `10.0.0.1:80`, `[fd00::1]:80`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class ServerTls(Struct, frozen=True, gc=False, omit_defaults=True):
    """How servers are spoken to over TLS."""

    verify: bool = False
    """Their certificates have to be good, and made out for their name."""
    authority: str = ""
    """The `name` of the `Authority` they are verified by; empty: those that the system trusts."""
    name: str = ""
    """What they are called (SNI); empty: nothing is said, and their address has to be in the certificate."""
    of_host: bool = False
    """They are called as the host that a request is for."""
    certificate: str = ""
    """The `name` of the `Certificate` that is shown to them; empty: none."""


class BackendSettings(Struct, frozen=True, gc=False, omit_defaults=True):
    """How requests are shared among the servers of a backend. Times are in seconds."""

    balance: Balance | Hashed = Balance.ROUND_ROBIN
    hash_type: HashType = HashType.CONSISTENT
    cookie: Cookie | None = None
    """By it a client is given the same server again, whatever the algorithm."""
    cookie_key: str = ""
    """A secret that its values are made with."""
    tries: int = 3
    """How many servers one request may be tried on, the first included."""
    timeout_connect: float = 2.0
    """For one connection attempt, the TLS handshake included."""
    timeout_server: float = 60.0
    """For the server's first byte."""
    timeout_stream: float = 0.0
    """Between two pieces of an answer; 0: as `timeout_server`."""
    timeout_try: float = 0.0
    """For the first byte of one attempt, after which another server is tried; 0: no such limit."""
    server_host: bool = False
    """Servers get their own address as Host, in place of what the client asked for."""
    tls: ServerTls | None = None
    """None: servers are spoken to in plain text."""
    send_proxy: ProxyHeader = ProxyHeader.OFF
    """What connections to servers begin with: where they do, each is one client's alone."""


class Group(Struct, frozen=True, gc=False, omit_defaults=True):
    """The servers of a backend that come from one place, and their share of its requests."""

    name: str
    """`kubernetes`, `consul`."""
    share: int
    """In proportion to the shares of the other groups; 0: its servers get no new requests."""


class Backend(Struct, frozen=True, omit_defaults=True):
    """A named group of servers. A backend without servers is known, and answers 503."""

    name: str
    """Unique over all sources: `kubernetes:team-a/shop:80`."""
    servers: tuple[Server, ...] = ()
    settings: BackendSettings = BackendSettings()
    namespace: str = ""
    service: str = ""
    """Namespace and service: the labels of its metrics."""
    groups: tuple[Group, ...] = ()
    """Empty: all servers share its requests by their own weights."""
    enough: int = 1
    """The next tier joins in when fewer servers than these are healthy."""
    policy: Policy = Policy()
    """Rules for all requests that come to it, whatever route they come by."""
