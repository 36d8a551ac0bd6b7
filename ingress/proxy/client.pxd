# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.proxy.exchange cimport Exchange
from ingress.proxy.site cimport Site
from ingress.wire.request cimport parse_request


cdef Py_ssize_t CONNECTIONS
cdef Py_ssize_t CONNECTIONS_TOTAL


cdef class Door:
    cdef public object port
    cdef public bint tls
    cdef public bytes scheme
    cdef public bytes fields
    cdef public dict trusted
    cdef public bint forwarded
    cdef public long idle_ticks
    cdef public long client_ticks
    cdef public bytes via


@cython.final
cdef class ClientConnection:
    cdef bint _deaf
    cdef bint _lingering
    cdef bint _taking
    cdef object _write
    cdef public bytes address
    cdef public bytes address_text
    cdef public long deadline
    cdef public Door door
    cdef public bint ended
    cdef public Exchange exchange
    cdef public bytes fields
    cdef public bint full
    cdef public bint held
    cdef public bytes log_part
    cdef public object moved
    cdef public bytes rest
    cdef public object session
    cdef public Site site
    cdef public Site surroundings
    cdef public bint tls
    cdef public object told
    cdef public object transport
    cdef public bint trusted
    cdef public bint tunnelled

    cpdef data_received(self, bytes data)
    cdef _take(self, bytes data)
    cpdef exchange_done(self, bint keep, bint linger)
    cpdef write(self, bytes data)
    cpdef release(self)
