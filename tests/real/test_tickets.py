"""A session is resumed whichever worker answers, until its key has been replaced twice."""

import socket
import ssl
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.real.harness.browser import eventually
from tests.real.harness.certificate import self_signed
from tests.real.harness.secured import PORT, believing, listening

NAME = "www.example.com"
VISITS = 40
"""So many that no worker is left out."""


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def client(request: pytest.FixtureRequest) -> ssl.SSLContext:
    """One that speaks this version alone."""
    context = believing()
    context.minimum_version = context.maximum_version = request.param
    return context


class Visit(NamedTuple):
    """What came of a connection with one request."""

    resumed: bool
    session: ssl.SSLSession | None


def visit(client: ssl.SSLContext, session: ssl.SSLSession | None = None) -> Visit:
    """Come, with the session of before."""
    with (
        socket.create_connection(("127.0.0.1", PORT), 10.0) as plain,
        client.wrap_socket(plain, server_hostname=NAME, session=session) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n")
        while connection.recv(65536):
            pass
        return Visit(bool(connection.session_reused), connection.session)


def test_a_session_is_resumed_by_each_of_two_workers(client: ssl.SSLContext, tmp_path: Path) -> None:
    with listening(tmp_path, NAME, self_signed(NAME), "--workers", "2"):
        session = visit(client).session
        assert [visit(client, session).resumed for _ in range(VISITS)] == [True] * VISITS


def test_a_session_ends_with_the_second_key_after_its_own(client: ssl.SSLContext, tmp_path: Path) -> None:
    options = ("--workers", "1", "--ticket-rotation", "2")
    with listening(tmp_path, NAME, self_signed(NAME), *options):
        session = visit(client).session
        assert visit(client, session).resumed
        waited = eventually(lambda: not visit(client, session).resumed, 10.0, "the end of the session")
        assert waited > 1.0
