"""crypt(3) of the system: the library that knows most hashes of passwords (libxcrypt; musl has it in itself).

It is called without the interpreter's lock, so that other threads go on while it computes.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Final

NAMES: Final = ("libcrypt.so.1", "libcrypt.so.2", None)
"""None: what the interpreter is linked with."""
ROOM: Final = 1 << 18
"""Bytes; more than `struct crypt_data` has in any library."""

Crypt = Callable[[bytes, bytes], bytes]
"""From a password and a hash: the password hashed in the same way. Nothing, where that is impossible."""


@cache
def find_crypt() -> Crypt | None:
    """The function; None where there is no such library."""
    for name in NAMES:
        try:
            function = ctypes.CDLL(name).crypt_r
        except (OSError, AttributeError):
            continue
        function.argtypes, function.restype = (ctypes.c_char_p,) * 3, ctypes.c_char_p
        return lambda password, setting: function(password, setting, ctypes.create_string_buffer(ROOM)) or b""
    return None
