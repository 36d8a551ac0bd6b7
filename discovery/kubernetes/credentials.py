"""Where the API server is and how to prove who we are, as kubernetes-asyncio reads it."""

import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from discovery.kubernetes.kubeconfig import check_kubeconfig
from discovery.kubernetes.library import (
    SERVICE_CERT_FILENAME,
    SERVICE_TOKEN_FILENAME,
    Configuration,
    load_incluster_config,
    load_kube_config,
)


class Credentials(Struct, frozen=True):
    """A way to read the configuration anew, with the token and certificates of now."""

    load: Callable[[], Awaitable[Configuration]]
    lifetime: float = math.inf
    """Seconds after which they are read again although nobody refused them."""


_FILES: Final = ("ssl_ca_cert", "cert_file", "key_file")
_TOKEN: Final = "BearerToken"
_ROTATION: Final = 60.0
"""The kubelet writes a new token long before the old one ends, but only the file says so."""


def from_kubeconfig(path: str) -> Credentials:
    """Read a kubeconfig file, its current context."""

    async def load() -> Configuration:
        # The library says of a missing file that a key is missing in it.
        check_kubeconfig(path)
        configuration = Configuration()
        await load_kube_config(path, client_configuration=configuration, persist_config=False)
        return _tidy(configuration)

    return Credentials(load)


def from_service_account(
    token: str = SERVICE_TOKEN_FILENAME, authority: str = SERVICE_CERT_FILENAME
) -> Credentials:
    """Read what Kubernetes mounts into each pod."""

    async def load() -> Configuration:
        configuration = Configuration()
        load_incluster_config(  # type: ignore[no-untyped-call]
            client_configuration=configuration,
            try_refresh_token=False,
            token_filename=token,
            cert_filename=authority,
        )
        return _tidy(configuration)

    return Credentials(load, _ROTATION)


def identity(configuration: Configuration) -> tuple[object, ...]:
    """What a client is built from: equal for two configurations that differ in the token only."""
    paths = [getattr(configuration, name) for name in _FILES]
    contents = [Path(path).read_bytes() if path else b"" for path in paths]
    return (
        configuration.host,
        configuration.verify_ssl,
        configuration.tls_server_name,
        configuration.proxy,
        *contents,
    )


def _tidy(configuration: Configuration) -> Configuration:
    # Each watch holds a connection; the default of 100 would make the next request wait for ever.
    configuration.connection_pool_maxsize = None  # type: ignore[assignment]
    token = configuration.api_key.get(_TOKEN)
    if token is not None:
        # A newline at the end of a token file is common, and not allowed in a header.
        configuration.api_key[_TOKEN] = token.strip()
    return configuration
