"""Why a source cannot be connected to is said in the words of the system."""

import ssl
from pathlib import Path
from socket import gaierror

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from discovery.connection_error import in_one_line

KEY = ConnectionKey("consul.example.com", 8500, False, True, None, None, None)


async def failure(url: str, connector: aiohttp.BaseConnector | None = None) -> str:
    """What is said of a connection that cannot be made."""
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get(url)
    return in_one_line(caught.value)


async def test_whoever_refuses_is_named_once_with_the_reason(tmp_path: Path) -> None:
    assert await failure("http://127.0.0.1:1/") == "127.0.0.1:1: Connection refused"
    path = str(tmp_path / "agent.sock")
    assert await failure("http://agent/", aiohttp.UnixConnector(path)) == f"{path}: No such file or directory"


def test_a_name_that_is_not_found_is_said_as_the_resolver_does() -> None:
    error = aiohttp.ClientConnectorDNSError(KEY, gaierror(-2, "Name or service not known"))
    assert in_one_line(error) == "consul.example.com:8500: Name or service not known"


def test_what_tls_says_is_kept() -> None:
    error = aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "certificate verify failed"))
    assert "certificate verify failed" in in_one_line(error)


def test_what_says_nothing_is_named_by_its_kind() -> None:
    assert in_one_line(aiohttp.ServerDisconnectedError("two\n  lines")) == "two lines"
    assert in_one_line(ConnectionResetError()) == "ConnectionResetError"
