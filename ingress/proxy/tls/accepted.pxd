# Types for the compiler; the meaning of each attribute is in the module.

cimport cython

from ingress.proxy.site cimport Site
from ingress.proxy.tls.connection cimport TlsConnection


@cython.final
cdef class Accepted(TlsConnection):
    cdef object _choice
    cdef bytes _early
    cdef object _made
    cdef str _name
    cdef Site _site
    cdef public long deadline

    cpdef data_received(self, bytes data)
    cdef _read_hello(self, bytes data)
    cdef _greet(self, bytes data)
    cdef _enter(self, choice)
    cdef _refuse(self, bytes answer)
