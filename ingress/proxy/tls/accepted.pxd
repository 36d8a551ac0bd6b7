# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.proxy.site cimport Site
from ingress.proxy.tls.connection cimport TlsConnection
from ingress.wire.client_hello cimport HelloReader


@cython.final
cdef class Accepted(TlsConnection):
    cdef object _choice
    cdef HelloReader _hello
    cdef object _made
    cdef str _name
    cdef object _names
    cdef Site _site
    cdef object _told
    cdef public long deadline

    cpdef data_received(self, bytes data)
    cdef _read_hello(self, bytes data)
    cdef bint _relay(self, route, bytes data) except -1
    cdef _greet(self, bytes data)
    cdef _enter(self, choice)
    cdef _refuse(self, bytes answer)
