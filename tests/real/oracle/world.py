"""What both proxies are asked: the world as our rules see it, and requests with what both keep of them."""

import os
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import pytest

from ingress.acl.digest import is_password
from ingress.acl.grammar import parse_rules
from ingress.acl.wait import Check
from ingress.balance.backend import BackendState
from ingress.filter.steps import compile_policy
from ingress.model.policy import Policy
from ingress.model.settings import Limits
from ingress.proxy.meters import Meters
from ingress.wire.request import parse_request
from tests.real.oracle.farms import OneClient, farm_states
from tests.real.oracle.generator import Case
from tests.real.oracle.haproxy import PATH, Answer
from tests.real.oracle.maps import look_ups

needs_haproxy = pytest.mark.skipif(
    not PATH and os.environ.get("HEADGATE_REAL") != "1", reason="haproxy is not installed"
)
"""For tests that ask HAProxy."""


class Surroundings(NamedTuple):
    """The world as our rules see it."""

    hostname: bytes = b"here"
    draining: bool = False
    files: Mapping[str, Callable[[Any], Any]] = look_ups()
    backends: Mapping[str, BackendState] = farm_states()
    meters: Meters = OneClient()

    def knows(self, check: Check) -> bool:
        """Passwords are compared at once."""
        return is_password(check.password, check.digest)

    def wall(self) -> float:
        """A time."""
        return 1_700_000_000.0

    def dice(self) -> float:
        """A number."""
        return 0.0


SURROUNDINGS: Final = Surroundings()


@dataclass
class Client:
    """The connection as our rules see it, and take it for."""

    address: bytes = bytes((127, 0, 0, 1))
    tls: bool = False
    session: None = None
    trusted: bool = True
    backend: None = None
    server: None = None
    request_id: bytes = b""
    port: int = 1
    local: tuple[bytes, int] = (bytes((127, 0, 0, 1)), 1)
    surroundings: Surroundings = SURROUNDINGS

    def take_for(self, place: str, address: bytes | None, port: int | None) -> None:
        if place == "destination":
            self.local = address or self.local[0], self.local[1] if port is None else port
        else:
            self.address, self.port = address or self.address, self.port if port is None else port


ROUNDS: Final = int(os.environ.get("HEADGATE_ORACLE_ROUNDS", "1"))
"""1: some 300,000 decisions, in about a minute; 4: more than a million."""


ECHO: Final = (
    "http-request return status 299 hdr x-seen %[req.hdrs,url_enc] hdr x-url %[url] hdr x-method %[method]"
)
"""What is left of the request comes back."""


KEPT: Final = (
    "set-var(txn.s) req.fhdr(x-a)",
    "set-var(txn.n) int(5)",
    "set-var(txn.a) src",
    "set-var(req.b) bool(true)",
    "set-var(txn.s) req.fhdr(x-none)",
    "set-var-fmt(txn.f) '%[method] %[path]'",
)
"""Variables that the tests ask about."""


def with_variables(case: Case) -> Case:
    """The case with the variables set anew, and nothing else of what rules may have changed."""
    fresh = Case(case.head, parse_request(case.head, Limits()))
    steps = compile_policy(Policy(parse_rules("\n".join(KEPT), {})))
    assert steps is not None
    steps.run(fresh.request, Client())
    return fresh


def marked(case: Case, number: int) -> Case:
    """The same request with the name of its rules."""
    head = case.head.replace(b"\r\n\r\n", b"\r\nX-Case: b%d\r\n\r\n" % number)
    return Case(head, parse_request(head, Limits()))


def pairs_of(answer: Answer) -> list[tuple[bytes, bytes]]:
    """The fields of the request as HAProxy would send them on."""
    lines = urllib.parse.unquote_to_bytes(answer.headers["x-seen"]).split(b"\r\n")
    return [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines if line)]
