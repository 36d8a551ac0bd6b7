"""A request and a client for conditions, and a way to ask about them in one line."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import pytest

from ingress.acl.digest import is_password
from ingress.acl.formula import compile_condition
from ingress.acl.grammar import parse_acls, parse_rules
from ingress.acl.sample import Certificate, Type
from ingress.acl.wait import Check, Wait
from ingress.balance.backend import BackendState
from ingress.balance.server import ServerState
from ingress.model.settings import Limits
from ingress.proxy.meters import Meters
from ingress.wire.request import Request, parse_request


class Surroundings:
    """A world in which nothing happens."""

    hostname = b"edge-1"
    draining = False
    files: Mapping[str, Callable[[Any], Any]] = {}
    backends: Mapping[str, BackendState] = {}
    meters = Meters(lambda _: 0, lambda: 0.0)

    def knows(self, check: Check) -> bool:
        """No password is remembered."""
        return False

    def wall(self) -> float:
        """The year 2023."""
        return 1_700_000_000.0

    def dice(self) -> float:
        """The middle."""
        return 0.5


class Session(NamedTuple):
    """A TLS session."""

    sni: bytes = b"www.ex.com"
    protocol: bytes = b"TLSv1.3"
    cipher: bytes = b"TLS_AES_256_GCM_SHA384"
    alpn: bytes = b"http/1.1"
    resumed: bool = True
    certificate: Certificate | None = None


class Client:
    """The connection as conditions see it."""

    def __init__(
        self, address: bytes = bytes((10, 1, 2, 3)), tls: bool = False, session: Session | None = None
    ) -> None:
        self.address = address
        self.tls = tls or session is not None
        self.session = session
        self.request_id = b"0001"
        self.server: ServerState | None = None
        self.trusted = False
        self.backend: BackendState | None = None
        self.port = 40000
        self.local = (bytes((10, 0, 0, 1)), 80)
        self.surroundings = Surroundings()
        self.trusted = False
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def take_for(self, place: str, address: bytes | None, port: int | None) -> None:
        if place == "destination":
            self.local = address or self.local[0], self.local[1] if port is None else port
        else:
            self.address, self.port = address or self.address, self.port if port is None else port


Ask = Callable[..., bool]
T = TypeVar("T")


def patiently(ask: Callable[[Request, Client], T], request: Request, client: Client) -> T:
    """What is asked of a request when all passwords that it needs have been compared."""
    while True:
        try:
            return ask(request, client)
        except Wait as wait:
            check = wait.need
            assert isinstance(check, Check)
            request.set_variable(check.name, (Type.BOOL, is_password(check.password, check.digest)))


def request_of(line: str, *fields: str) -> Request:
    """The request with that request line, the version left out, and those fields."""
    named = any(field.lower().startswith("host:") for field in fields)
    version = "" if line.endswith("HTTP/1.0") else " HTTP/1.1"
    lines = (line + version, *fields, *(() if named else ("Host: www.ex.com",)))
    return parse_request("\r\n".join((*lines, "\r\n")).encode(), Limits())


@pytest.fixture
def holds() -> Ask:
    """Whether a test or formula holds for a request: `holds("path /a", "GET /a", "X: 1")`."""

    def ask(
        test: str, line: str = "GET /", *fields: str, acls: str = "", client: Client | None = None
    ) -> bool:
        formula = test if acls else f"{{ {test} }}"
        (rule,) = parse_rules(f"deny if {formula}", parse_acls(acls))
        assert rule.condition is not None
        return compile_condition(rule.condition)(request_of(line, *fields), client or Client())

    return ask


@pytest.fixture
def client() -> type[Client]:
    """A maker of clients."""
    return Client


@pytest.fixture
def session() -> type[Session]:
    """A maker of TLS sessions."""
    return Session
