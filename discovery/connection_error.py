"""Errors of connections to sources, in the words of the system, on one line."""

import os
import ssl

from aiohttp.client_exceptions import ClientConnectorError, UnixClientConnectorError

_SHOWN = 300


def in_one_line(error: BaseException) -> str:
    """`10.0.0.1:8500: Connection refused`; of what is no failure to connect, what it says of itself."""
    if isinstance(error, ClientConnectorError) and not isinstance(error.os_error, ssl.SSLError):
        whom = error.path if isinstance(error, UnixClientConnectorError) else f"{error.host}:{error.port}"
        return f"{whom}: {_words(error.os_error)}"
    return " ".join(str(error).split())[:_SHOWN] or type(error).__name__


def _words(error: OSError) -> str:
    # The loop's own text has the address once more. A name that is not found has a number of the resolver.
    if error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or str(error)
