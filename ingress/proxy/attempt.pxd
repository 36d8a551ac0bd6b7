# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.balance.backend cimport BackendState
from ingress.balance.server cimport ServerState
from ingress.proxy.exchange cimport Exchange
from ingress.proxy.upstream cimport Upstream


cdef Py_ssize_t IN_FLIGHT
cdef Py_ssize_t REQUESTS
cdef Py_ssize_t REUSED


@cython.freelist(64)
@cython.final
cdef class Attempt:
    cdef object _timer
    cdef bint _waits
    cdef public bint abandoned
    cdef public BackendState backend
    cdef public Exchange exchange
    cdef public ServerState server
    cdef public long server_ticks
    cdef public long stream_ticks
    cdef public tuple tried
    cdef public long tries
    cdef public Upstream upstream

    cpdef start(self, ServerState server)
    cdef _send(self, Upstream upstream)
    cpdef answered(self)
    cpdef part(self)
