# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.balance.backend cimport BackendState
from ingress.balance.server cimport ServerState
from ingress.proxy.attempt cimport Attempt
from ingress.proxy.site cimport Site
from ingress.wire.response cimport Response, parse_response


cdef Py_ssize_t BYTES_OUT
cdef Py_ssize_t CONNECTIONS
cdef Py_ssize_t RESPONSES_5XX
cdef long IDLE


@cython.final
cdef class Upstream:
    cdef public long long acked_before
    cdef object _chunks
    cdef long long _sent
    cdef public long since
    cdef bytes _partial
    cdef Response _response
    cdef Py_ssize_t _left
    cdef object _write
    cdef public Attempt attempt
    cdef public BackendState backend
    cdef public long deadline
    cdef public Attempt interim_of
    cdef public long interims
    cdef public bint private
    cdef public ServerState server
    cdef public Site site
    cdef public object splice
    cdef public object transport
    cdef public bint used

    cpdef begin(self, Attempt attempt, bytes data)
    cpdef write(self, bytes data)
    cpdef await_server(self)
    cpdef data_received(self, bytes data)
    cdef _head(self, Attempt attempt, bytes data)
    cdef _await_stream(self)
    cdef _body(self, Attempt attempt, bytes data)
    cdef _give(self, Attempt attempt, bytes data, bint done)
    cdef _complete(self, Attempt attempt, double now)
    cpdef wait_in_pool(self)
