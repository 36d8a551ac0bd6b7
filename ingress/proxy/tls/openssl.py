"""What Python's ssl module does not offer of the library behind it, called there directly.

`ssl.SSLContext` keeps its SSL_CTX right behind the head of the object. That holds for the interpreters
in `KNOWN`; anywhere else, and where a context does not look as it should, nothing here is used.
"""

import ctypes
import logging
import ssl
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final
from weakref import WeakKeyDictionary

from ingress.proxy.tls.engine import Engine

KNOWN: Final = frozenset({(3, 11), (3, 12), (3, 13), (3, 14)})
GROUPS: Final = (b"X25519MLKEM768:X25519:P-256:P-384", b"X25519:P-256:P-384")
"""Key agreement: the first that the library knows all of."""
SUITES: Final = b"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
"""Of TLS 1.3. A handshake costs a tenth less with the first than with the second: processors know SHA-256."""
LONGEST_SCOPE: Final = 32

# include/openssl/ssl.h
_SET_MODE: Final = 33
_NO_AUTO_CHAIN: Final = 8
_SET_SESSION_CACHE_MODE: Final = 44
_SESSION_CACHE_OFF: Final = 0
_SET_TICKET_KEYS: Final = 59
_SET_GROUPS_LIST: Final = 92
# include/openssl/tls1.h
_SET_STATUS_CALLBACK: Final = 63
_SET_STATUS_RESPONSE: Final = 71
_STATUS_GIVEN: Final = 0
_STATUS_NONE: Final = 3
_STATUS_CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

# A client that has ChaCha20 first has no processor for AES.
_PRIORITIZE_CHACHA: Final = 1 << 21

_HEAD: Final = object.__basicsize__

log = logging.getLogger(__name__)


