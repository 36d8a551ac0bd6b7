# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.balance.backend cimport BackendState
from ingress.proxy.attempt cimport Attempt
from ingress.proxy.client cimport ClientConnection
from ingress.proxy.site cimport Site, Target
from ingress.wire.request cimport Request
from ingress.wire.response cimport Response


cdef Py_ssize_t REQUESTS_TOTAL
cdef bytes KEEP_ALIVE
cdef bytes CLOSE


@cython.freelist(64)
@cython.final
cdef class Exchange:
    cdef public Attempt attempt
    cdef public BackendState backend
    cdef public object body
    cdef public long bytes_out
    cdef public ClientConnection client
    cdef public double connected
    cdef public double first_byte
    cdef public bint keep
    cdef public bytes named
    cdef public bint over
    cdef public object reason
    cdef public Request request
    cdef public bytes request_id
    cdef public Site site
    cdef public double started
    cdef public int status
    cdef public Target target

    @cython.locals(target=Target)
    cpdef begin(self, bytes rest)
    cdef _send(self, Target target)
    cpdef bytes head(self)
    cpdef bint respond(self, Response response, bytes piece)
    cdef _give_head(self, Response response, bytes piece, bint endless=*)
    cpdef complete(self, double now)
