# distutils: extra_compile_args = -O3
"""TLS of clients by the library itself, with nothing in between: the form for a C compiler. `engine` has the
other one.

The library is not linked: its functions are those that Python's ssl module has loaded, whose contexts it
works with. It takes bytes from the memory that they have come in, and leaves those to be sent in memory that
is the same for all connections: one that waits has no buffers.
"""

import ctypes
import ssl

cimport cython

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stddef cimport size_t
from libc.stdlib cimport realloc
from libc.string cimport memcpy, strlen

cdef enum:
    # The most plain bytes of one record (RFC 8446, 5.1).
    RECORD = 16384
    # Bytes to be sent for which there is room from the start.
    ROOM = 65536

cdef enum:
    # include/openssl/ssl.h
    WANTS_BYTES = 2
    PEER_FINISHED = 6
    # include/openssl/bio.h
    SOURCE_SINK = 0x0400
    AGAIN = 0x08 | 0x01
    FLUSH = 11

ctypedef int (*Read)(void *bio, char *place, int room) noexcept
ctypedef int (*Write)(void *bio, const char *data, int size) noexcept
ctypedef long (*Control)(void *bio, int what, long number, void *place) noexcept

cdef struct Library:
    int (*new_index)() noexcept
    void *(*new_method)(int kind, const char *name) noexcept
    int (*set_read)(void *method, Read call) noexcept
    int (*set_write)(void *method, Write call) noexcept
    int (*set_control)(void *method, Control call) noexcept
    void *(*new_bio)(void *method) noexcept
    void (*set_ready)(void *bio, int ready) noexcept
    void (*set_flags)(void *bio, int flags) noexcept
    void (*clear_flags)(void *bio, int flags) noexcept
    void *(*new_connection)(void *context) noexcept
    void (*free_connection)(void *connection) noexcept
    void (*attach)(void *connection, void *reading, void *writing) noexcept
    void (*be_server)(void *connection) noexcept
    int (*shake_hands)(void *connection) noexcept
    int (*unseal)(void *connection, void *place, int room) noexcept
    int (*seal)(void *connection, const void *data, int size) noexcept
    int (*say_goodbye)(void *connection) noexcept
    int (*why)(const void *connection, int outcome) noexcept
    void (*forget_errors)() noexcept
    const char *(*protocol)(const void *connection) noexcept
    const void *(*cipher)(const void *connection) noexcept
    const char *(*cipher_name)(const void *cipher) noexcept
    void (*alpn)(const void *connection, const unsigned char **name, unsigned int *size) noexcept
    int (*resumed)(const void *connection) noexcept

cdef Library library
cdef void *method = NULL
cdef char plain[RECORD]

cdef struct Incoming:
    const char *at
    Py_ssize_t left

cdef struct Outgoing:
    char *at
    Py_ssize_t size
    Py_ssize_t room

# Of the call that is under way: there is one at a time.
cdef Incoming incoming
cdef Outgoing outgoing


cdef int take_in(void *bio, char *place, int room) noexcept:
    """The library wants bytes of the peer."""
    cdef Py_ssize_t count = min(incoming.left, <Py_ssize_t>room)
    library.clear_flags(bio, AGAIN)
    if count <= 0:
        library.set_flags(bio, AGAIN)
        return -1
    memcpy(place, incoming.at, count)
    incoming.at += count
    incoming.left -= count
    return <int>count


cdef int give_out(void *bio, const char *data, int size) noexcept:
    """The library has bytes for the peer."""
    cdef char *larger
    cdef Py_ssize_t room = outgoing.room
    if size <= 0:
        return 0
    if outgoing.size + size > room:
        room = max(2 * room, outgoing.size + size, <Py_ssize_t>ROOM)
        larger = <char *>realloc(outgoing.at, room)
        if larger == NULL:
            return -1
        outgoing.at = larger
        outgoing.room = room
    memcpy(outgoing.at + outgoing.size, data, size)
    outgoing.size += size
    return size


cdef long control(void *bio, int what, long number, void *place) noexcept:
    """The library asks for something else: there is nothing to do for it."""
    return what == FLUSH


# In the order of `Library`.
NAMES = (
    "BIO_get_new_index",
    "BIO_meth_new",
    "BIO_meth_set_read",
    "BIO_meth_set_write",
    "BIO_meth_set_ctrl",
    "BIO_new",
    "BIO_set_init",
    "BIO_set_flags",
    "BIO_clear_flags",
    "SSL_new",
    "SSL_free",
    "SSL_set_bio",
    "SSL_set_accept_state",
    "SSL_do_handshake",
    "SSL_read",
    "SSL_write",
    "SSL_shutdown",
    "SSL_get_error",
    "ERR_clear_error",
    "SSL_get_version",
    "SSL_get_current_cipher",
    "SSL_CIPHER_get_name",
    "SSL_get0_alpn_selected",
    "SSL_session_reused",
)