class OpenSsl:
    """The functions of the library, for contexts of the ssl module."""

    def __init__(self, library: ctypes.CDLL) -> None:
        """AttributeError: the library lacks one of them."""
        pointer, number = ctypes.c_void_p, ctypes.c_long
        self._control = library.SSL_CTX_ctrl
        self._control.argtypes, self._control.restype = (pointer, ctypes.c_int, number, pointer), number
        self._scope = library.SSL_CTX_set_session_id_context
        self._scope.argtypes, self._scope.restype = (
            (pointer, ctypes.c_char_p, ctypes.c_uint),
            ctypes.c_int,
        )
        self._set_callback = library.SSL_CTX_callback_ctrl
        self._set_callback.argtypes = (pointer, ctypes.c_int, _STATUS_CALLBACK)
        self._set_callback.restype = number
        self._control_one = library.SSL_ctrl
        self._control_one.argtypes, self._control_one.restype = (
            (pointer, ctypes.c_int, number, pointer),
            number,
        )
        self._allocate = library.CRYPTO_malloc
        self._allocate.argtypes, self._allocate.restype = (
            (ctypes.c_size_t, ctypes.c_char_p, ctypes.c_int),
            pointer,
        )
        self._suites = library.SSL_CTX_set_ciphersuites
        self._suites.argtypes, self._suites.restype = (pointer, ctypes.c_char_p), ctypes.c_int
        self._loaded = library.SSL_CTX_get0_certificate
        self._loaded.argtypes, self._loaded.restype = (pointer,), pointer
        self._shown = library.SSL_get_certificate
        self._shown.argtypes, self._shown.restype = (pointer,), pointer
        self._names = library.SSL_load_client_CA_file
        self._names.argtypes, self._names.restype = (ctypes.c_char_p,), pointer
        self._use_names = library.SSL_CTX_set_client_CA_list
        self._use_names.argtypes, self._use_names.restype = (pointer, pointer), None
        self._callbacks: WeakKeyDictionary[ssl.SSLContext, object] = WeakKeyDictionary()
        """What the library calls must live as long as the context it calls for."""
        self._options = library.SSL_CTX_get_options
        self._options.argtypes, self._options.restype = (pointer,), ctypes.c_uint64
        self._raw = _raw_engine(library)

    def knows(self, context: ssl.SSLContext) -> bool:
        """Whether what is found for a context is that context: it has the same options."""
        return _address(context) != 0 and self._options(_address(context)) == int(context.options)

    def prepare(self, context: ssl.SSLContext) -> None:
        """Keep no sessions, since clients have them in tickets; agree on keys by good groups only, and on the
        quickest cipher; and show the chain as it is, without looking for more of it in each handshake."""
        self._control(_address(context), _SET_SESSION_CACHE_MODE, _SESSION_CACHE_OFF, None)
        self._control(_address(context), _SET_MODE, _NO_AUTO_CHAIN, None)
        for groups in GROUPS:
            if self._control(_address(context), _SET_GROUPS_LIST, 0, groups) == 1:
                break
        if self._suites(_address(context), SUITES) == 1:
            context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | _PRIORITIZE_CHACHA

    def beginning(self, context: ssl.SSLContext) -> Callable[[], Engine] | None:
        """What makes engines for clients that are not asked for a certificate, with nothing between them and
        the library; None: this is not compiled."""
        return partial(self._raw, context, _address(context)) if self._raw is not None else None

    def set_ticket_key(self, context: ssl.SSLContext, key: bytes) -> None:
        """Seal and open session tickets with this key of `ingress.model.tickets.KEY` bytes."""
        if self._control(_address(context), _SET_TICKET_KEYS, len(key), key) != 1:
            raise ssl.SSLError("the library does not take the key of session tickets")

    def set_scope(self, context: ssl.SSLContext, scope: bytes) -> None:
        """Resume only sessions that were begun in contexts of the same scope."""
        if self._scope(_address(context), scope, len(scope)) != 1:
            raise ssl.SSLError("the library does not take the scope of sessions")

    def certificate(self, context: ssl.SSLContext) -> int:
        """Which certificate was loaded last, as a number that is its own."""
        return self._loaded(_address(context)) or 0

    def name_authorities(self, context: ssl.SSLContext, path: str) -> None:
        """Tell clients who may have signed the certificate that is asked for: the subjects in a PEM file."""
        names = self._names(path.encode())
        if names:
            self._use_names(_address(context), names)

    def staple(self, context: ssl.SSLContext, responses: Mapping[int, bytes]) -> None:
        """Show the OCSP response of the certificate that a client gets, if it asks for one (RFC 6066, 8)."""

        def answer(connection: int, _: int) -> int:
            response = responses.get(self._shown(connection) or 0, b"")
            # The library frees what it is given.
            copy = self._allocate(len(response), b"", 0) if response else None
            if not copy:
                return _STATUS_NONE
            ctypes.memmove(copy, response, len(response))
            self._control_one(connection, _SET_STATUS_RESPONSE, len(response), copy)
            return _STATUS_GIVEN

        callback = self._callbacks[context] = _STATUS_CALLBACK(answer)
        self._set_callback(_address(context), _SET_STATUS_CALLBACK, callback)


def _raw_engine(library: ctypes.CDLL) -> Callable[[ssl.SSLContext, int], Engine] | None:
    try:
        from ingress.proxy.tls import rawengine  # noqa: PLC0415
    except ImportError:
        return None
    rawengine.load(library)
    return rawengine.RawEngine


def _address(context: ssl.SSLContext) -> int:
    return ctypes.c_void_p.from_address(id(context) + _HEAD).value or 0


def find() -> OpenSsl | None:
    """The library, if it can be used; a line in the log says what follows if not."""
    try:
        found = _find()
    except (OSError, AttributeError, ImportError) as error:
        found = str(error)
    if isinstance(found, OpenSsl):
        return found
    log.warning("TLS session tickets are good for one worker only, as the library is out of reach: %s", found)
    return None


def _find() -> OpenSsl | str:
    if sys.implementation.name != "cpython" or sys.version_info[:2] not in KNOWN or sys.abiflags:
        return f"{sys.implementation.name} {sys.version.split()[0]} is not one that is known"
    import _ssl  # noqa: PLC0415

    # A symbol is found in the module itself or in the libraries that it was linked with.
    library = OpenSsl(ctypes.CDLL(getattr(_ssl, "__file__", None)))
    contexts = [ssl.SSLContext(protocol) for protocol in (ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS_CLIENT)]
    contexts[0].options |= ssl.OP_NO_TICKET
    if all(map(library.knows, contexts)):
        return library
    return "contexts are not where they were expected"