def load(found):
    """Work with this library (`ctypes.CDLL`). AttributeError: it lacks a function. OSError: it has no room."""
    global method
    cdef size_t address
    cdef void **place = <void **>&library
    addresses = [ctypes.cast(getattr(found, name), ctypes.c_void_p).value for name in NAMES]
    for number, address in enumerate(addresses):
        place[number] = <void *>address
    if method == NULL:
        method = library.new_method(library.new_index() | SOURCE_SINK, b"headgate")
    if method == NULL:
        raise OSError("no room for a kind of BIO")
    library.set_read(method, take_in)
    library.set_write(method, give_out)
    library.set_control(method, control)


@cython.final
@cython.no_gc
cdef class RawEngine:
    """See `engine.Engine`."""

    cdef void *_connection
    cdef object _context
    cdef bytes _input
    cdef Py_ssize_t _at
    cdef bytes _output

    def __cinit__(self, context, size_t address):
        """For a client; `address` is where the context's SSL_CTX is."""
        cdef void *bio
        # The library asks it which protocol to speak, though it has a hold on the SSL_CTX only.
        self._context = context
        self._input = self._output = b""
        self._connection = library.new_connection(<void *>address)
        bio = library.new_bio(method)
        if self._connection == NULL or bio == NULL:
            raise MemoryError
        library.set_ready(bio, 1)
        library.attach(self._connection, bio, bio)
        library.be_server(self._connection)

    def __dealloc__(self):
        library.free_connection(self._connection)

    cdef _begin(self):
        incoming.at = PyBytes_AS_STRING(self._input) + self._at
        incoming.left = PyBytes_GET_SIZE(self._input) - self._at
        outgoing.size = 0
        # What is there already would be taken for the reason why this call fails.
        library.forget_errors()

    cdef _end(self):
        if incoming.left:
            self._at = PyBytes_GET_SIZE(self._input) - incoming.left
        else:
            self._input = b""
            self._at = 0
        if outgoing.size:
            sealed = PyBytes_FromStringAndSize(outgoing.at, outgoing.size)
            self._output = self._output + sealed if self._output else sealed

    @property
    def pending(self):
        """See `engine.Engine`."""
        return PyBytes_GET_SIZE(self._input) > 0

    def feed(self, bytes data not None):
        """See `engine.Engine`."""
        self._input = self._input[self._at :] + data if self._input else data
        self._at = 0

    def shake_hands(self):
        """See `engine.Engine`."""
        self._begin()
        cdef int outcome = library.shake_hands(self._connection)
        cdef int why = 0 if outcome == 1 else library.why(self._connection, outcome)
        self._end()
        if outcome != 1 and why != WANTS_BYTES:
            raise ssl.SSLError(why, "the handshake has failed")
        return outcome == 1

    def unseal(self):
        """See `engine.Engine`."""
        self._begin()
        cdef int count = library.unseal(self._connection, plain, RECORD)
        cdef int why = 0 if count > 0 else library.why(self._connection, count)
        self._end()
        if count > 0:
            return PyBytes_FromStringAndSize(plain, count)
        if why == WANTS_BYTES:
            return None
        if why == PEER_FINISHED:
            return b""
        raise ssl.SSLError(why, "bytes that the peer has not sealed")

    def seal(self, bytes data not None):
        """See `engine.Engine`."""
        self._begin()
        cdef int count = library.seal(self._connection, PyBytes_AS_STRING(data), <int>PyBytes_GET_SIZE(data))
        cdef int why = 0 if count > 0 else library.why(self._connection, count)
        self._end()
        if count <= 0:
            raise ssl.SSLError(why, "nothing can be sealed")
        return self.take()

    def say_goodbye(self):
        """See `engine.Engine`."""
        self._begin()
        library.say_goodbye(self._connection)
        self._end()
        return self.take()

    cpdef bytes take(self):
        """See `engine.Engine`."""
        sealed, self._output = self._output, b""
        return sealed

    @property
    def protocol(self):
        """See `engine.Engine`."""
        return library.protocol(self._connection).decode("ascii")

    @property
    def cipher(self):
        """See `engine.Engine`."""
        cdef const void *found = library.cipher(self._connection)
        return library.cipher_name(found).decode("ascii") if found != NULL else ""

    @property
    def alpn(self):
        """See `engine.Engine`."""
        cdef const unsigned char *name = NULL
        cdef unsigned int size = 0
        library.alpn(self._connection, &name, &size)
        return (<const char *>name)[:size].decode("ascii") if size else ""

    @property
    def resumed(self):
        """See `engine.Engine`."""
        return library.resumed(self._connection) == 1

    @property
    def certificate(self):
        """See `engine.Engine`: it is not for clients that are asked for one."""
        return None
